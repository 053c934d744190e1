package report

import (
	"fmt"
	"slices"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// Document draws the comparison.
func (c *Compared) Document() *Document {
	d := &Document{Title: "Comparison of two " + c.of}
	d.paragraph("A is ", name(c.A), ", B is ", name(c.B), ". Changes are B minus A, paired over seeds and row ids.")
	for _, w := range c.Warnings {
		d.warn(w)
	}
	if len(c.Pairs) == 0 {
		d.paragraph("Nothing is in both.")
		return d
	}
	t := Table{Head: []Column{{"data set", false}, {"method", false}, {"split", false}, {"metric", false}, {"A", true}, {"B", true}, {"change", true}, {"95 % interval", true}, {"P", true}, {"P, Holm", true}, {"seeds", true}, {"rows", true}}}
	for _, r := range c.Pairs {
		change := Span{Text: difference(r.Metric, float64(r.Change))}
		if float64(r.Adjusted) <= stats.Alpha {
			change.Style = Strong
		}
		t.Rows = append(t.Rows, []Text{
			write(name(r.Dataset)), r.label(), plain(r.Split), plain(metricUnit(r.Metric)), plain(score(r.Metric, float64(r.A))), plain(score(r.Metric, float64(r.B))),
			{change}, plain(interval(r.Metric, float64(r.Low), float64(r.High))), plain(show.Probability(float64(r.P))), plain(show.Probability(float64(r.Adjusted))), plain(show.Count(r.Seeds)), plain(show.Count(r.Rows)),
		})
	}
	t.Notes = c.pairWarnings()
	d.add(t)
	if c.Gated {
		c.gateTable(d)
	}
	return d
}

// pairWarnings are the warnings of all pairs, each with the pairs that it is about.
func (c *Compared) pairWarnings() (notes []string) {
	var order []string
	about := map[string][]string{}
	for _, r := range c.Pairs {
		for _, w := range r.Warnings {
			if about[w] == nil {
				order = append(order, w)
			}
			if pair := r.Method + " on " + r.Split; !slices.Contains(about[w], pair) {
				about[w] = append(about[w], pair)
			}
		}
	}
	for _, w := range order {
		notes = append(notes, fmt.Sprintf("Warning (%s): %s.", strings.Join(about[w], ", "), w))
	}
	return notes
}

func (r *ComparedRun) label() Text {
	t := write(name(r.IsB))
	switch {
	case r.PlaceA != "":
		t = write(name(r.WasA+"@"+r.PlaceA), " → ", name(r.IsB))
	case r.WasA != r.IsB:
		t = write(name(r.WasA), " → ", name(r.IsB))
	}
	if r.Model != "" {
		t = write(t, " on ", name(r.Model))
	}
	if r.Condition != "" {
		t = write(t, ", trained on ", name(r.Condition))
	}
	return t
}

func (c *Compared) gateTable(d *Document) {
	d.heading(2, "Gate")
	if c.Failed {
		d.paragraph(Span{"Failed.", Strong}, " At least one loss exceeds its margin, or a cost its limit.")
	} else {
		d.paragraph(Span{"Passed.", Strong}, " No loss beyond the margin is shown.")
	}
	t := Table{Head: []Column{{"data set", false}, {"method", false}, {"split", false}, {"loss", true}, {"lower end", true}, {"margin", true}, {"P, Holm", true}, {"smallest loss seen in 8 of 10", true}, {"gate", false}}}
	for _, r := range c.Pairs {
		if r.Gate == nil {
			continue
		}
		g, verdict := r.Gate, "passed"
		if g.Failed {
			verdict = "failed"
			if g.Cost != "" {
				verdict += ": " + g.Cost
			}
		}
		t.Rows = append(t.Rows, []Text{write(name(r.Dataset)), r.label(), plain(r.Split), plain(difference(r.Metric, float64(g.Loss))), plain(score(r.Metric, float64(g.Low))),
			plain(score(r.Metric, float64(g.Margin))), plain(show.Probability(float64(g.Adjusted))), plain(score(r.Metric, float64(g.Smallest))), plain(verdict)})
	}
	if len(t.Rows) == 0 {
		d.paragraph("Nothing was run again: all of B's runs are A's.")
		return
	}
	t.Notes = []string{fmt.Sprintf("A gate fails when the lower end of the one-sided interval of the loss at level %g, corrected by Holm over this table, lies beyond the margin.", 1-c.Alpha)}
	if c.Same > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d pairs are the same runs on both sides and take no part.", c.Same))
	}
	d.add(t)
}
