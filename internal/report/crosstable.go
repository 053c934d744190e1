package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// crossTables show, for data sets with several training conditions (formats, or
// the cuts of a rolling shift), what each condition scores on each slice of the
// tests: one table per method, trained on × tested on.
func crossTables(d *Document, groups []*group) {
	var datasets []string
	conditions := map[string][]*group{}
	for _, g := range groups {
		if conditions[g.dataset.Name] == nil {
			datasets = append(datasets, g.dataset.Name)
		}
		conditions[g.dataset.Name] = append(conditions[g.dataset.Name], g)
	}
	first := true
	for _, dataset := range datasets {
		rows := conditions[dataset]
		if len(rows) < 2 {
			continue
		}
		for _, key := range crossKeys(rows) {
			if first {
				d.heading(2, "Trained on × tested on")
				first = false
			}
			for _, block := range crossBlocks(rows) {
				d.add(crossTable(rows, key, block))
			}
		}
	}
}

// testSlices calls each for every slice of the tests that an entry has.
func testSlices(g *group, e *stats.Entry, each func(key, value string, s stats.Score)) {
	for _, s := range e.Scores {
		key, value, found := strings.Cut(s.Slice, "=")
		if found && s.Metric == g.metric() && (s.Split == inDistribution || s.Split == shifted) {
			each(key, value, s)
		}
	}
}

// crossKeys are the columns by which the tests of all conditions are sliced.
func crossKeys(groups []*group) []string {
	var keys []string
	for _, g := range groups {
		for _, e := range g.entries {
			testSlices(g, e, func(key, _ string, _ stats.Score) {
				if !slices.Contains(keys, key) {
					keys = append(keys, key)
				}
			})
		}
	}
	return keys
}

// crossBlock is a method on a model, whatever configuration was selected.
type crossBlock struct{ block, model string }

func crossBlocks(groups []*group) []crossBlock {
	var blocks []crossBlock
	for _, g := range groups {
		for _, e := range g.entries {
			if b := (crossBlock{e.Block, e.Model}); !slices.Contains(blocks, b) {
				blocks = append(blocks, b)
			}
		}
	}
	return blocks
}

func crossTable(groups []*group, key string, b crossBlock) Table {
	metric := groups[0].metric()
	var values []string
	cells := make([]map[string]stats.Score, len(groups))
	for k, g := range groups {
		cells[k] = map[string]stats.Score{}
		for _, e := range g.entries {
			if e.Block != b.block || e.Model != b.model {
				continue
			}
			add := func(value string, s stats.Score) {
				if math.IsNaN(s.Mean) {
					return
				}
				cells[k][value] = s
				if !slices.Contains(values, value) {
					values = append(values, value)
				}
			}
			testSlices(g, e, func(name, value string, s stats.Score) {
				if name == key {
					add(value, s)
				}
			})
			// Tested in the format trained on, rows are in distribution.
			if own, ok := e.Score(inDistribution, allRows, metric); ok && key == "format" && g.shiftAxis() == "format" {
				add(g.condition, own)
			}
		}
	}
	slices.Sort(values)
	caption := fmt.Sprintf("%s: %s, by %s", groups[0].dataset.Name, b.block, key)
	if b.model != "" {
		caption += " on " + b.model
	}
	t := Table{Caption: caption, Head: []Column{{"trained on", false}}, Notes: []string{metricUnit(metric) + ", mean over seeds [95 % interval]."}}
	for _, v := range values {
		t.Head = append(t.Head, Column{v, true})
	}
	for k, g := range groups {
		if len(cells[k]) == 0 {
			continue // the method was not trained on this
		}
		row := []Text{write(name(g.condition))}
		for _, v := range values {
			s, ok := cells[k][v]
			if !ok {
				row = append(row, plain(show.None))
				continue
			}
			row = append(row, plain(strings.TrimSpace(score(metric, s.Mean)+" "+interval(metric, s.Low, s.High))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
