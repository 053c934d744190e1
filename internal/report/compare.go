package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"runexp/internal/stats"
)

// Compared is the paired comparison of two invocations, or of two configurations,
// ready to be written as JSON or drawn as a document.
type Compared struct {
	A        string        `json:"a"` // invocation ids, with addresses if configurations are compared
	B        string        `json:"b"`
	Pairs    []ComparedRun `json:"pairs"`
	Gated    bool          `json:"gated"`
	Alpha    float64       `json:"alpha,omitempty"`
	Same     int           `json:"same,omitempty"` // pairs that were not gated, for A and B are the same runs
	Failed   bool          `json:"failed"`         // a gate failed
	Warnings []string      `json:"warnings,omitempty"`
	of       string        // invocations or configurations
}

// ComparedRun is one configuration on one test split in A and B.
type ComparedRun struct {
	Dataset   string `json:"dataset"` // of B, as model, method and condition
	Model     string `json:"model"`
	Method    string `json:"method"` // name of the block
	Condition string `json:"condition,omitempty"`
	Split     string `json:"split"`
	Metric    string `json:"metric"`
	WasA      string `json:"configuration_a"`
	PlaceA    string `json:"place_a,omitempty"` // model/dataset/condition of A where they are not B's
	IsB       string `json:"configuration_b"`
	A         Value  `json:"mean_a"`
	B         Value  `json:"mean_b"`
	Change    Value  `json:"change"` // B minus A
	Low       Value  `json:"ci_low"`
	High      Value  `json:"ci_high"`
	P         Value  `json:"p"`
	Adjusted  Value  `json:"p_holm"`
	Seeds     int    `json:"n_seeds"`
	Rows      int    `json:"n_rows"`
	// Gate of the loss, filled when there is a gate block.
	Gate     *GateResult `json:"gate,omitempty"`
	Warnings []string    `json:"warnings,omitempty"`
}

// Value is a number that JSON may not have: what is not finite is null.
type Value float64

// MarshalJSON writes NaN and infinities as null.
func (v Value) MarshalJSON() ([]byte, error) {
	if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(f)
	}
	return []byte("null"), nil
}

// matched is what is compared with what.
type matched struct{ old, now *stats.Entry }

// Compare pairs the selected configurations of two invocations by data set,
// model, method block and condition, on row ids and seeds. With a gate (B's) it
// tests whether the loss from A to B exceeds the margin, corrected by Holm over
// all that is gated, and whether cost grew beyond the allowed ratios.
func Compare(a, b *stats.Study, f *Facts, gate *GateFacts) *Compared {
	c := &Compared{of: "invocations", A: a.Invocation, B: b.Invocation, Warnings: slices.Concat(a.Warnings, b.Warnings)}
	var pairs []matched
	for _, now := range b.Entries {
		if !now.Selected {
			continue
		}
		old := matching(a, now)
		if old == nil {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s on %s has no counterpart in %s", now.Block, now.Dataset, a.Invocation))
			continue
		}
		pairs = append(pairs, matched{old, now})
	}
	for _, old := range a.Entries {
		if old.Selected && matching(b, old) == nil {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s on %s has no counterpart in %s", old.Block, old.Dataset, b.Invocation))
		}
	}
	c.fill(pairs, f, gate)
	return c
}

// Side is one of two configurations to compare: in one place, or in several that
// differ in data set or condition.
type Side struct {
	Name     string // how it was asked for
	Entries  []*stats.Entry
	Warnings []string // of the store
}

// CompareConfigurations pairs two configurations by data set and condition, on row
// ids and seeds, whatever their methods, models and values are. Two that each stand
// in one place are a pair wherever that is.
func CompareConfigurations(a, b Side, f *Facts, gate *GateFacts) *Compared {
	c := &Compared{of: "configurations", A: a.Name, B: b.Name, Warnings: slices.Concat(a.Warnings, b.Warnings)}
	var pairs []matched
	if len(a.Entries) == 1 && len(b.Entries) == 1 {
		pairs = []matched{{a.Entries[0], b.Entries[0]}}
	} else {
		for _, now := range b.Entries {
			if old := beside(a.Entries, now); old != nil {
				pairs = append(pairs, matched{old, now})
			} else {
				c.Warnings = append(c.Warnings, fmt.Sprintf("%s has no counterpart on %s", a.Name, now.Place()))
			}
		}
		for _, old := range a.Entries {
			if beside(b.Entries, old) == nil {
				c.Warnings = append(c.Warnings, fmt.Sprintf("%s has no counterpart on %s", b.Name, old.Place()))
			}
		}
	}
	c.fill(pairs, f, gate)
	return c
}

// beside is the entry on the same data set under the same condition, or nil.
func beside(list []*stats.Entry, e *stats.Entry) *stats.Entry {
	for _, o := range list {
		if o.Dataset == e.Dataset && o.Condition == e.Condition {
			return o
		}
	}
	return nil
}

// fill compares the pairs on both test splits.
func (c *Compared) fill(pairs []matched, f *Facts, gate *GateFacts) {
	var gates []stats.Gate
	var costs []string
	var gated []int // places in Pairs
	for _, p := range pairs {
		metric := datasetFacts(f, p.now).Metric
		if gate != nil && gate.Metric != "" {
			metric = gate.Metric
		}
		for _, split := range []string{inDistribution, shifted} {
			if _, ok := p.now.Score(split, allRows, metric); !ok {
				continue
			}
			run, diff := compareRun(p.old, p.now, split, metric)
			c.Pairs = append(c.Pairs, run)
			if gate == nil || gate.Split != "" && gate.Split != split {
				continue
			}
			if sameRuns(p.old, p.now) {
				c.Same++
			} else {
				gated = append(gated, len(c.Pairs)-1)
				gates = append(gates, stats.NewGate(lossOf(diff, metric), gate.Margin, gate.Alpha))
				costs = append(costs, gate.costs(p.old.Cost, p.now.Cost))
			}
		}
	}
	c.correct()
	if gate != nil {
		c.Gated, c.Alpha = true, gate.Alpha
		c.gate(gated, gates, costs)
	}
}

// matching is the selected entry of a study under the same names, whatever
// configuration was selected.
func matching(s *stats.Study, e *stats.Entry) *stats.Entry {
	for _, o := range s.Entries {
		if o.Selected && o.Dataset == e.Dataset && o.Model == e.Model && o.Block == e.Block && o.Condition == e.Condition {
			return o
		}
	}
	return nil
}

func compareRun(old, now *stats.Entry, split, metric string) (ComparedRun, stats.Difference) {
	a, b := commonSeeds(old, now)
	diff := stats.Paired(metric, pick(sample(now, split, metric), b), pick(sample(old, split, metric), a))
	run := ComparedRun{
		Dataset: now.Dataset, Model: now.Model, Method: now.Block, Condition: now.Condition, Split: split, Metric: metric,
		WasA: old.Configuration, IsB: now.Configuration, A: Value(math.NaN()), B: Value(math.NaN()),
		Change: Value(diff.Mean), Low: Value(diff.Low), High: Value(diff.High), P: Value(diff.P), Adjusted: Value(diff.P),
		Seeds: diff.Seeds, Rows: diff.Rows, Warnings: diff.Warnings,
	}
	if old.Place() != now.Place() {
		run.PlaceA = old.Place()
	}
	if s, ok := old.Score(split, allRows, metric); ok {
		run.A = Value(s.Mean)
	}
	if s, ok := now.Score(split, allRows, metric); ok {
		run.B = Value(s.Mean)
	}
	switch {
	case len(a) < max(len(old.Runs), len(now.Runs)):
		run.Warnings = append(slices.Clone(run.Warnings), fmt.Sprintf("only %d seeds are in both invocations", len(a)))
	case len(a) == 1 && old.Runs[0].Seed != now.Runs[0].Seed:
		run.Warnings = append(slices.Clone(run.Warnings), fmt.Sprintf("seed %d is compared with seed %d", old.Runs[0].Seed, now.Runs[0].Seed))
	}
	return run, diff
}

// commonSeeds are the places of the seeds that both entries have. Two entries of one
// seed each are a pair, whichever these are.
func commonSeeds(a, b *stats.Entry) (inA, inB []int) {
	if len(a.Runs) == 1 && len(b.Runs) == 1 {
		return []int{0}, []int{0}
	}
	for i, r := range a.Runs {
		k := slices.IndexFunc(b.Runs, func(o stats.SeedRun) bool { return o.Seed == r.Seed })
		if k >= 0 {
			inA, inB = append(inA, i), append(inB, k)
		}
	}
	return inA, inB
}

func pick(s stats.Sample, at []int) stats.Sample {
	out := stats.Sample{Drawless: s.Drawless}
	for _, k := range at {
		out.Values = append(out.Values, s.Values[k])
		if s.Rows != nil {
			out.Rows = append(out.Rows, s.Rows[k])
		}
	}
	return out
}

// correct applies Holm over the table of changes.
func (c *Compared) correct() {
	p := make([]float64, len(c.Pairs))
	for k := range c.Pairs {
		p[k] = float64(c.Pairs[k].P)
	}
	for k, adjusted := range stats.Holm(p) {
		c.Pairs[k].Adjusted = Value(adjusted)
	}
}
