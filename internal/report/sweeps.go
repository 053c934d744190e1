package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/chart"
	"runexp/internal/show"
	"runexp/internal/stats"
)

// swept splits "linear[layer=3,pooling=mean]" into the value of one name and
// the rest, which names the curve.
func swept(configuration, variable string) (value float64, rest string, ok bool) {
	base, list, found := strings.Cut(strings.TrimSuffix(configuration, "]"), "[")
	if !found {
		return 0, "", false
	}
	var others []string
	for _, item := range strings.Split(list, ",") {
		key, text, _ := strings.Cut(item, "=")
		if key != variable {
			others = append(others, item)
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, "", false
		}
		value, ok = v, true
	}
	if len(others) > 0 {
		base += "[" + strings.Join(others, ",") + "]"
	}
	return value, base, ok
}

// sweep is a curve over one swept variable: configurations that differ in nothing
// else, in the order of its values.
type sweep struct {
	name    string
	x       []float64
	entries []*stats.Entry
}

// sweeps are the curves of two points or more over a variable.
func (g *group) sweeps(s *stats.Study, variable string) []sweep {
	var list []sweep
	for _, e := range s.Entries {
		if e.Dataset != g.dataset.Name || e.Condition != g.condition {
			continue
		}
		x, rest, ok := swept(e.Configuration, variable)
		if _, has := e.Score(g.main, allRows, g.metric()); !ok || !has {
			continue
		}
		if g.models && e.Model != "" {
			rest += " on " + e.Model
		}
		k := slices.IndexFunc(list, func(c sweep) bool { return c.name == rest })
		if k < 0 {
			k, list = len(list), append(list, sweep{name: rest})
		}
		at, _ := slices.BinarySearch(list[k].x, x)
		list[k].x, list[k].entries = slices.Insert(list[k].x, at, x), slices.Insert(list[k].entries, at, e)
	}
	return slices.DeleteFunc(list, func(c sweep) bool { return len(c.x) < 2 })
}

// sweepFigure draws the score over a swept variable.
func (g *group) sweepFigure(d *Document, name, title, x string, logX bool, list []sweep) {
	m := g.metric()
	factor, _ := scale(m)
	c := &chart.Lines{Title: title + ", " + g.title, X: x, Y: metricUnit(m) + ", " + splitName(g.main), LogX: logX}
	for _, curve := range list {
		s := chart.Series{Name: curve.name, X: curve.x}
		for _, e := range curve.entries {
			v, _ := e.Score(g.main, allRows, m)
			s.Y, s.Low, s.High = append(s.Y, factor*v.Mean), append(s.Low, factor*v.Low), append(s.High, factor*v.High)
		}
		c.Series = append(c.Series, s)
	}
	if len(c.Series) > 4 { // bands of many methods hide each other
		for k := range c.Series {
			c.Series[k].Low, c.Series[k].High = nil, nil
		}
	}
	figure(d, g.fileName(name), "Means over seeds "+splitName(g.main)+"; bands are 95 % intervals over seeds and rows.", c)
}

// layers draws what probes of each layer score.
func (g *group) layers(d *Document, s *stats.Study) {
	if list := g.sweeps(s, "layer"); len(list) > 0 {
		g.sweepFigure(d, "layer", "Probes by layer", "layer", false, list)
	}
}

// learning draws scores by labelled rows, and says how many each method needs.
func (g *group) learning(d *Document, s *stats.Study) {
	list := g.sweeps(s, "train_rows")
	if len(list) == 0 {
		return
	}
	for k := range list {
		g.allRowsLast(&list[k])
	}
	d.add(g.learningTable(list))
	g.sweepFigure(d, "train_rows", "Learning curves", "labelled rows trained on", true, list)
}

// allRowsLast puts the point of train_rows = 0, which means all rows, where it
// belongs.
func (g *group) allRowsLast(c *sweep) {
	at := slices.IndexFunc(g.dataset.Splits, func(s SplitFacts) bool { return s.Name == "train" })
	if c.x[0] != 0 || at < 0 {
		return
	}
	c.x = append(c.x[1:], float64(g.dataset.Splits[at].Rows))
	c.entries = append(c.entries[1:], c.entries[0])
}

// learningTable has a row for each curve and a column for each number of rows.
func (g *group) learningTable(list []sweep) Table {
	m := g.metric()
	var numbers []float64
	for _, c := range list {
		numbers = append(numbers, c.x...)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	t := Table{
		Caption: "Labelled rows that each method needs, " + g.title + ", " + splitName(g.main), Head: []Column{{"method", false}},
		Notes: []string{metricUnit(m) + " by labelled rows, mean over seeds. Rows needed: the fewest with which a method cannot be told from itself with the most rows (paired over seeds and rows, Holm over its curve)."},
	}
	for _, n := range numbers {
		t.Head = append(t.Head, Column{show.Count(int(n)), true})
	}
	t.Head = append(t.Head, Column{"rows needed", true})
	for _, c := range list {
		row := []Text{write(name(c.name))}
		for _, n := range numbers {
			cell := show.None
			if k := slices.Index(c.x, n); k >= 0 {
				v, _ := c.entries[k].Score(g.main, allRows, m)
				cell = score(m, v.Mean)
			}
			row = append(row, plain(cell))
		}
		t.Rows = append(t.Rows, append(row, plain(show.Count(int(g.rowsNeeded(c))))))
	}
	return t
}

// rowsNeeded is the fewest rows from which on more of them change nothing that the
// data can tell.
func (g *group) rowsNeeded(c sweep) float64 {
	last := len(c.entries) - 1
	p := make([]float64, last)
	most := sample(c.entries[last], g.main, g.metric())
	for k := range p {
		p[k] = stats.Paired(g.metric(), most, sample(c.entries[k], g.main, g.metric())).P
	}
	needed := c.x[last]
	for k, adjusted := range slices.Backward(stats.Holm(p)) {
		if math.IsNaN(adjusted) || adjusted <= stats.Alpha {
			break
		}
		needed = c.x[k]
	}
	return needed
}
