package dataset

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Position is a place in a file; Line and Column count from 1, Column in
// characters. 0 means that it is not known.
type Position struct {
	File   string
	Line   int
	Column int
}

// String returns file:line:col, without the parts that are not known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// An Error is one mistake in the data, or what makes a whole data set useless; then
// it has no position.
type Error struct {
	Position
	Message string
	// Attribute is what the declaration says that the data do not have, as a path
	// such as input.text; "" where the row itself is at fault.
	Attribute string
}

// against blames an attribute of the declaration.
func (e *Error) against(attribute string) *Error {
	e.Attribute = attribute
	return e
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Message
	}
	return e.Position.String() + ": " + e.Message
}

// refuse is the Error of a whole data set.
func refuse(format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

func mistake(at Position, format string, args ...any) *Error {
	return &Error{Position: at, Message: fmt.Sprintf(format, args...)}
}

// maxListed is how many mistakes, or examples of a count, are listed; maxAlike how
// many of those for which one attribute is to blame.
const maxListed, maxAlike = 20, 3

// Errors are the mistakes of one reading: the first 20 and how many there were.
// Of many rows that an attribute does not fit, the first three are enough.
type Errors struct {
	Total int
	First []*Error
	alike map[string]int // by attribute
}

func (e *Errors) add(err *Error) {
	if e.alike == nil {
		e.alike = map[string]int{}
	}
	e.Total++
	e.alike[err.Attribute]++
	if len(e.First) < maxListed && (err.Attribute == "" || e.alike[err.Attribute] <= maxAlike) {
		e.First = append(e.First, err)
	}
}

// Blamed is the attribute of the declaration that an error is about, "" where it
// is about the rows or about several attributes.
func Blamed(err error) string {
	var several *Errors
	if errors.As(err, &several) {
		if len(several.alike) != 1 {
			return ""
		}
		return several.First[0].Attribute
	}
	var one *Error
	if errors.As(err, &one) {
		return one.Attribute
	}
	return ""
}

// Error lists the first mistakes, one a line, and counts the rest.
func (e *Errors) Error() string {
	var b strings.Builder
	for i, err := range e.First {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(err.Error())
	}
	if rest := e.Total - len(e.First); rest > 0 {
		fmt.Fprintf(&b, "\n… and %d more (%d in all)", rest, e.Total)
	}
	return b.String()
}

func shorten(s string) string {
	if len(s) <= 40 {
		return s
	}
	cut := 40
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
