package dataset

import (
	"fmt"
	"strconv"
	"strings"
)

// A Value is one field of a record.
type Value struct {
	Text   string
	List   []string // elements, if IsList
	IsList bool
	Line   int // where the field begins
	Column int
}

// A Header names the columns of the records of a file.
type Header struct {
	Names []string
	index map[string]int
	grows bool // later records may have further columns
}

// NewHeader indexes the names; of equal names the first is found by name.
func NewHeader(names []string) *Header {
	h := &Header{index: make(map[string]int)}
	for _, n := range names {
		h.add(n)
	}
	return h
}

func (h *Header) add(name string) int {
	i := len(h.Names)
	h.Names = append(h.Names, name)
	if _, ok := h.index[name]; !ok {
		h.index[name] = i
	}
	return i
}

// find returns the index of a column given by name, or else by number from 1.
func (h *Header) find(column string) (int, bool) {
	if i, ok := h.index[column]; ok {
		return i, true
	}
	if n, err := strconv.Atoi(column); err == nil && n >= 1 && n <= len(h.Names) {
		return n - 1, true
	}
	return 0, false
}

// A Record is one row as it is written. It is valid until the next one is read.
type Record struct {
	Role   string // train, dev, test, test_shift or all
	File   int    // index of the file among those of the source
	Path   string // for messages
	Line   int    // of its first line
	Header *Header
	Values []Value // may be shorter than the header: the rest is missing
}

// Get returns the value of a column; false if the record has none.
func (r *Record) Get(column string) (Value, bool) {
	i, ok := r.Header.find(column)
	if !ok || i >= len(r.Values) {
		return Value{}, false
	}
	return r.Values[i], r.Values[i].IsList || r.Values[i].Line != 0
}

// position of a value, or of the record.
func (r *Record) position(v Value) Position {
	if v.Line == 0 {
		return Position{r.Path, r.Line, 0}
	}
	return Position{r.Path, v.Line, v.Column}
}

// noColumn says which columns there are where one is missing.
func (r *Record) noColumn(column string) *Error {
	var names []string
	for i, n := range r.Header.Names {
		if i == maxListed {
			names = append(names, fmt.Sprintf("… (%d in all)", len(r.Header.Names)))
			break
		}
		names = append(names, fmt.Sprintf("%d %q", i+1, shorten(n)))
	}
	hint := ""
	if len(names) == 1 {
		hint = `; if there should be more, say how fields are separated (delimiter = ";") or written (format = "jsonl")`
	}
	return mistake(Position{r.Path, r.Line, 0}, "no column %q; there are %s%s", column, strings.Join(names, ", "), hint)
}

// A Source yields the records of a data set in a fixed order.
type Source interface {
	// Each calls yield with every record and stops at its first error.
	Each(yield func(*Record) error) error
	// Parts names the files of the source, independent of where they lie: "train/1".
	Parts() []string
}
