package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

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

// sameRuns reports whether B's runs are A's, found in the cache: there is nothing to
// test, and a test would only count against the others in Holm's correction.
func sameRuns(old, now *stats.Entry) bool {
	return slices.EqualFunc(old.Runs, now.Runs, func(a, b stats.SeedRun) bool { return a.Action != "" && a.Action == b.Action && a.Seed == b.Seed })
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

// gate enters the tests of the pairs at the places gated. A gate that cannot look
// must not wave through.
func (c *Compared) gate(gated []int, gates []stats.Gate, costs []string) {
	stats.Gates(gates, c.Alpha)
	for k, g := range gates {
		run := &c.Pairs[gated[k]]
		run.Gate = &GateResult{Loss: Value(g.Loss), Low: Value(g.Low), Margin: Value(g.Margin), P: Value(g.P), Adjusted: Value(g.Adjusted),
			Smallest: Value(g.Smallest), Failed: g.Failed || costs[k] != "" || math.IsNaN(g.P), Cost: costs[k]}
		c.Failed = c.Failed || run.Gate.Failed
		if math.IsNaN(g.P) {
			run.Warnings = append(slices.Clone(run.Warnings), "the gate has no standard error to test with, and fails")
		}
	}
	if len(gates)+c.Same == 0 {
		c.Failed = true
		c.Warnings = append(c.Warnings, "nothing is gated, and the gate fails")
	}
}
