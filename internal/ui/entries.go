package ui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
	"runexp/results"
)

// entryKey is what the seeds of one configuration share.
type entryKey struct{ dataset, model, configuration, condition string }

func keyOf(m results.Member) entryKey {
	return entryKey{m.Dataset, m.Model, m.Configuration, m.Condition}
}

type scoreKey struct{ split, slice, metric string }

// entry is a configuration with its seeds.
type entry struct {
	members []results.Member
	scores  map[scoreKey]stats.Estimate
	cost    *results.Comparison // nil before the invocation is aggregated
}

// index sorts members and scores by entry. Where an estimate is not stored yet
// it is made from the values of the seeds.
func (c *comparison) index(rows []results.Comparison) {
	c.entries, c.runs = map[entryKey]*entry{}, map[int]map[scoreKey]results.Metric{}
	for _, m := range c.members {
		k := keyOf(m)
		if c.entries[k] == nil {
			c.entries[k] = &entry{scores: map[scoreKey]stats.Estimate{}}
		}
		c.entries[k].members = append(c.entries[k].members, m)
		c.runs[m.Position] = map[scoreKey]results.Metric{}
	}
	values := map[*entry]map[scoreKey][]float64{}
	for _, m := range c.metrics {
		e, k := c.entries[keyOf(m.Member)], scoreKey{m.Split, m.Slice, m.Name}
		if e == nil {
			continue // recorded between two of our questions; the next reload shows it
		}
		if values[e] == nil {
			values[e] = map[scoreKey][]float64{}
		}
		values[e][k] = append(values[e][k], m.Value)
		c.runs[m.Position][k] = m.Metric
	}
	for k := range rows {
		row := &rows[k]
		if e := c.entries[entryKey{row.Dataset, row.Model, row.Configuration, row.Condition}]; e != nil {
			e.cost = row
			e.scores[scoreKey{row.Split, row.Slice, row.Metric}] = row.Estimate
		}
	}
	for e, scores := range values {
		for k, of := range scores {
			if _, stored := e.scores[k]; !stored {
				e.scores[k] = stats.Summarize("", of, nil, false)
			}
		}
	}
}

// status is "ok" when every seed ended so, and else counts the ways they ended.
func (e *entry) status() cell {
	var kinds, details []string
	n := map[string]int{}
	for _, m := range e.members {
		if n[m.Status]++; n[m.Status] == 1 {
			kinds = append(kinds, m.Status)
		}
		if m.Detail != "" && !slices.Contains(details, m.Detail) {
			details = append(details, m.Detail)
		}
	}
	for k, kind := range kinds {
		if len(kinds) > 1 {
			kinds[k] = fmt.Sprintf("%d %s", n[kind], kind)
		}
	}
	shown := strings.ReplaceAll(strings.Join(kinds, ", "), "_", " ")
	return cell{Text: shown, Hint: strings.Join(details, "; "), Alarm: shown != results.OK}
}

// layout says which columns a table of configurations or runs needs: what is
// the same everywhere is left out.
type layout struct {
	dataset, model, condition, metric, forgotten bool
	splits                                       []string
}

func (c *comparison) layout() layout {
	l := layout{splits: c.splits()}
	first := c.members[0]
	for _, m := range c.members {
		l.dataset = l.dataset || m.Dataset != first.Dataset
		l.model = l.model || m.Model != ""
		l.condition = l.condition || m.Condition != ""
		l.metric = l.metric || c.asked(m.Dataset) != c.asked(first.Dataset)
	}
	l.forgotten = c.metric != forgotten && slices.ContainsFunc(c.metrics, func(m results.MetricRow) bool { return m.Name == forgotten })
	return l
}

func (l layout) head() []column {
	h := []column{{Name: "configuration"}}
	for _, optional := range []struct {
		shown bool
		name  string
	}{{l.dataset, "data set"}, {l.model, "model"}, {l.condition, "trained on"}, {l.metric, "metric"}} {
		if optional.shown {
			h = append(h, column{Name: optional.name})
		}
	}
	return h
}

func (l layout) scores() []column {
	var h []column
	for _, split := range l.splits {
		h = append(h, column{split, true})
	}
	if l.forgotten {
		h = append(h, column{"LM loss +", true})
	}
	return h
}

// names are the first cells of a line.
func (c *comparison) names(l layout, m results.Member, first cell) []cell {
	cells := []cell{first}
	for _, optional := range []struct {
		shown bool
		name  string
	}{{l.dataset, m.Dataset}, {l.model, m.Model}, {l.condition, m.Condition}, {l.metric, c.asked(m.Dataset)}} {
		if optional.shown {
			cells = append(cells, name(optional.name))
		}
	}
	return cells
}

// grid is the comparison: one line per configuration.
func (c *comparison) grid() *grid {
	l := c.layout()
	g := &grid{ID: "comparison", Filter: true, Empty: "No configuration fits."}
	g.Head = append(append(l.head(), l.scores()...), column{"trained", true}, column{"stored", true}, column{"seconds", true}, column{"peak", true}, column{Name: "status"}, column{Name: "seeds"})
	seen := map[entryKey]bool{}
	for _, m := range c.members {
		k := keyOf(m)
		if seen[k] || !c.shows(m) {
			continue
		}
		seen[k] = true
		g.Rows = append(g.Rows, c.line(l, c.entries[k]))
	}
	g.Notes = append(g.Notes, "Means over seeds, with 95 % intervals over seeds and test rows. Pale lines are configurations that dev did not select.")
	if l.forgotten {
		g.Notes = append(g.Notes, "LM loss +: how much the language-model loss on general text grew by adapting, in nats a token; more is forgetting.")
	}
	return g
}

func (c *comparison) line(l layout, e *entry) line {
	first := e.members[0]
	metric := c.asked(first.Dataset)
	cells := c.names(l, first, cell{Text: first.Configuration, Small: first.Method, Name: true})
	for _, split := range l.splits {
		cells = append(cells, e.score(scoreKey{split, c.slice, metric}))
	}
	if l.forgotten {
		cells = append(cells, e.forgotten())
	}
	if cost := e.cost; cost != nil {
		cells = append(cells, whole(cost.TrainableParams), size(cost.StoredBytes), seconds(cost.TrainSeconds), size(cost.PeakBytes))
	} else {
		cells = append(cells, text(show.None), text(show.None), text(show.None), text(show.None))
	}
	return line{Cells: append(cells, e.status(), e.seeds(c.invocation)), Dim: !first.Selected}
}

func (e *entry) score(k scoreKey) cell {
	s, ok := e.scores[k]
	if !ok {
		return text(show.None)
	}
	cl := value(score(s.Mean), s.Mean)
	cl.Small, cl.Hint = interval(s.Low, s.High), strings.Join(s.Warnings, "; ")
	return cl
}

func (e *entry) forgotten() cell {
	s, ok := e.scores[scoreKey{retention, allRows, forgotten}]
	if !ok {
		return text(show.None)
	}
	return value(signed(s.Mean), s.Mean)
}

// seeds links the runs of an entry.
func (e *entry) seeds(invocation string) cell {
	cl := cell{Sort: strconv.Itoa(len(e.members))}
	for _, m := range e.members {
		cl.Links = append(cl.Links, link{strconv.FormatInt(m.Seed, 10), runRef{invocation, m.Position}.href()})
	}
	return cl
}

// marks head the two columns in which lines are marked for comparison.
func marks() []column { return []column{{Name: "A"}, {Name: "B"}} }

// runGrid is one line per run, of which two can be marked.
func (c *comparison) runGrid() *grid {
	l := c.layout()
	g := &grid{ID: "runs", Filter: true, Pick: &pick{"/pair", "Compare run A with B"}, Empty: "No run fits."}
	g.Head = append(append(append(marks(), l.head()...), column{"seed", true}, column{Name: "status"}), l.scores()...)
	for _, m := range c.members {
		if !c.shows(m) {
			continue
		}
		ref := runRef{c.invocation, m.Position}
		cells := []cell{{Radio: "a", Value: ref.String()}, {Radio: "b", Value: ref.String()}}
		cells = append(cells, c.names(l, m, cell{Text: m.Configuration, Href: ref.href(), Name: true})...)
		cells = append(cells, whole(m.Seed), cell{Text: strings.ReplaceAll(m.Status, "_", " "), Hint: m.Detail, Alarm: m.Status != results.OK})
		metric := c.asked(m.Dataset)
		for _, split := range l.splits {
			cells = append(cells, c.runScore(m, scoreKey{split, c.slice, metric}, score))
		}
		if l.forgotten {
			cells = append(cells, c.runScore(m, scoreKey{retention, allRows, forgotten}, signed))
		}
		g.Rows = append(g.Rows, line{Cells: cells, Dim: !m.Selected})
	}
	return g
}

func (c *comparison) runScore(m results.Member, k scoreKey, written func(float64) string) cell {
	found, ok := c.runs[m.Position][k]
	if !ok {
		return text(show.None)
	}
	cl := value(written(found.Value), found.Value)
	if math.IsNaN(found.Value) || math.IsInf(found.Value, 0) {
		cl.Text = fmt.Sprint(found.Value)
	}
	cl.Hint = found.Flag
	return cl
}
