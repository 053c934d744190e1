// Package dataset turns rows of files or of a generator into the splits that an
// experiment trains, selects and tests on.
//
// A Config says what a row is (Input, Label), where rows lie (Files, or a
// generator given to Read as a Source), how they are divided (Split) and what
// differs between training and test (Shift). The source is read twice, in its
// order: Read decides what becomes of each row, keeping hashes and no texts;
// Survey.Write writes each split's rows to a file. Every row read is used, rejected for a
// reason or dropped by the shift, and Accounting holds the counts with examples.
//
// Reading is strict: a quote that is not closed, a byte that is no UTF-8, a JSON
// key given twice or a line over the limit is an error with file, line and
// column, never a guess. Nothing depends on the order of maps, the clock or the
// environment; which split a row falls into depends on its content and the
// split's seed alone.
package dataset

import "fmt"

// Tasks. The name is what an experiment file writes.
const (
	Classification   = "classification"
	Regression       = "regression"
	MultiLabel       = "multi_label"
	Tagging          = "tagging"
	MultipleChoice   = "multiple_choice"
	LanguageModeling = "language_modeling"
)

// Tasks lists all of them.
var Tasks = []string{Classification, Regression, MultiLabel, Tagging, MultipleChoice, LanguageModeling}

// Names of splits, as results and reports show them.
const (
	TrainSplit     = "train"
	DevSplit       = "dev"
	TestIDSplit    = "test_id"
	TestShiftSplit = "test_shift"
)

// SplitNames lists the splits in their order.
var SplitNames = []string{TrainSplit, DevSplit, TestIDSplit, TestShiftSplit}

// A Row is one example, ready for a tokenizer.
type Row struct {
	ID      string `json:"id"` // unique in the data set; the key of per-example outcomes
	Text    string `json:"text"`
	Pair    string `json:"pair,omitempty"` // second text of a pair
	HasPair bool   `json:"has_pair,omitempty"`

	Label   int      `json:"label"`             // class (classification) or index of the right choice (multiple_choice)
	Target  float64  `json:"target,omitempty"`  // regression
	Labels  []int    `json:"labels,omitempty"`  // classes, ascending (multi_label)
	Words   []string `json:"words,omitempty"`   // tagging: the words; Text is them joined by spaces
	Tags    []int    `json:"tags,omitempty"`    // tagging: the class of each word
	Choices []string `json:"choices,omitempty"` // multiple_choice

	Slice  string            `json:"slice,omitempty"`  // the shift's value, such as "domain=statutes"; "" without a shift
	Fields map[string]string `json:"fields,omitempty"` // the columns that Config.Keep asks for
	Origin Origin            `json:"origin"`
}

// Origin is where a row was read: Line is 1-based, or the number of the row where
// a format has no lines.
type Origin struct {
	File int `json:"file"` // index into Accounting.Files
	Line int `json:"line"`
}

// bytes is about what the row holds in memory.
func (r *Row) bytes() int64 {
	n := 256 + len(r.ID) + len(r.Text) + len(r.Pair) + 8*(len(r.Labels)+len(r.Tags))
	for _, w := range r.Words {
		n += 16 + len(w)
	}
	for _, c := range r.Choices {
		n += 16 + len(c)
	}
	for k, v := range r.Fields {
		n += 48 + len(k) + len(v)
	}
	return int64(n)
}

// A Dataset is the rows of every split.
type Dataset struct {
	Task       string
	LabelNames []string // sorted, or in the order of Config.Classes; empty for regression and language modelling
	Train      Rows
	Dev        Rows
	TestID     Rows
	TestShift  Rows
	Accounting Accounting
}

// Split returns the rows of a split by its name.
func (d *Dataset) Split(name string) Rows { return *d.split(name) }

// With is a data set of the same task and classes that has these rows alone.
func (d *Dataset) With(name string, rows Rows) *Dataset {
	other := &Dataset{Task: d.Task, LabelNames: d.LabelNames}
	*other.split(name) = rows
	return other
}

func (d *Dataset) split(name string) *Rows {
	switch name {
	case TrainSplit:
		return &d.Train
	case DevSplit:
		return &d.Dev
	case TestIDSplit:
		return &d.TestID
	case TestShiftSplit:
		return &d.TestShift
	}
	panic(fmt.Sprintf("dataset: no split is named %q", name))
}
