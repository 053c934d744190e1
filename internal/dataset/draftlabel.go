package dataset

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

func (d *drafter) label(r *Record, out *draft) error {
	if d.config.Task == LanguageModeling {
		return nil
	}
	if m := d.config.LabelMatch; m != nil {
		v, err := d.column(r, m.Column, "label_match.column")
		if err != nil {
			return err
		}
		out.label = m.Otherwise
		if d.match.MatchString(v.flat()) {
			out.label = m.Match
		}
		return nil
	}
	v, err := d.column(r, d.config.Label, "label")
	if err != nil {
		return err
	}
	switch d.config.Task {
	case MultiLabel, Tagging:
		return d.labelList(r, v, out)
	case Classification:
		if v.IsList {
			return mistake(r.position(v), "the label is a list; for several classes a row, write task = \"multi_label\"")
		}
	}
	text := strings.TrimSpace(v.Text)
	if text == "" {
		return errReject{"blank " + d.config.Label, "label"}
	}
	switch d.config.Task {
	case Regression:
		target, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(target) || math.IsInf(target, 0) {
			return mistake(r.position(v), "the label %q is no number", shorten(text))
		}
		out.Target = target
	case MultipleChoice:
		return d.choice(r, v, out)
	default:
		out.label, err = d.class(text)
	}
	return err
}

// class renames a label and checks it against the closed list.
func (d *drafter) class(text string) (string, error) {
	if name, ok := d.config.Labels[text]; ok {
		text = name
	}
	if d.closed != nil && !d.closed[text] {
		return "", errReject{"unknown label", "classes"}
	}
	return text, nil
}

func (d *drafter) labelList(r *Record, v Value, out *draft) error {
	for _, text := range d.list(v) {
		name, err := d.class(text)
		if err != nil {
			return err
		}
		out.labels = append(out.labels, name)
	}
	if d.config.Task == Tagging && len(out.labels) != len(out.Words) {
		return mistake(r.position(v), "%d tags for %d words", len(out.labels), len(out.Words))
	}
	if d.config.Task == MultiLabel {
		slices.Sort(out.labels)
		out.labels = slices.Compact(out.labels)
	}
	return nil
}

// choice finds the right choice: by the name of its column, its text, its letter,
// or its number from 0.
func (d *drafter) choice(r *Record, v Value, out *draft) error {
	text := strings.TrimSpace(v.Text)
	if name, ok := d.config.Labels[text]; ok {
		text = name
	}
	columns := d.config.input().Choices
	if len(columns) == len(out.Choices) {
		if i := slices.Index(columns, text); i >= 0 {
			out.Label = i
			return nil
		}
	}
	if i := slices.Index(out.Choices, text); i >= 0 {
		out.Label = i
		return nil
	}
	if len(text) == 1 {
		letter := int(text[0]|0x20) - 'a'
		if letter >= 0 && letter < len(out.Choices) {
			out.Label = letter
			return nil
		}
	}
	if i, err := strconv.Atoi(text); err == nil && i >= 0 && i < len(out.Choices) {
		out.Label = i
		return nil
	}
	return mistake(r.position(v), "the label %q is none of the %d choices: neither a column, a text, a letter nor a number from 0",
		shorten(text), len(out.Choices))
}
