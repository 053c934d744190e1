package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"runexp/internal/chart"
	"runexp/internal/show"
	"runexp/internal/stats"
)

// comparison is the table of selected configurations, in distribution and
// shifted side by side with what they cost, and the same as a figure.
func (g *group) comparison(d *Document) {
	g.sectionTitle(d)
	m := g.metric()
	splits := slices.DeleteFunc([]string{inDistribution, shifted}, func(s string) bool { return !g.has(s) })
	head := []Column{{"method", false}}
	if g.models {
		head = append(head, Column{"model", false})
	}
	for _, s := range splits {
		head = append(head, Column{s, true})
	}
	both := len(splits) == 2
	if both {
		head = append(head, Column{"gap", true})
	}
	decomposed := slices.DeleteFunc(slices.Clone(decomposition), func(c part) bool {
		return !slices.ContainsFunc(g.entries, func(e *stats.Entry) bool { return !math.IsNaN(c.of(e, m)) })
	})
	for _, c := range decomposed {
		head = append(head, Column{c.head, true})
	}
	retained := slices.ContainsFunc(g.entries, func(e *stats.Entry) bool { return !math.IsNaN(retentionChange(e)) })
	if retained {
		head = append(head, Column{"retention Δ", true})
	}
	head = append(head, Column{"trained params", true}, Column{"stored", true}, Column{"train s", true}, Column{"seeds", true}, Column{"status", false})
	t := Table{Head: head}
	warnings := map[string][]string{}
	for k, e := range g.entries {
		label := write(name(e.Configuration))
		if r, ok := g.ranking[g.main]; ok && r.Tied[k] {
			label = write(label, " †")
		}
		row := []Text{label}
		if g.models {
			row = append(row, write(name(e.Model)))
		}
		for _, split := range splits {
			s, ok := e.Score(split, allRows, m)
			if !ok {
				row = append(row, plain(show.None))
				continue
			}
			row = append(row, plain(estimate(m, s.Estimate)))
			for _, w := range s.Warnings {
				if !slices.Contains(warnings[w], g.label(e)) {
					warnings[w] = append(warnings[w], g.label(e))
				}
			}
		}
		if both {
			row = append(row, plain(difference(m, gap(e, m))))
		}
		for _, c := range decomposed {
			row = append(row, plain(score(m, c.of(e, m))))
		}
		if retained {
			row = append(row, plain(signed(retentionChange(e), 3)))
		}
		status, _ := e.Status()
		row = append(row, plain(show.Count(e.Cost.TrainableParams)), plain(show.Bytes(e.Cost.StoredBytes)), plain(seconds(e.Cost.TrainSeconds)), plain(seedCount(e)), plain(strings.ReplaceAll(status, "_", " ")))
		t.Rows = append(t.Rows, row)
	}
	t.Notes = append(t.Notes, fmt.Sprintf("%s: mean ± standard deviation over seeds [95 %% interval over seeds and test rows]. † cannot be told from the best mean %s.", metricUnit(m), splitName(g.main)))
	for _, c := range decomposed {
		t.Notes = append(t.Notes, c.note)
	}
	if retained {
		t.Notes = append(t.Notes, "Retention Δ: change of the language-model loss on general text by adapting, nats a token; more is forgetting.")
	}
	for _, w := range sortedKeys(warnings) {
		t.Notes = append(t.Notes, fmt.Sprintf("Warning (%s): %s.", strings.Join(warnings[w], ", "), w))
	}
	d.add(t)
	g.scoreFigure(d, splits)
}

// part is a number of the shifted test that takes its score apart.
type part struct {
	head, suffix string // of the metric's name
	note         string
}

var decomposition = []part{
	{"prior-adjusted", "_prior_adjusted", "Prior-adjusted: the shifted score with rows weighted to the label proportions of the training rows; what is left of the gap is not the label prior's."},
	{"worst slice", "_worst", "Worst slice: the lowest score of a slice of the shifted rows (the highest, for losses), mean over seeds."},
}

func (p part) of(e *stats.Entry, metric string) float64 {
	if s, ok := e.Score(shifted, allRows, metric+p.suffix); ok {
		return s.Mean
	}
	return math.NaN()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func signed(v float64, decimals int) string {
	text := show.Number(v, decimals)
	if text != show.None && v > 0 {
		return "+" + text
	}
	return text
}

func seedCount(e *stats.Entry) string {
	ok := 0
	for _, r := range e.Runs {
		if r.Status == "ok" {
			ok++
		}
	}
	if e.Drawless {
		return "none drawn"
	}
	if ok == len(e.Runs) {
		return show.Count(ok)
	}
	return fmt.Sprintf("%d of %d", ok, len(e.Runs))
}

// retentionChange is the loss on general text after adapting minus before;
// NaN when it was not measured.
func retentionChange(e *stats.Entry) float64 {
	s, ok := e.Score(retention, allRows, "lm_loss_change")
	if !ok {
		return math.NaN()
	}
	return s.Mean
}

func (g *group) scoreFigure(d *Document, splits []string) {
	if len(splits) == 0 {
		return
	}
	m := g.metric()
	factor, _ := scale(m)
	c := &chart.Dots{Title: "Scores on " + g.title, X: metricUnit(m)}
	for _, split := range splits {
		s := chart.Series{Name: strings.ReplaceAll(split, "_", " ")}
		for _, e := range g.entries {
			v := stats.Estimate{Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}
			if found, ok := e.Score(split, allRows, m); ok {
				v = found.Estimate
			}
			s.X, s.Low, s.High = append(s.X, factor*v.Mean), append(s.Low, factor*v.Low), append(s.High, factor*v.High)
		}
		c.Series = append(c.Series, s)
	}
	for _, e := range g.entries {
		c.Rows = append(c.Rows, g.label(e))
	}
	figure(d, g.fileName("scores"), "Means with 95 % intervals over seeds and rows.", c)
}

// fileName makes a figure's name unique to the group.
func (g *group) fileName(what string) string {
	n := what + "-" + g.dataset.Name
	if g.condition != "" {
		n += "-" + g.condition
	}
	return n
}

// figure draws a chart and adds it; a chart that cannot be drawn leaves a
// warning with the cause in its place.
func figure(d *Document, name, caption string, c interface {
	Draw() (*chart.Figure, error)
}) {
	drawn, err := c.Draw()
	if err != nil {
		d.warn("The figure ", Span{name, Name}, " could not be drawn: ", err.Error())
		return
	}
	d.add(Figure{Name: name, Caption: caption, Chart: drawn})
}
