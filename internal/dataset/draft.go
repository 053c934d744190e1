package dataset

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A draft is a row whose classes are still names and whose split is not decided.
type draft struct {
	Row
	role   string
	label  string   // classification
	labels []string // multi_label, or the tags of tagging
	input  digest   // of the inputs as they are
	unit   digest   // rows of one unit stay in one split
	when   moment   // temporal shift
	topic  string   // topic shift
}

// errReject says why a row is not used, and which attribute of the declaration
// asks for what the row lacks.
type errReject struct{ reason, attribute string }

func (e errReject) Error() string { return e.reason }

// missingColumn ends the reading: what one row of a table lacks, all lack.
type missingColumn struct{ cause *Error }

func (m *missingColumn) Error() string { return m.cause.Error() }

// drafter makes drafts of records as the Config says.
type drafter struct {
	config *Config
	split  *Split
	match  *regexp.Regexp
	closed map[string]bool // Config.Classes
}

func newDrafter(c *Config, split *Split) (*drafter, error) {
	d := &drafter{config: c, split: split}
	if c.LabelMatch != nil {
		re, err := regexp.Compile(c.LabelMatch.Pattern)
		if err != nil {
			return nil, fmt.Errorf("label_match: %w", err)
		}
		d.match = re
	}
	if len(c.Classes) > 0 {
		d.closed = make(map[string]bool)
		for _, name := range c.Classes {
			d.closed[name] = true
		}
	}
	return d, nil
}

// draft reads one record. An errReject rejects the row; an *Error is a mistake in
// the data that the user has to mend.
func (d *drafter) draft(r *Record) (*draft, error) {
	out := &draft{role: r.Role}
	out.Origin = Origin{r.File, r.Line}
	for _, read := range []func(*Record, *draft) error{d.input, d.label, d.shift, d.identity, d.keep} {
		if err := read(r, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// column returns a value; a column that a table does not have is a mistake, one
// that a JSON line lacks is a missing value.
// attribute is the one that names the column.
func (d *drafter) column(r *Record, column, attribute string) (Value, error) {
	v, ok := r.Get(column)
	if ok {
		return v, nil
	}
	if _, known := r.Header.find(column); !known && !r.Header.grows {
		return v, &missingColumn{r.noColumn(column).against(attribute)}
	}
	return v, errReject{fmt.Sprintf("no %s", column), attribute}
}

func (d *drafter) input(r *Record, out *draft) error {
	in := d.config.input()
	v, err := d.column(r, in.Text, "input.text")
	if err != nil {
		return err
	}
	if d.config.Task == Tagging {
		out.Words = d.list(v)
		out.Text = strings.Join(out.Words, " ")
	} else {
		out.Text = v.flat()
	}
	if strings.TrimSpace(out.Text) == "" {
		return errReject{"blank " + in.Text, "input.text"}
	}
	if in.TextPair != "" {
		if v, err = d.column(r, in.TextPair, "input.text_pair"); err != nil {
			return err
		}
		out.Pair, out.HasPair = v.flat(), true
		if strings.TrimSpace(out.Pair) == "" {
			return errReject{"blank " + in.TextPair, "input.text_pair"}
		}
	}
	for _, c := range in.Choices {
		if v, err = d.column(r, c, "input.choices"); err != nil {
			return err
		}
		if v.IsList {
			out.Choices = append(out.Choices, v.List...)
		} else {
			out.Choices = append(out.Choices, v.Text)
		}
	}
	return nil
}

// input returns the block or its default: the column "text".
func (c *Config) input() Input {
	in := Input{}
	if c.Input != nil {
		in = *c.Input
	}
	if in.Text == "" {
		in.Text = "text"
	}
	return in
}

// flat is a value as one text.
func (v Value) flat() string {
	if v.IsList {
		return strings.Join(v.List, " ")
	}
	return v.Text
}

// list is a value as a list, split at the separator or white space if it is a text.
func (d *drafter) list(v Value) []string {
	if v.IsList {
		return slices.Clone(v.List)
	}
	if d.config.LabelSeparator == "" {
		return strings.Fields(v.Text)
	}
	var out []string
	for _, part := range strings.Split(v.Text, d.config.LabelSeparator) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// shift reads the column that the shift goes by.
func (d *drafter) shift(r *Record, out *draft) error {
	s := d.config.Shift
	if s == nil || s.Type == FormatShift {
		return nil
	}
	v, err := d.column(r, s.By, "shift.by")
	if err != nil {
		return err
	}
	out.topic = strings.TrimSpace(v.Text)
	if out.topic == "" {
		return errReject{"blank " + s.By, "shift.by"}
	}
	if s.Type == TemporalShift {
		if out.when, err = parseTime(out.topic); err != nil {
			return mistake(r.position(v), "%s: %v", s.By, err)
		}
	}
	return nil
}

// identity hashes the input and finds the unit that the split keeps together.
func (d *drafter) identity(r *Record, out *draft) error {
	parts := append([]string{out.Text, out.Pair}, out.Choices...)
	out.input = hashTexts(parts)
	if d.config.ID != "" {
		v, err := d.column(r, d.config.ID, "id")
		if err != nil {
			var reject errReject
			if errors.As(err, &reject) {
				return mistake(Position{r.Path, r.Line, 0}, "the row has no id in %q", d.config.ID)
			}
			return err
		}
		if out.ID = strings.TrimSpace(v.Text); out.ID == "" {
			return mistake(r.position(v), "the id is blank")
		}
	}
	if d.split.GroupBy == "" {
		for i := range parts {
			parts[i] = normalise(parts[i])
		}
		out.unit = hashTexts(parts)
		return nil
	}
	v, err := d.column(r, d.split.GroupBy, "split.group_by")
	if err != nil {
		return err
	}
	if v.flat() == "" {
		return errReject{"blank " + d.split.GroupBy, "split.group_by"}
	}
	out.unit = hashTexts([]string{v.flat()})
	return nil
}

// keep copies further columns.
func (d *drafter) keep(r *Record, out *draft) error {
	for _, column := range d.config.Keep {
		v, err := d.column(r, column, "")
		if err != nil {
			return err
		}
		if out.Fields == nil {
			out.Fields = make(map[string]string, len(d.config.Keep))
		}
		out.Fields[column] = v.flat()
	}
	return nil
}
