package dataset

import (
	"fmt"
	"strings"
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
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Message
	}
	return e.Position.String() + ": " + e.Message
}

// refuse is the Error of a whole data set.
func refuse(format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

func mistake(at Position, format string, args ...any) *Error {
	return &Error{at, fmt.Sprintf(format, args...)}
}

// maxListed is how many mistakes, or examples of a count, are listed.
const maxListed = 20

// Errors are the mistakes of one reading: the first 20 and how many there were.
type Errors struct {
	Total int
	First []*Error
}

func (e *Errors) add(err *Error) {
	e.Total++
	if len(e.First) < maxListed {
		e.First = append(e.First, err)
	}
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
