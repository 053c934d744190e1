package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// Compared is the paired comparison of two invocations, ready to be written as
// JSON or drawn as a document.
type Compared struct {
	A        string        `json:"a"` // invocation ids
	B        string        `json:"b"`
	Pairs    []ComparedRun `json:"pairs"`
	Gated    bool          `json:"gated"`
	Alpha    float64       `json:"alpha,omitempty"`
	Failed   bool          `json:"failed"` // a gate failed
	Warnings []string      `json:"warnings,omitempty"`
}

// ComparedRun is one selected configuration on one test split in A and B.
type ComparedRun struct {
	Dataset   string `json:"dataset"`
	Model     string `json:"model"`
	Method    string `json:"method"` // name of the block
	Condition string `json:"condition,omitempty"`
	Split     string `json:"split"`
	Metric    string `json:"metric"`
	WasA      string `json:"configuration_a"`
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

// GateResult is a one-sided test of the loss from A to B.
type GateResult struct {
	Loss     Value  `json:"loss"`
	Low      Value  `json:"low"` // lower end of the one-sided interval
	Margin   Value  `json:"margin"`
	P        Value  `json:"p"`
	Adjusted Value  `json:"p_holm"`
	Smallest Value  `json:"smallest_detectable"` // loss caught in 8 of 10 nights
	Failed   bool   `json:"failed"`
	Cost     string `json:"cost,omitempty"` // why seconds or bytes failed it
}

// Value is a number that JSON may not have: what is not finite is a string.
type Value float64

// MarshalJSON writes NaN and infinities as "NaN", "Infinity" and "-Infinity".
func (v Value) MarshalJSON() ([]byte, error) {
	switch f := float64(v); {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(f)
	}
}

// Compare pairs the selected configurations of two invocations by data set,
// model, method block and condition, on row ids and seeds. With a gate (B's) it
// tests whether the loss from A to B exceeds the margin, corrected by Holm over
// all that is gated, and whether cost grew beyond the allowed ratios.
func Compare(a, b *stats.Study, f *Facts, gate *GateFacts) *Compared {
	c := &Compared{A: a.Invocation, B: b.Invocation, Warnings: slices.Concat(a.Warnings, b.Warnings)}
	var gates []stats.Gate
	var costs []string
	for _, now := range b.Entries {
		if !now.Selected {
			continue
		}
		old := matching(a, now)
		if old == nil {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s on %s has no counterpart in %s", now.Block, now.Dataset, a.Invocation))
			continue
		}
		metric := datasetFacts(f, now).Metric
		if gate != nil && gate.Metric != "" {
			metric = gate.Metric
		}
		for _, split := range []string{inDistribution, shifted} {
			if _, ok := now.Score(split, allRows, metric); !ok {
				continue
			}
			run, diff := compareRun(old, now, split, metric)
			c.Pairs = append(c.Pairs, run)
			if gate != nil {
				gates = append(gates, stats.NewGate(lossOf(diff, metric), gate.Margin, gate.Alpha))
				costs = append(costs, gate.costs(old.Cost, now.Cost))
			}
		}
	}
	for _, old := range a.Entries {
		if old.Selected && matching(b, old) == nil {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s on %s has no counterpart in %s", old.Block, old.Dataset, b.Invocation))
		}
	}
	c.correct()
	if gate != nil {
		c.Gated, c.Alpha = true, gate.Alpha
		c.gate(gates, costs, gate.Alpha)
	}
	return c
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
	if s, ok := old.Score(split, allRows, metric); ok {
		run.A = Value(s.Mean)
	}
	if s, ok := now.Score(split, allRows, metric); ok {
		run.B = Value(s.Mean)
	}
	if len(a) < max(len(old.Runs), len(now.Runs)) {
		run.Warnings = append(slices.Clone(run.Warnings), fmt.Sprintf("only %d seeds are in both invocations", len(a)))
	}
	return run, diff
}

// commonSeeds are the places of the seeds that both entries have.
func commonSeeds(a, b *stats.Entry) (inA, inB []int) {
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

// lossOf turns B − A into a loss: positive is worse.
func lossOf(d stats.Difference, metric string) stats.Difference {
	if !stats.LowerIsBetter(metric) {
		d.Mean, d.Low, d.High = -d.Mean, -d.High, -d.Low
	}
	return d
}

// costs says which allowed ratio of cost is exceeded, if any.
func (g *GateFacts) costs(a, b stats.Cost) string {
	var over []string
	if g.TrainSeconds > 0 && a.TrainSeconds > 0 && b.TrainSeconds > g.TrainSeconds*a.TrainSeconds {
		over = append(over, fmt.Sprintf("training took %s s, more than %g × %s s", seconds(b.TrainSeconds), g.TrainSeconds, seconds(a.TrainSeconds)))
	}
	if g.StoredBytes > 0 && a.StoredBytes > 0 && float64(b.StoredBytes) > g.StoredBytes*float64(a.StoredBytes) {
		over = append(over, fmt.Sprintf("%s are stored, more than %g × %s", show.Bytes(b.StoredBytes), g.StoredBytes, show.Bytes(a.StoredBytes)))
	}
	return strings.Join(over, "; ")
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

func (c *Compared) gate(gates []stats.Gate, costs []string, alpha float64) {
	stats.Gates(gates, alpha)
	for k, g := range gates {
		c.Pairs[k].Gate = &GateResult{Loss: Value(g.Loss), Low: Value(g.Low), Margin: Value(g.Margin), P: Value(g.P), Adjusted: Value(g.Adjusted),
			Smallest: Value(g.Smallest), Failed: g.Failed || costs[k] != "", Cost: costs[k]}
		c.Failed = c.Failed || c.Pairs[k].Gate.Failed
		if math.IsNaN(g.P) {
			// A gate that cannot look must not wave through.
			c.Pairs[k].Gate.Failed, c.Failed = true, true
			c.Pairs[k].Warnings = append(slices.Clone(c.Pairs[k].Warnings), "the gate has no standard error to test with, and fails")
		}
	}
}

// Document draws the comparison.
func (c *Compared) Document() *Document {
	d := &Document{Title: "Comparison of two invocations"}
	d.paragraph("A is ", name(c.A), ", B is ", name(c.B), ". Changes are B minus A, paired over seeds and row ids.")
	for _, w := range c.Warnings {
		d.warn(w)
	}
	if len(c.Pairs) == 0 {
		d.paragraph("Nothing is in both.")
		return d
	}
	t := Table{Head: []Column{{"data set", false}, {"method", false}, {"split", false}, {"metric", false}, {"A", true}, {"B", true}, {"change", true}, {"95 % interval", true}, {"P", true}, {"P, Holm", true}, {"seeds", true}, {"rows", true}}}
	for _, r := range c.Pairs {
		change := Span{Text: difference(r.Metric, float64(r.Change))}
		if float64(r.Adjusted) <= stats.Alpha {
			change.Style = Strong
		}
		t.Rows = append(t.Rows, []Text{
			write(name(r.Dataset)), r.label(), plain(r.Split), plain(metricUnit(r.Metric)), plain(score(r.Metric, float64(r.A))), plain(score(r.Metric, float64(r.B))),
			{change}, plain(interval(r.Metric, float64(r.Low), float64(r.High))), plain(show.Probability(float64(r.P))), plain(show.Probability(float64(r.Adjusted))), plain(show.Count(r.Seeds)), plain(show.Count(r.Rows)),
		})
		for _, w := range r.Warnings {
			note := fmt.Sprintf("Warning (%s, %s): %s.", r.Method, r.Split, w)
			if !slices.Contains(t.Notes, note) {
				t.Notes = append(t.Notes, note)
			}
		}
	}
	d.add(t)
	if c.Gated {
		c.gateTable(d)
	}
	return d
}

func (r *ComparedRun) label() Text {
	t := write(name(r.IsB))
	if r.WasA != r.IsB {
		t = write(name(r.WasA), " → ", name(r.IsB))
	}
	if r.Model != "" {
		t = write(t, " on ", name(r.Model))
	}
	if r.Condition != "" {
		t = write(t, ", trained on ", name(r.Condition))
	}
	return t
}

func (c *Compared) gateTable(d *Document) {
	d.heading(2, "Gate")
	if c.Failed {
		d.paragraph(Span{"Failed.", Strong}, " At least one loss exceeds its margin, or a cost its limit.")
	} else {
		d.paragraph(Span{"Passed.", Strong}, " No loss beyond the margin is shown.")
	}
	t := Table{Head: []Column{{"data set", false}, {"method", false}, {"split", false}, {"loss", true}, {"lower end", true}, {"margin", true}, {"P, Holm", true}, {"smallest loss seen in 8 of 10", true}, {"gate", false}}}
	for _, r := range c.Pairs {
		g, verdict := r.Gate, "passed"
		if g.Failed {
			verdict = "failed"
			if g.Cost != "" {
				verdict += ": " + g.Cost
			}
		}
		t.Rows = append(t.Rows, []Text{write(name(r.Dataset)), r.label(), plain(r.Split), plain(difference(r.Metric, float64(g.Loss))), plain(score(r.Metric, float64(g.Low))),
			plain(score(r.Metric, float64(g.Margin))), plain(show.Probability(float64(g.Adjusted))), plain(score(r.Metric, float64(g.Smallest))), plain(verdict)})
	}
	t.Notes = []string{fmt.Sprintf("A gate fails when the lower end of the one-sided interval of the loss at level %g, corrected by Holm over this table, lies beyond the margin.", 1-c.Alpha)}
	d.add(t)
}
