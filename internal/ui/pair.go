package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"runexp/internal/chart"
	"runexp/internal/show"
	"runexp/internal/stats"
	"runexp/results"
)

// side is one of two runs that are compared.
type side struct {
	*run
	found    results.Run
	metrics  []results.Metric
	curves   []curve
	outcomes map[string]*results.Outcomes // by split
}

// pairPage shows two runs side by side: names, costs, the paired difference of
// every score, their curves in one figure, and the rows where they differ.
func pairPage(r *request) (*page, error) {
	var sides [2]*side
	for k, parameter := range []string{"a", "b"} {
		if r.query.Get(parameter) == "" {
			return nil, badRequest("two runs are needed: mark one under A and one under B")
		}
		one, err := r.run(parameter)
		if err != nil {
			return nil, err
		}
		if sides[k], err = r.side(one); err != nil {
			return nil, err
		}
	}
	a, b := sides[0], sides[1]
	p := &page{Title: "Two runs", Trail: []link{homeLink, {a.invocation.ID, address("/invocation", "id", a.invocation.ID)}}}
	if a.invocation.ID != b.invocation.ID {
		p.Trail = append(p.Trail, link{b.invocation.ID, address("/invocation", "id", b.invocation.ID)})
	}
	p.Blocks = append(p.Blocks, sideGrid(a, b))
	if a.Dataset != b.Dataset {
		p.Blocks = append(p.Blocks, warning{"The runs are on different data sets; their scores and rows cannot be paired."})
		return p, nil
	}
	p.Blocks = append(p.Blocks, heading{"Differences"}, differenceGrid(a, b))
	p.Blocks = append(p.Blocks, commonCurves(a, b)...)
	p.Blocks = append(p.Blocks, r.differingRows(a, b)...)
	return p, nil
}

func (r *request) side(one *run) (*side, error) {
	if one.Action == "" {
		return nil, badRequest("%s, seed %d, has no result to compare (%s)", one.Configuration, one.Seed, one.Status)
	}
	s := &side{run: one, outcomes: map[string]*results.Outcomes{}}
	var err error
	if s.found, err = r.db.Run(r, one.Action, one.Seed); err != nil {
		return nil, err
	}
	if s.metrics, err = r.metricsOf(one); err != nil {
		return nil, err
	}
	if s.curves, err = r.readCurves(one); err != nil {
		return nil, err
	}
	for _, split := range splitsOf(s.metrics) {
		o, err := r.db.Outcomes(r, one.Action, one.Seed, split)
		if errors.Is(err, results.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s.outcomes[split] = o
	}
	return s, nil
}

// sideGrid puts names and costs next to each other.
func sideGrid(a, b *side) *grid {
	g := &grid{ID: "sides", Head: []column{{Name: ""}, {Name: "A"}, {Name: "B"}}}
	add := func(what string, left, right cell) {
		g.Rows = append(g.Rows, line{Cells: []cell{text(what), left, right}})
	}
	title := func(s *side) cell {
		return cell{Text: s.Configuration, Small: s.Method, Href: s.ref.href(), Name: true}
	}
	add("configuration", title(a), title(b))
	for _, f := range []struct {
		what string
		of   func(s *side) cell
	}{
		{"invocation", func(s *side) cell { return name(s.invocation.ID) }}, {"data set", func(s *side) cell { return name(s.Dataset) }},
		{"model", func(s *side) cell { return name(s.Model) }}, {"trained on", func(s *side) cell { return name(s.Condition) }},
		{"seed", func(s *side) cell { return text(fmt.Sprint(s.Seed)) }},
		{"status", func(s *side) cell {
			return cell{Text: strings.ReplaceAll(s.Status, "_", " "), Small: s.Detail, Alarm: s.Status != results.OK}
		}},
		{"trained parameters", func(s *side) cell { return text(show.Count(s.found.TrainableParams)) }},
		{"stored", func(s *side) cell { return text(show.Bytes(s.found.StoredBytes)) }},
		{"training seconds", func(s *side) cell { return text(show.Number(s.found.TrainSeconds, 1)) }},
		{"peak memory", func(s *side) cell { return text(show.Bytes(s.found.PeakBytes)) }},
	} {
		if left, right := f.of(a), f.of(b); left.Text != "" || right.Text != "" {
			add(f.what, left, right)
		}
	}
	return g
}

// differenceGrid is a line per split and metric that both have on all rows. The
// interval and P are over the rows that both judged, given the two trained
// models: what another seed would do stands in the report.
func differenceGrid(a, b *side) *grid {
	g := &grid{ID: "differences", Filter: true, Empty: "They have no metric in common.",
		Head:  []column{{Name: "split"}, {Name: "metric"}, {"A", true}, {"B", true}, {"B − A", true}, {"95 % interval", true}, {"P", true}, {"P, McNemar", true}, {"rows", true}, {Name: "better"}},
		Notes: []string{"Paired on row ids. Intervals, P (sign-flip permutation) and McNemar's P are over rows, given these two trained models; chance of training is in the report, over seeds. P is not corrected for the number of lines."}}
	for _, split := range splitsOf(a.metrics) {
		for _, m := range a.metrics {
			if m.Split != split || m.Slice != allRows {
				continue
			}
			k := slices.IndexFunc(b.metrics, func(o results.Metric) bool { return o.Split == split && o.Slice == allRows && o.Name == m.Name })
			if k < 0 {
				continue
			}
			g.Rows = append(g.Rows, difference(m, b.metrics[k], a.outcomes[split], b.outcomes[split]))
		}
	}
	return g
}

func difference(a, b results.Metric, left, right *results.Outcomes) line {
	change := b.Value - a.Value
	cells := []cell{name(a.Split), name(a.Name), value(score(a.Value), a.Value), value(score(b.Value), b.Value), value(signed(change), change)}
	better := ""
	switch lower := stats.LowerIsBetter(a.Name); {
	case change > 0 && !lower, change < 0 && lower:
		better = "B"
	case change != 0:
		better = "A"
	}
	if left == nil || right == nil {
		return line{Cells: append(cells, text(show.None), text(show.None), text(show.None), text(show.None), text(better))}
	}
	d := stats.Paired(a.Name, stats.Sample{Rows: []*stats.Rows{right.Rows}, Values: []float64{b.Value}}, stats.Sample{Rows: []*stats.Rows{left.Rows}, Values: []float64{a.Value}})
	range95 := value(interval(d.Low, d.High), d.Low)
	range95.Hint = strings.Join(d.Warnings, "; ")
	if range95.Text == "" {
		range95.Text = show.None
	}
	return line{Cells: append(cells, range95, value(show.Probability(d.Permutation.P), d.Permutation.P), value(show.Probability(d.McNemar.P), d.McNemar.P), whole(int64(d.Rows)), text(better))}
}

// commonCurves draws each curve that both have in one figure.
func commonCurves(a, b *side) []any {
	drawn := figures{}
	var blocks []any
	for _, left := range a.curves {
		k := slices.IndexFunc(b.curves, func(c curve) bool { return c.name == left.name })
		if k < 0 {
			continue
		}
		right := b.curves[k]
		left.series.Name, right.series.Name = "A: "+a.Configuration, "B: "+b.Configuration
		f, err := (&chart.Lines{Title: left.name, X: "optimiser steps", Y: left.name, Series: []chart.Series{left.series, right.series}}).Draw()
		if err != nil {
			blocks = append(blocks, warning{"The curves " + left.name + " could not be drawn: " + err.Error() + "."})
			continue
		}
		drawn.Figures = append(drawn.Figures, figure{left.name + " by optimiser step.", f})
	}
	if len(drawn.Figures)+len(blocks) == 0 {
		return nil
	}
	return append(append([]any{heading{"Training"}}, blocks...), drawn)
}

// differingRows counts who was right where, and lists the rows about which the
// runs disagree.
func (r *request) differingRows(a, b *side) []any {
	blocks := []any{heading{"Rows where they differ"}}
	var splits []string
	for _, split := range splitsOf(a.metrics) {
		if a.outcomes[split] != nil && b.outcomes[split] != nil {
			splits = append(splits, split)
		}
	}
	if len(splits) == 0 {
		return append(blocks, note{"No outcomes of single rows are kept for both runs."})
	}
	chosen := splits[len(splits)-1]
	if asked := r.query.Get("split"); slices.Contains(splits, asked) {
		chosen = asked
	}
	split := choice{Name: "split", Label: "split"}
	split.add(splits, chosen)
	blocks = append(blocks, form{Action: "/pair", Hidden: []field{{"a", a.ref.String()}, {"b", b.ref.String()}}, Selects: []choice{split}, Button: "Show"})

	left, right, dropped := pairRows(a.outcomes[chosen], b.outcomes[chosen])
	if dropped > 0 {
		blocks = append(blocks, warning{show.Plural(dropped, "row") + " not judged by both and left out."})
	}
	if left.kind != right.kind {
		return append(blocks, warning{"The runs keep different things about a row; they cannot be compared row by row."})
	}
	var differ []int
	var tally [2][2]int // right by A × right by B
	for i := range left.Len() {
		tally[index(!left.wrong(i))][index(!right.wrong(i))]++
		if !sameAnswer(left, right, i) {
			differ = append(differ, i)
		}
	}
	about := show.Plural(len(differ), "row") + " of " + show.Count(int64(left.Len())) + " answered differently"
	if left.kind != values {
		about += fmt.Sprintf(": right by both %s, by A alone %s, by B alone %s, by neither %s",
			show.Count(int64(tally[1][1])), show.Count(int64(tally[1][0])), show.Count(int64(tally[0][1])), show.Count(int64(tally[0][0])))
	}
	blocks = append(blocks, note{about + ". " + noTexts})
	part, pages := r.part(differ, "/pair", "a", a.ref.String(), "b", b.ref.String(), "split", chosen)
	return append(append(blocks, rowGrid(left, right, part)), pages...)
}

func index(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func rowGrid(a, b judge, rows []int) *grid {
	g := &grid{ID: "rows", Filter: true, Empty: "They answered every row alike.", Head: []column{{Name: "row"}}}
	numbers := a.kind == values || a.kind == parts
	g.Head = append(g.Head, column{"gold", numbers}, column{"A", numbers}, column{"B", numbers})
	if a.kind != values {
		g.Head = append(g.Head, column{Name: "right"})
	}
	if a.Slices != nil {
		g.Head = append(g.Head, column{Name: "slice"})
	}
	answer := func(j judge, i int) cell {
		c := j.predicted(i)
		if j.kind == classes {
			if p := score(j.confidence(i)); p != show.None {
				c.Small = p
			}
		}
		c.Hint = j.distribution(i)
		return c
	}
	for _, i := range rows {
		l := line{Cells: []cell{name(a.IDs[i]), a.gold(i), answer(a, i), answer(b, i)}}
		if a.kind != values {
			l.Cells = append(l.Cells, text([2][2]string{{"neither", "B"}, {"A", "both"}}[index(!a.wrong(i))][index(!b.wrong(i))]))
		}
		if a.Slices != nil {
			l.Cells = append(l.Cells, name(sliceOf(a.Outcomes, i)))
		}
		g.Rows = append(g.Rows, l)
	}
	return g
}
