package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/chart"
	"runexp/internal/show"
	"runexp/internal/stats"
)

// sliceLimit is the number of slices up to which a table shows each of them.
const sliceLimit = 20

// slices shows scores by slice of the test rows: values of a topic column,
// formats, or periods, which also get a trend and a figure.
func (g *group) slices(d *Document) {
	first := true
	for _, split := range []string{inDistribution, shifted} {
		for _, key := range g.sliceKeys(split) {
			if first {
				d.heading(2, "Scores by slice, "+g.title)
				first = false
			}
			g.sliceTable(d, split, key)
		}
	}
}

// sliceKeys are the columns that a split is sliced by: "year" of "year=2003".
func (g *group) sliceKeys(split string) []string {
	var keys []string
	for _, e := range g.entries {
		for _, s := range e.Scores {
			key, _, found := strings.Cut(s.Slice, "=")
			if s.Split == split && s.Metric == g.metric() && found && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// sliceValues are the values of a column in their order, and under a temporal shift
// the first years of the periods that they are.
func (g *group) sliceValues(split, key string) (values []string, periods []float64) {
	for _, e := range g.entries {
		for _, s := range e.Scores {
			k, v, found := strings.Cut(s.Slice, "=")
			if s.Split == split && s.Metric == g.metric() && found && k == key && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	slices.Sort(values) // years have four digits
	if g.shiftAxis() != "temporal" {
		return values, nil
	}
	for _, v := range values {
		first, _, _ := strings.Cut(v, "-") // of a period such as 2002-2004
		year, err := strconv.ParseFloat(first, 64)
		if err != nil {
			return values, nil // slices of another column
		}
		periods = append(periods, year)
	}
	return values, periods
}

func (g *group) sliceTable(d *Document, split, key string) {
	m := g.metric()
	values, periods := g.sliceValues(split, key)
	t := Table{Caption: fmt.Sprintf("By %s, %s, %s", key, splitName(split), metricUnit(m)), Head: []Column{{"method", false}}}
	shown := len(values) <= sliceLimit
	if shown {
		for _, v := range values {
			t.Head = append(t.Head, Column{v, true})
		}
	}
	t.Head = append(t.Head, Column{"mean of slices", true}, Column{"worst", true})
	trend := len(periods) >= 3
	if trend {
		t.Head = append(t.Head, Column{"slope per year", true})
	}
	lines := &chart.Lines{Title: "Score per " + key + ", " + splitName(split), X: key, Y: metricUnit(m)}
	factor, _ := scale(m)
	for _, e := range g.entries {
		row := []Text{write(name(g.label(e)))}
		means := make([]float64, len(values))
		series := chart.Series{Name: g.label(e)}
		for k, v := range values {
			means[k] = math.NaN()
			s := stats.Score{Estimate: stats.Estimate{Mean: math.NaN(), Low: math.NaN(), High: math.NaN(), SD: math.NaN()}}
			if found, ok := e.Score(split, key+"="+v, m); ok {
				s = found
			}
			means[k] = s.Mean
			if shown {
				row = append(row, plain(score(m, s.Mean)))
			}
			if periods != nil {
				series.X, series.Y = append(series.X, periods[k]), append(series.Y, factor*s.Mean)
				series.Low, series.High = append(series.Low, factor*s.Low), append(series.High, factor*s.High)
			}
		}
		row = append(row, plain(score(m, finiteMean(means))), worst(m, values, means))
		if trend {
			row = append(row, plain(slope(m, periods, means)))
		}
		t.Rows = append(t.Rows, row)
		lines.Series = append(lines.Series, series)
	}
	if trend {
		t.Notes = append(t.Notes, "Slope per year: least squares over the periods' means at their first years, with its 95 % interval.")
	}
	d.add(t)
	if len(periods) >= 2 {
		if len(lines.Series) > 4 { // bands of many methods hide each other
			for k := range lines.Series {
				lines.Series[k].Low, lines.Series[k].High = nil, nil
			}
		}
		figure(d, g.fileName("periods-"+split), "Score by "+key+"; bands are 95 % intervals over seeds and rows.", lines)
	}
}

func finiteMean(values []float64) float64 {
	total, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			total += v
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return total / float64(n)
}

// worst names the slice with the worst mean.
func worst(metric string, values []string, means []float64) Text {
	at := -1
	for k, v := range means {
		if math.IsNaN(v) {
			continue
		}
		if at < 0 || (stats.LowerIsBetter(metric) && v > means[at]) || (!stats.LowerIsBetter(metric) && v < means[at]) {
			at = k
		}
	}
	if at < 0 {
		return plain(show.None)
	}
	return write(score(metric, means[at])+" (", name(values[at]), ")")
}

func slope(metric string, periods, means []float64) string {
	var x, y []float64
	for k, v := range means {
		if !math.IsNaN(v) {
			x, y = append(x, periods[k]), append(y, v)
		}
	}
	if len(x) < 2 {
		return show.None
	}
	t := stats.Slope(x, y)
	text := difference(metric, t.Slope)
	if i := interval(metric, t.Low, t.High); i != "" {
		text += " " + i
	}
	return text
}
