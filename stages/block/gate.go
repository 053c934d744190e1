package block

import (
	"runexp/internal/dataset"
)

// Gate is when a later invocation counts as a regression.
type Gate struct {
	Metric string  `hcl:"metric,optional" doc:"metric that is gated; default: each data set's own"`
	Split  string  `hcl:"split,optional" doc:"split that is gated, test_id or test_shift; default: both"`
	Margin float64 `hcl:"margin,optional" doc:"loss that is tolerated"`
	Alpha  float64 `hcl:"alpha,optional" doc:"level of the one-sided test, over all gated methods"`

	TrainSeconds float64 `hcl:"train_seconds,optional" doc:"how many times the old training seconds the new ones may be; 0: not gated"`
	StoredBytes  float64 `hcl:"stored_bytes,optional" doc:"how many times the old stored bytes the new ones may be; 0: not gated"`
}

func newGate() *Gate { return &Gate{Margin: 0.01, Alpha: 0.05} }

// Validate checks the ranges.
func (g *Gate) Validate() []error {
	var errs []error
	if g.Margin < 0 {
		errs = append(errs, wrong("margin", "The margin must not be negative."))
	}
	if g.Alpha <= 0 || g.Alpha >= 0.5 {
		errs = append(errs, wrong("alpha", "The level must lie between 0 and 0.5."))
	}
	if g.TrainSeconds < 0 {
		errs = append(errs, wrong("train_seconds", "The ratio must not be negative."))
	}
	if g.StoredBytes < 0 {
		errs = append(errs, wrong("stored_bytes", "The ratio must not be negative."))
	}
	if g.Split != "" {
		errs = append(errs, oneOf("split", g.Split, dataset.TestIDSplit, dataset.TestShiftSplit)...)
	}
	return errs
}
