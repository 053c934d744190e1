package ui

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/show"
	"runexp/results"
)

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
		{"parameters", cell{Text: show.Count(r.TrainableParams) + " trained", Small: "of " + show.Count(r.TotalParams) + "; new head " + show.Count(r.HeadParams)}},
		{"stored", cell{Text: show.Bytes(r.StoredBytes), Small: "besides the base model"}},
		{"training", cell{Text: show.Number(r.TrainSeconds, 1) + " s", Small: show.Count(r.Steps) + " steps, " + show.Number(r.TokensPerSecond, 0) + " tokens/s, peak memory " + show.Bytes(r.PeakBytes)}},
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
				l.Cells = append(l.Cells, text(show.None))
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
