package dataset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Config is a dataset block but for its generator, metric and lengths.
type Config struct {
	Task           string            `hcl:"task,optional" doc:"classification, regression, multi_label, tagging, multiple_choice or language_modeling"`
	Files          *Files            `hcl:"files,block" doc:"where the rows lie"`
	Split          *Split            `hcl:"split,block" doc:"how rows without a given split are divided"`
	Input          *Input            `hcl:"input,block" doc:"the columns that make the input"`
	Label          string            `hcl:"label,optional" doc:"column of the label, by name or number; for multi_label and tagging a list or a text to split"`
	Labels         map[string]string `hcl:"labels,optional" doc:"new names for values of the label; values not listed keep theirs"`
	Classes        []string          `hcl:"classes,optional" doc:"the classes in their order; rows with another label are rejected and counted"`
	LabelMatch     *LabelMatch       `hcl:"label_match,block" doc:"derives the label from a match on a column"`
	LabelSeparator string            `hcl:"label_separator,optional" doc:"between the labels, words or tags of a text; default: white space"`
	ID             string            `hcl:"id,optional" doc:"column of a unique row id; default: a hash of the input and its occurrence"`
	Shift          *Shift            `hcl:"shift,block" doc:"what differs between training and test"`

	// Keep names further columns to copy into Row.Fields, for templates.
	Keep []string
}

// NewConfig returns the defaults: classification with the default split.
func NewConfig() *Config { return &Config{Task: Classification} }

// Input names the columns of a row's input.
type Input struct {
	Text     string   `hcl:"text,optional" doc:"column of the text, by name or number"`
	TextPair string   `hcl:"text_pair,optional" doc:"column of the second text of a pair"`
	Choices  []string `hcl:"choices,optional" doc:"columns of the choices (multiple_choice); one column if it holds lists"`
}

// LabelMatch derives a label: rows whose column matches the pattern get one
// class, all others the other.
type LabelMatch struct {
	Column    string `hcl:"column" doc:"column to look at"`
	Pattern   string `hcl:"pattern" doc:"regular expression (RE2); it may match anywhere in the value"`
	Match     string `hcl:"match" doc:"class of rows that match"`
	Otherwise string `hcl:"otherwise" doc:"class of the other rows"`
}

// Split says how rows are divided that no file assigns to a split.
type Split struct {
	Dev         float64 `hcl:"dev,optional" doc:"share of the rows for selection" unit:"0 to 1"`
	Test        float64 `hcl:"test,optional" doc:"share of the rows for the test in distribution" unit:"0 to 1"`
	Stratified  bool    `hcl:"stratified,optional" doc:"keep the proportions of the classes"`
	Seed        int64   `hcl:"seed,optional" doc:"draws the split; the experiment's seeds never touch it"`
	GroupBy     string  `hcl:"group_by,optional" doc:"column whose equal values stay in one split"`
	Deduplicate bool    `hcl:"deduplicate,optional" doc:"use the first of rows with equal input and label, reject the others"`
	Leakage     string  `hcl:"leakage,optional" doc:"report or error: what to do when a text stands in two splits"`
}

// NewSplit returns the defaults: dev 0.1, test 0.2, stratified, seed 0.
func NewSplit() *Split { return &Split{Dev: 0.1, Test: 0.2, Stratified: true, Leakage: "report"} }

// Init sets the defaults before a block is decoded.
func (s *Split) Init() error {
	*s = *NewSplit()
	return nil
}

// Kinds of shift.
const (
	TopicShift    = "topic"
	TemporalShift = "temporal"
	FormatShift   = "format"
)

// Shift says what differs between training and test.
type Shift struct {
	Type    string   `hcl:"type,label" doc:"topic, temporal or format"`
	By      string   `hcl:"by,optional" doc:"column of the topic or the time"`
	Train   []string `hcl:"train,optional" doc:"values to train on (topic), formats to train on (format)"`
	Test    []string `hcl:"test,optional" doc:"values, or formats, to test on"`
	Cut     int      `hcl:"cut,optional" doc:"last year of the training rows (temporal)" unit:"year"`
	CutDate string   `hcl:"cut_date,optional" doc:"last day of the training rows, as 2001-06-30 (temporal); instead of cut"`
	Period  int      `hcl:"period,optional" doc:"length of the slices of the test" unit:"years"`
	Rolling bool     `hcl:"rolling,optional" doc:"repeat the cut at each period"`
}

// Init sets the defaults before a block is decoded.
func (s *Shift) Init() error {
	s.Period = 1
	return nil
}

// FieldError says what is wrong with one attribute.
type FieldError struct {
	Attribute string
	Message   string
}

func (e *FieldError) Error() string { return e.Message }

// Field is the attribute's name in its block.
func (e *FieldError) Field() string { return e.Attribute }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, field + ": " + fmt.Sprintf(format, args...)}
}

// Validate checks what can be known without reading rows.
func (c *Config) Validate() []error {
	var errs []error
	if !slices.Contains(Tasks, c.Task) {
		errs = append(errs, wrong("task", "%q is not one of %s", c.Task, strings.Join(Tasks, ", ")))
	}
	switch {
	case c.Task == LanguageModeling:
	case c.Label == "" && c.LabelMatch == nil:
		errs = append(errs, wrong("label", "missing: it names the column of the label"))
	case c.Label != "" && c.LabelMatch != nil:
		errs = append(errs, wrong("label", "given together with a label_match block; one of them is the label"))
	case c.LabelMatch != nil && c.Task != Classification:
		errs = append(errs, wrong("task", "a label_match block makes classes; the task is %s", c.Task))
	}
	if c.Task == Regression && (len(c.Labels) > 0 || len(c.Classes) > 0) {
		errs = append(errs, wrong("labels", "a regression has numbers, no classes"))
	}
	if c.Task == MultipleChoice && (c.Input == nil || len(c.Input.Choices) == 0) {
		errs = append(errs, wrong("input", "multiple_choice needs choices in its input block"))
	}
	if c.Task == Tagging && c.Input != nil && c.Input.TextPair != "" {
		errs = append(errs, wrong("input", "tagging has one text, no text_pair"))
	}
	return append(errs, c.validateClasses()...)
}

func (c *Config) validateClasses() []error {
	var errs []error
	seen := make(map[string]bool)
	for _, name := range c.Classes {
		if name == "" || seen[name] {
			errs = append(errs, wrong("classes", "%q is empty or stands there twice", name))
		}
		seen[name] = true
	}
	return errs
}

// Validate checks the regular expression and the names.
func (m *LabelMatch) Validate() []error {
	var errs []error
	if _, err := regexp.Compile(m.Pattern); err != nil {
		errs = append(errs, wrong("pattern", "%v", err))
	}
	if m.Match == m.Otherwise || m.Match == "" || m.Otherwise == "" {
		errs = append(errs, wrong("match", "match and otherwise are two different classes"))
	}
	return errs
}

// Validate checks the shares.
func (s *Split) Validate() []error {
	var errs []error
	if !(s.Dev >= 0 && s.Dev < 1) {
		errs = append(errs, wrong("dev", "%g is not between 0 and 1", s.Dev))
	}
	if !(s.Test >= 0 && s.Test < 1) {
		errs = append(errs, wrong("test", "%g is not between 0 and 1", s.Test))
	}
	if len(errs) == 0 && s.Dev+s.Test >= 1 {
		errs = append(errs, wrong("test", "dev and test together take %g of the rows; nothing is left to train on", s.Dev+s.Test))
	}
	if s.Leakage != "report" && s.Leakage != "error" {
		errs = append(errs, wrong("leakage", `%q is neither "report" nor "error"`, s.Leakage))
	}
	return errs
}

// Validate checks that the attributes fit the kind of shift.
func (s *Shift) Validate() []error {
	var errs []error
	switch s.Type {
	case TopicShift:
		errs = append(errs, s.validateTopic()...)
	case TemporalShift:
		errs = append(errs, s.validateTemporal()...)
	case FormatShift:
		if len(s.Train) == 0 || len(s.Test) == 0 {
			errs = append(errs, wrong("train", "a format shift lists formats to train on and to test on"))
		}
	default:
		errs = append(errs, wrong("type", "%q is not one of topic, temporal, format", s.Type))
	}
	if s.Type != TemporalShift && (s.Cut != 0 || s.CutDate != "" || s.Rolling) {
		errs = append(errs, wrong("cut", "only a temporal shift has a cut"))
	}
	return errs
}

func (s *Shift) validateTopic() []error {
	var errs []error
	if s.By == "" {
		errs = append(errs, wrong("by", "missing: it names the column of the topic"))
	}
	if len(s.Train) == 0 {
		errs = append(errs, wrong("train", "missing: it lists the values to train on"))
	}
	if len(s.Test) == 0 {
		errs = append(errs, wrong("test", "missing: it lists the values to test on"))
	}
	for _, v := range s.Test {
		if slices.Contains(s.Train, v) {
			errs = append(errs, wrong("test", "%q is in train too", v))
		}
	}
	return errs
}

func (s *Shift) validateTemporal() []error {
	var errs []error
	if s.By == "" {
		errs = append(errs, wrong("by", "missing: it names the column of the time"))
	}
	if len(s.Train) > 0 || len(s.Test) > 0 {
		errs = append(errs, wrong("train", "a temporal shift divides by its cut; it lists no values"))
	}
	switch {
	case s.Cut == 0 && s.CutDate == "":
		errs = append(errs, wrong("cut", "missing: the last year to train on"))
	case s.Cut != 0 && s.CutDate != "":
		errs = append(errs, wrong("cut_date", "given together with cut"))
	case s.CutDate != "":
		if _, err := parseTime(s.CutDate); err != nil {
			errs = append(errs, wrong("cut_date", "%v", err))
		}
	}
	if s.Period < 1 {
		errs = append(errs, wrong("period", "%d years is no length", s.Period))
	}
	return errs
}
