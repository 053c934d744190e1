package report

import (
	"fmt"
	"math"
	"strings"

	"runexp/internal/chart"
	"runexp/internal/show"
	"runexp/internal/stats"
)

// HistoryPoint is one configuration's metric in one invocation.
type HistoryPoint struct {
	Invocation, Started string
	Dataset, Model      string
	Configuration       string // the selected one; it may change under its method's name
	Condition           string
	Split               string
	stats.Estimate
}

// block is the method's name: the configuration without its swept values.
func (p *HistoryPoint) block() string {
	block, _, _ := strings.Cut(p.Configuration, "[")
	return block
}

// History draws a metric over invocations, oldest first: a row per method and
// split with a small chart in characters, and a figure per split.
func History(experiment, metric string, points []HistoryPoint) *Document {
	d := &Document{Title: experiment + ": " + metricName(metric) + " over invocations"}
	var invocations []string
	place := map[string]int{}
	for _, p := range points {
		if _, known := place[p.Invocation]; !known {
			place[p.Invocation] = len(invocations)
			invocations = append(invocations, p.Invocation)
		}
	}
	if len(invocations) == 0 {
		d.paragraph("No invocation of this experiment has ", metricName(metric), ".")
		return d
	}
	t := Table{Head: []Column{{"data set", false}, {"method", false}, {"split", false}, {"over time", false}, {"first", true}, {"last", true}, {"95 % interval", true}, {"invocations", true}},
		Notes: []string{fmt.Sprintf("%s; oldest on the left: %s to %s.", metricUnit(metric), points[0].Started, points[len(points)-1].Started)}}
	factor, _ := scale(metric)
	charts := map[string]*chart.Lines{}
	var splits []string
	for _, line := range historyLines(points) {
		values := make([]float64, len(invocations))
		for k := range values {
			values[k] = math.NaN()
		}
		s := chart.Series{}
		for _, p := range line {
			values[place[p.Invocation]] = p.Mean
			s.X, s.Y = append(s.X, float64(place[p.Invocation]+1)), append(s.Y, factor*p.Mean)
			s.Low, s.High = append(s.Low, factor*p.Low), append(s.High, factor*p.High)
		}
		first, last := line[0], line[len(line)-1]
		label := write(name(first.block()))
		s.Name = first.block() + " on " + first.Dataset
		if first.Model != "" {
			label = write(label, " on ", name(first.Model))
		}
		if first.Condition != "" {
			label = write(label, ", trained on ", name(first.Condition))
			s.Name += ", trained on " + first.Condition
		}
		t.Rows = append(t.Rows, []Text{write(name(first.Dataset)), label, plain(first.Split), plain(sparkline(values)), plain(score(metric, first.Mean)),
			plain(score(metric, last.Mean)), plain(interval(metric, last.Low, last.High)), plain(show.Count(len(line)))})
		if charts[first.Split] == nil {
			charts[first.Split] = &chart.Lines{Title: metricName(metric) + " on " + first.Split, X: "invocation", Y: metricUnit(metric)}
			splits = append(splits, first.Split)
		}
		charts[first.Split].Series = append(charts[first.Split].Series, s)
	}
	d.add(t)
	for _, split := range splits {
		if len(invocations) > 1 {
			figure(d, "history-"+split, "Means with 95 % intervals by invocation.", charts[split])
		}
	}
	return d
}

// historyLines groups points by method and split, in order of appearance.
func historyLines(points []HistoryPoint) [][]HistoryPoint {
	type key struct{ dataset, model, block, condition, split string }
	var lines [][]HistoryPoint
	place := map[key]int{}
	for _, p := range points {
		k := key{p.Dataset, p.Model, p.block(), p.Condition, p.Split}
		at, known := place[k]
		if !known {
			at = len(lines)
			place[k] = at
			lines = append(lines, nil)
		}
		lines[at] = append(lines[at], p)
	}
	return lines
}

// sparkline draws values as eight heights of blocks; what is missing is a dot.
func sparkline(values []float64) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	out := make([]rune, len(values))
	for k, v := range values {
		switch {
		case math.IsNaN(v):
			out[k] = '·'
		case high == low:
			out[k] = blocks[3]
		default:
			out[k] = blocks[int(math.Round((v-low)/(high-low)*float64(len(blocks)-1)))]
		}
	}
	return string(out)
}
