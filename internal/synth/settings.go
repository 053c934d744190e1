package synth

import "fmt"

// FieldError says what is wrong with one attribute.
type FieldError struct {
	Attribute string
	Message   string
}

func (e *FieldError) Error() string { return e.Attribute + ": " + e.Message }

// Field is the attribute's name in the experiment file.
func (e *FieldError) Field() string { return e.Attribute }

// Settings are the attributes that all generators of rows share.
type Settings struct {
	Count int   `hcl:"rows,optional" doc:"how many rows to make" unit:"rows"`
	Seed  int64 `hcl:"seed,optional" doc:"draws the rows; the experiment's seeds never touch it"`

	// Grammar is the version of the words and rules. It has no attribute; it is a
	// field so that what was made by another grammar is never taken for this one's.
	Grammar int
}

// RowCount is the attribute rows.
func (s Settings) RowCount() int { return s.Count }

// grammarVersion is raised whenever any generator would make something else of the
// same settings.
const grammarVersion = 1

func newSettings(rows int) Settings { return Settings{Count: rows, Grammar: grammarVersion} }

// Dial says how far the target domains are from the general ones.
type Dial struct {
	Shift      float64 `hcl:"shift,optional" doc:"how different the target domains are: 0 the same distribution, 1 the most" unit:"0 to 1"`
	Vocabulary float64 `hcl:"vocabulary,optional" doc:"share of words taken from the domain's own list; -1: as shift" unit:"0 to 1"`
	Syntax     float64 `hcl:"syntax,optional" doc:"how far the mix of constructions moves; -1: as shift" unit:"0 to 1"`
	Prior      float64 `hcl:"prior,optional" doc:"how far the label proportions move; -1: as shift" unit:"0 to 1"`
}

func newDial() Dial { return Dial{Shift: 0.5, Vocabulary: -1, Syntax: -1, Prior: -1} }

func (d Dial) vocabulary() float64 { return orElse(d.Vocabulary, d.Shift) }
func (d Dial) syntax() float64     { return orElse(d.Syntax, d.Shift) }
func (d Dial) prior() float64      { return orElse(d.Prior, d.Shift) }

func orElse(v, other float64) float64 {
	if v == -1 {
		return other
	}
	return v
}

func (d Dial) validate() []error {
	var errs []error
	errs = append(errs, checkShare("shift", d.Shift, false)...)
	errs = append(errs, checkShare("vocabulary", d.Vocabulary, true)...)
	errs = append(errs, checkShare("syntax", d.Syntax, true)...)
	return append(errs, checkShare("prior", d.Prior, true)...)
}

func checkShare(field string, v float64, unset bool) []error {
	if unset && v == -1 || v >= 0 && v <= 1 {
		return nil
	}
	return []error{&FieldError{field, fmt.Sprintf("%g is not between 0 and 1", v)}}
}

// maxRows bounds a generated data set; a row is some hundred bytes.
const maxRows = 10_000_000

func (s Settings) validate() []error {
	var errs []error
	if s.Count < 1 || s.Count > maxRows {
		errs = append(errs, &FieldError{"rows", fmt.Sprintf("%d is not between 1 and %d", s.Count, maxRows)})
	}
	if s.Seed < 0 {
		errs = append(errs, &FieldError{"seed", fmt.Sprintf("%d is negative", s.Seed)})
	}
	return errs
}
