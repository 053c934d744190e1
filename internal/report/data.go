package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// data accounts for every row of every data set: rows in = used + rejected +
// dropped, where the splits add up to the rows used.
func data(d *Document, f *Facts) {
	if len(f.Datasets)+len(f.Models) == 0 {
		return
	}
	d.heading(2, "Data and shift")
	for _, m := range f.Models {
		d.paragraph("Model ", name(m.Name), ": ", m.Source, " ", show.Count(m.Parameters), " parameters, vocabulary of ", show.Count(m.Vocabulary), ".")
	}
	for _, s := range f.Datasets {
		s.write(d)
	}
}

func (s *DatasetFacts) write(d *Document) {
	d.heading(3, "Data set "+s.Name)
	used := 0
	for _, split := range s.Splits {
		used += split.Rows
	}
	rejected, dropped := total(s.Rejected), total(s.Dropped)
	intro := write(s.Source)
	if s.Source != "" {
		intro = write(intro, " ")
	}
	d.paragraph(intro, fmt.Sprintf("Task: %s, scored by %s. Rows in: %s = %s used + %s rejected + %s dropped by the shift.",
		strings.ReplaceAll(s.Task, "_", " "), metricName(s.Metric), show.Count(s.RowsIn), show.Count(used), show.Count(rejected), show.Count(dropped)))
	if s.RowsIn != used+rejected+dropped {
		d.warn(fmt.Sprintf("%s rows are unaccounted for.", show.Count(s.RowsIn-used-rejected-dropped)))
	}
	if s.Shift != nil {
		d.paragraph(Span{"Shift (" + s.Shift.Axis + "): ", Strong}, s.Shift.About)
	}
	var items []Text
	for _, kind := range []struct {
		what   string
		counts []Count
	}{{"rejected", s.Rejected}, {"dropped", s.Dropped}} {
		for _, c := range kind.counts {
			items = append(items, write(show.Plural(c.Rows, "row"), " ", kind.what, ": ", c.What))
		}
	}
	if len(items) > 0 {
		d.add(List{items})
	}
	d.add(s.splitTable())
	leaks := false
	for _, l := range s.Leakage {
		if l.Rows > 0 {
			leaks = true
			d.warn(fmt.Sprintf("Leakage: %s %s.", show.Count(l.Rows), l.What))
		}
	}
	if !leaks && s.Leakage != nil {
		d.paragraph("No test row was found in the training rows.")
	}
	for _, w := range s.Warnings {
		d.warn(w)
	}
}

func (s *DatasetFacts) splitTable() Table {
	t := Table{Head: []Column{{"split", false}, {"rows", true}, {"truncated", true}, {"sub-words a row", true}}}
	labelled := len(s.Labels) > 0 && len(s.Labels) <= 12
	if labelled {
		for _, l := range s.Labels {
			t.Head = append(t.Head, Column{l, true})
		}
	} else if len(s.Labels) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d labels; their shares are not shown.", len(s.Labels)))
	}
	for _, split := range s.Splits {
		tokens := show.None
		if split.MeanTokens > 0 {
			tokens = show.Number(split.MeanTokens, 1)
		}
		row := []Text{write(name(split.Name)), plain(show.Count(split.Rows)), plain(fmt.Sprintf("%s (%s)", show.Count(split.Truncated), percent(split.Truncated, split.Rows))), plain(tokens)}
		for k := 0; labelled && k < len(s.Labels); k++ {
			cell := show.None
			if k < len(split.Labels) {
				cell = percent(split.Labels[k], split.Rows)
			}
			row = append(row, plain(cell))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func total(counts []Count) int {
	n := 0
	for _, c := range counts {
		n += c.Rows
	}
	return n
}

// diagnosis reports what the untouched model says about the shift.
func diagnosis(d *Document, f *Facts) {
	for k, g := range f.Diagnosis {
		if k == 0 {
			d.heading(2, "Diagnosis of the shift")
			d.paragraph("Measured on the frozen model before any training. P is adjusted by Holm over the measures of a diagnosis: one below ", strconv.FormatFloat(stats.Alpha, 'g', -1, 64), " rules out chance for the family.")
		}
		d.heading(3, "Data set "+g.Dataset+", model "+g.Model)
		if g.Dominant == "" {
			d.paragraph(Span{"No shift found.", Strong})
		} else {
			d.paragraph(Span{"Dominant shift: " + g.Dominant, Strong})
		}
		t := Table{Head: []Column{{"axis", false}, {"measure", false}, {"value", true}, {"95 % interval", true}, {"P, Holm", true}, {"meaning", false}}}
		for _, m := range g.Measures {
			interval, p, meaning := show.None, show.None, m.Meaning
			if m.Low != nil && m.High != nil {
				interval = "[" + show.Number(*m.Low, 3) + ", " + show.Number(*m.High, 3) + "]"
			}
			if m.P != nil {
				p = show.Probability(*m.P)
			}
			if m.Warning != "" {
				meaning += " Warning: " + m.Warning
			}
			value := show.Number(m.Value, 3)
			if math.Abs(m.Value) >= 1000 {
				value = show.Number(m.Value, 0)
			}
			t.Rows = append(t.Rows, []Text{plain(m.Axis), plain(m.Name), plain(value), plain(interval), plain(p), plain(meaning)})
		}
		d.add(t)
	}
}
