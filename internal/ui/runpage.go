package ui

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/chart"
	"runexp/results"
)

// rowsAPage bounds the rows of data that one page shows.
const rowsAPage = 50

// runPage is one run: what it cost and scored, its curves, and the rows of a
// split that it got wrong.
func runPage(r *request) (*page, error) {
	one, err := r.run("r")
	if err != nil {
		return nil, err
	}
	p := &page{Title: one.Configuration + ", seed " + strconv.FormatInt(one.Seed, 10), Trail: []link{homeLink, {one.invocation.ID, address("/invocation", "id", one.invocation.ID)}}}
	facts := list{one.names()}
	if one.Action == "" {
		p.Blocks = append(p.Blocks, facts, warning{"This run has no result (" + strings.ReplaceAll(one.Status, "_", " ") + ")."})
		return p, nil
	}
	found, err := r.db.Run(r, one.Action, one.Seed)
	if errors.Is(err, results.ErrNotFound) {
		p.Blocks = append(p.Blocks, facts, warning{"This run is not in the database; runexp results rebuild restores it from the cache."})
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	facts.Items = append(facts.Items, costs(found)...)
	metrics, err := r.metricsOf(one)
	if err != nil {
		return nil, err
	}
	curves, err := r.curves(one)
	if err != nil {
		return nil, err
	}
	mistakes, err := r.mistakes(one, splitsOf(metrics))
	if err != nil {
		return nil, err
	}
	compare, err := r.compareForm(one)
	if err != nil {
		return nil, err
	}
	p.Blocks = append(p.Blocks, facts)
	p.Blocks = append(p.Blocks, compare...)
	p.Blocks = append(p.Blocks, heading{"Scores"}, metricGrid(metrics, false))
	if sliced := metricGrid(metrics, true); len(sliced.Rows) > 0 {
		p.Blocks = append(p.Blocks, sliced)
	}
	p.Blocks = append(p.Blocks, curves...)
	p.Blocks = append(p.Blocks, mistakes...)
	return p, nil
}

// names are what an invocation calls the run.
func (one *run) names() []item {
	items := []item{{"configuration", cell{Text: one.Configuration, Small: one.Method, Name: true}}, {"data set", name(one.Dataset)}}
	if one.Model != "" {
		items = append(items, item{"model", name(one.Model)})
	}
	if one.Condition != "" {
		items = append(items, item{"trained on", name(one.Condition)})
	}
	items = append(items, item{"seed", text(strconv.FormatInt(one.Seed, 10))},
		item{"status", cell{Text: strings.ReplaceAll(one.Status, "_", " "), Small: one.Detail, Alarm: one.Status != results.OK}})
	if !one.Selected {
		items = append(items, item{"selection", text("dev selected another configuration of this method")})
	}
	return items
}

func costs(r results.Run) []item {
	items := []item{
		{"parameters", cell{Text: count(r.TrainableParams) + " trained", Small: "of " + count(r.TotalParams) + "; new head " + count(r.HeadParams)}},
		{"stored", cell{Text: byteSize(r.StoredBytes), Small: "besides the base model"}},
		{"training", cell{Text: number(r.TrainSeconds, 1) + " s", Small: count(r.Steps) + " steps, " + number(r.TokensPerSecond, 0) + " tokens/s, peak memory " + byteSize(r.PeakBytes)}},
	}
	if r.Drawless {
		items = append(items, item{"chance", text("this method draws nothing: its seeds are copies of one run")})
	}
	return append(items, item{"action", name(r.Action)})
}

// metricsOf lists the metrics of one run.
func (r *request) metricsOf(one *run) ([]results.Metric, error) {
	rows, err := r.db.Metrics(r, results.Filter{Invocation: one.invocation.ID, Dataset: one.Dataset, Configuration: one.Configuration})
	if err != nil {
		return nil, err
	}
	var metrics []results.Metric
	for _, m := range rows {
		if m.Position == one.Position {
			metrics = append(metrics, m.Metric)
		}
	}
	return metrics, nil
}

// splitsOf lists the splits of metrics, those of test last.
func splitsOf(metrics []results.Metric) []string {
	var splits []string
	for _, m := range metrics {
		if !slices.Contains(splits, m.Split) {
			splits = append(splits, m.Split)
		}
	}
	sortSplits(splits)
	return splits
}

// metricGrid is a line per metric with a column per split: on all rows, or, folded
// away, on each slice.
func metricGrid(metrics []results.Metric, sliced bool) *grid {
	metrics = slices.DeleteFunc(slices.Clone(metrics), func(m results.Metric) bool { return (m.Slice != allRows) != sliced })
	type key struct{ slice, name string }
	splits := splitsOf(metrics)
	var keys []key
	of := map[key]map[string]results.Metric{}
	for _, m := range metrics {
		k := key{m.Slice, m.Name}
		if of[k] == nil {
			of[k] = map[string]results.Metric{}
			keys = append(keys, k)
		}
		of[k][m.Split] = m
	}
	slices.SortStableFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.slice, b.slice), cmp.Compare(a.name, b.name))
	})
	g := &grid{ID: "metrics", Head: []column{{Name: "metric"}}, Empty: "Nothing was measured."}
	if sliced {
		g.ID, g.Fold, g.Filter, g.Head = "slices", "Scores by slice", true, append(g.Head, column{Name: "rows"})
	}
	for _, s := range splits {
		g.Head = append(g.Head, column{s, true})
	}
	for _, k := range keys {
		l := line{Cells: []cell{name(k.name)}}
		if sliced {
			l.Cells = append(l.Cells, name(k.slice))
		}
		for _, s := range splits {
			m, ok := of[k][s]
			if !ok {
				l.Cells = append(l.Cells, text(none))
				continue
			}
			c := value(score(m.Value), m.Value)
			if c.Sort == "" {
				c.Text = fmt.Sprint(m.Value)
			}
			c.Hint = m.Flag
			if m.Flag != "" {
				c.Small = "(" + m.Flag + ")"
			}
			l.Cells = append(l.Cells, c)
		}
		g.Rows = append(g.Rows, l)
	}
	return g
}

// curvePoints bounds the points of a drawn curve: more do not show.
const curvePoints = 300

// curve is one named curve of a run.
type curve struct {
	name   string
	series chart.Series
	lost   int // values that are not finite
}

// curves draws every training curve of a run, each by itself.
func (r *request) curves(one *run) ([]any, error) {
	all, err := r.readCurves(one)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	blocks := []any{heading{"Training"}}
	drawn := figures{}
	for _, c := range all {
		caption := c.name + " by optimiser step."
		if c.lost > 0 {
			blocks = append(blocks, warning{plural(c.lost, "value") + " of " + c.name + " not finite and not drawn."})
		}
		f, err := (&chart.Lines{Title: c.name, X: "optimiser steps", Y: c.name, Series: []chart.Series{c.series}}).Draw()
		if err != nil {
			blocks = append(blocks, warning{"The curve " + c.name + " could not be drawn: " + err.Error() + "."})
			continue
		}
		drawn.Figures = append(drawn.Figures, figure{caption, f})
	}
	return append(blocks, drawn), nil
}

func (r *request) readCurves(one *run) ([]curve, error) {
	points, err := r.db.Curve(r, one.Action, one.Seed)
	if err != nil {
		return nil, err
	}
	var all []curve
	for from := 0; from < len(points); {
		to := from
		for to < len(points) && points[to].Name == points[from].Name {
			to++
		}
		c := curve{name: points[from].Name}
		c.series.Name = c.name
		for _, p := range thin(points[from:to]) {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				c.lost++
			}
			c.series.X, c.series.Y = append(c.series.X, float64(p.Step)), append(c.series.Y, p.Value)
		}
		all = append(all, c)
		from = to
	}
	// What was set comes after what was measured.
	slices.SortStableFunc(all, func(a, b curve) int { return compareBool(a.name == "learning_rate", b.name == "learning_rate") })
	return all, nil
}

// thin averages neighbours until the points can be drawn; what is not finite
// stays so.
func thin(points []results.Point) []results.Point {
	width := (len(points) + curvePoints - 1) / curvePoints
	if width < 2 {
		return points
	}
	var out []results.Point
	for from := 0; from < len(points); from += width {
		some := points[from:min(from+width, len(points))]
		sum := 0.0
		for _, p := range some {
			sum += p.Value
		}
		out = append(out, results.Point{Name: some[0].Name, Step: some[len(some)-1].Step, Value: sum / float64(len(some))})
	}
	return out
}

// outcomes reads what a run did with the rows of the split that the reader
// chose, by default the last one that has rows. shown are the splits that do.
func (r *request) outcomes(one *run, splits []string) (o *results.Outcomes, shown []string, err error) {
	asked := r.query.Get("split")
	for _, split := range splits {
		found, err := r.db.Outcomes(r, one.Action, one.Seed, split)
		if errors.Is(err, results.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		shown = append(shown, split)
		if asked == "" || asked == split {
			o = found
		}
	}
	return o, shown, nil
}

const noTexts = "The database keeps row ids, not texts: find a row in your data by its id."

// mistakes lists the rows of a split that a run got wrong.
func (r *request) mistakes(one *run, splits []string) ([]any, error) {
	blocks := []any{heading{"Rows it got wrong"}}
	o, shown, err := r.outcomes(one, splits)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return append(blocks, note{"No outcomes of single rows are kept for this run."}), nil
	}
	split := choice{Name: "split", Label: "split"}
	split.add(shown, o.Split)
	blocks = append(blocks, form{Action: "/run", Hidden: []field{{"r", one.ref.String()}}, Selects: []choice{split}, Button: "Show"})

	j := newJudge(o)
	rows := j.mistakes()
	about := plural(len(rows), "row") + " of " + count(int64(o.Len())) + " wrong"
	order := "those first where the model was surest"
	switch j.kind {
	case values:
		about, order = plural(o.Len(), "row"), "the largest errors first"
	case parts:
		order = "those first with the most wrong parts"
	case labels:
		order = "in the order of the data"
	}
	blocks = append(blocks, note{about + ", " + order + ". " + noTexts})
	part, pages := r.part(rows, "/run", "r", one.ref.String(), "split", o.Split)

	g := &grid{ID: "mistakes", Filter: true, Empty: "No row is wrong.", Head: []column{{Name: "row"}}}
	sliced, probable := o.Slices != nil, len(o.Probs) == o.Len()
	g.Head = append(g.Head, column{"gold", j.kind == values || j.kind == parts}, column{"predicted", j.kind == values || j.kind == parts})
	if j.kind == classes && probable {
		g.Head = append(g.Head, column{"P(predicted)", true}, column{"P(gold)", true})
	}
	if j.kind == values {
		g.Head = append(g.Head, column{"error", true})
	}
	if probable {
		g.Head = append(g.Head, column{Name: "probabilities"})
	}
	if sliced {
		g.Head = append(g.Head, column{Name: "slice"})
	}
	for _, i := range part {
		l := line{Cells: []cell{name(o.IDs[i]), j.gold(i), j.predicted(i)}}
		if j.kind == classes && probable {
			p, q := j.confidence(i), j.probability(i, j.Gold[i])
			l.Cells = append(l.Cells, value(score(p), p), value(score(q), q))
		}
		if j.kind == values {
			l.Cells = append(l.Cells, value(signed(j.Pred[i]-j.Gold[i]), math.Abs(j.Pred[i]-j.Gold[i])))
		}
		if probable {
			l.Cells = append(l.Cells, text(j.distribution(i)))
		}
		if sliced {
			l.Cells = append(l.Cells, name(sliceOf(o, i)))
		}
		g.Rows = append(g.Rows, l)
	}
	return append(append(blocks, g), pages...), nil
}

// part is the part of a long list of rows that the address asks for, and links
// to the parts before and after.
func (r *request) part(rows []int, path string, query ...string) ([]int, []any) {
	from, err := strconv.Atoi(r.query.Get("from"))
	if err != nil || from < 0 || from >= len(rows) {
		from = 0
	}
	from -= from % rowsAPage
	to := min(from+rowsAPage, len(rows))
	if len(rows) <= rowsAPage {
		return rows, nil
	}
	at := func(k int) string { return address(path, append(slices.Clone(query), "from", strconv.Itoa(k))...) }
	c := cell{Text: count(int64(from+1)) + " to " + count(int64(to)) + " of " + count(int64(len(rows)))}
	if from > 0 {
		c.Links = append(c.Links, link{"‹ before", at(from - rowsAPage)})
	}
	if to < len(rows) {
		c.Links = append(c.Links, link{"next ›", at(to)})
	}
	return rows[from:to], []any{item{"rows", c}}
}

// compareForm offers the other runs on the data set in this invocation, and the
// same block's runs in the invocations before and after.
func (r *request) compareForm(one *run) ([]any, error) {
	const others = 5 // invocations, the newest
	with := choice{Name: "b", Label: "compare with"}
	add := func(inv results.Invocation, keep func(m results.Member) bool) error {
		members, err := r.db.Members(r, inv.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			ref := runRef{inv.ID, m.Position}
			if m.Dataset != one.Dataset || m.Action == "" || ref == one.ref || !keep(m) {
				continue
			}
			label := fmt.Sprintf("%s, seed %d", m.Configuration, m.Seed)
			if m.Model != one.Model && m.Model != "" {
				label += " on " + m.Model
			}
			if m.Condition != "" {
				label += ", trained on " + m.Condition
			}
			if inv.ID != one.invocation.ID {
				label += " in " + inv.ID
			}
			with.Options = append(with.Options, option{ref.String(), label, false})
		}
		return nil
	}
	if err := add(one.invocation, func(results.Member) bool { return true }); err != nil {
		return nil, err
	}
	all, err := r.db.Invocations(r, one.invocation.Experiment)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	all = slices.DeleteFunc(all, func(inv results.Invocation) bool { return inv.ID == one.invocation.ID })
	for _, inv := range all[:min(len(all), others)] {
		if err := add(inv, func(m results.Member) bool { return m.Block == one.Block && m.Model == one.Model && m.Seed == one.Seed }); err != nil {
			return nil, err
		}
	}
	if len(with.Options) == 0 {
		return nil, nil
	}
	return []any{form{Action: "/pair", Hidden: []field{{"a", one.ref.String()}}, Selects: []choice{with}, Button: "Compare"}}, nil
}
