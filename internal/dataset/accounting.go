package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// Accounting says what became of every row. RowsIn = Used + all Rejected + all
// Dropped, always.
type Accounting struct {
	Files     []FileCount  `json:"files"`
	RowsIn    int          `json:"rows_in"`
	Used      int          `json:"used"`
	Rejected  []Count      `json:"rejected"` // by reason, in alphabetical order
	Dropped   []Count      `json:"dropped"`  // by value of the shift's column
	Splits    []SplitCount `json:"splits"`   // train, dev, test_id, test_shift
	Duplicate Repeats      `json:"duplicate"`
	Leaks     []Leak       `json:"leaks"` // between pairs of splits
	Notes     []string     `json:"notes"` // what a reader of the results should know
}

// FileCount is the number of rows read from one file.
type FileCount struct {
	Name string `json:"name"` // of the Part: "train/1"
	Rows int    `json:"rows"`
}

// Count is a number of rows with the first 20 of them.
type Count struct {
	Name     string    `json:"name"`
	Rows     int       `json:"rows"`
	Examples []Example `json:"examples,omitempty"`
}

// Example is one row of a count.
type Example struct {
	File string `json:"file"` // name of the Part
	Line int    `json:"line"`
	Text string `json:"text,omitempty"`
}

// SplitCount describes a split.
type SplitCount struct {
	Name   string  `json:"name"`
	Rows   int     `json:"rows"`
	Labels []Named `json:"labels,omitempty"` // rows of each class, in the order of LabelNames
	Slices []Named `json:"slices,omitempty"` // rows of each slice, sorted
}

// Named is a number with its name.
type Named struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

// Repeats counts rows with the same input as an earlier one.
type Repeats struct {
	Rows      int       `json:"rows"`      // same input, same label
	Conflicts int       `json:"conflicts"` // same input, another label
	Examples  []Example `json:"examples,omitempty"`
}

// Rejections is the number of rejected rows.
func (a *Accounting) Rejections() int { return total(a.Rejected) }

// Drops is the number of rows that the shift leaves out.
func (a *Accounting) Drops() int { return total(a.Dropped) }

func total(counts []Count) int {
	n := 0
	for _, c := range counts {
		n += c.Rows
	}
	return n
}

// Lost is the number of rows of which the account does not tell what became; it
// is 0, or the package is wrong.
func (a *Accounting) Lost() int { return a.RowsIn - a.Used - a.Rejections() - a.Drops() }

// Summary tells the account in one line.
func (a *Accounting) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows read, %d used", a.RowsIn, a.Used)
	for _, c := range a.Rejected {
		fmt.Fprintf(&b, ", %d rejected (%s)", c.Rows, c.Name)
	}
	for _, c := range a.Dropped {
		fmt.Fprintf(&b, ", %d dropped (%s)", c.Rows, c.Name)
	}
	return b.String()
}

// tally gathers counts by name.
type tally map[string]*Count

func (t tally) add(name string, e Example) {
	c := t[name]
	if c == nil {
		c = &Count{Name: name}
		t[name] = c
	}
	c.Rows++
	if len(c.Examples) < maxListed {
		c.Examples = append(c.Examples, e)
	}
}

func (t tally) counts() []Count {
	out := make([]Count, 0, len(t))
	for _, c := range t {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Count) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// sortedCounts turns counts by name into a sorted list.
func sortedCounts(counts map[string]int) []Named {
	var out []Named
	for name, rows := range counts {
		out = append(out, Named{name, rows})
	}
	slices.SortFunc(out, func(a, b Named) int { return strings.Compare(a.Name, b.Name) })
	return out
}
