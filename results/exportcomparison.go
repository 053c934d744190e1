package results

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
)

// comparisonColumns are those of the view comparison that say something of one
// invocation, in its order.
var comparisonColumns = []string{
	"experiment", "dataset", "model", "method", "configuration", "condition", "split", "slice", "metric",
	"n_seeds", "mean", "sd", "ci_low", "ci_high",
	"trainable_params", "total_params", "stored_bytes", "train_seconds", "peak_bytes", "selected",
}

// ExportComparison writes the comparison of an invocation as csv, numbers in
// full: one line per configuration, split, slice and metric. Text that a
// spreadsheet would take for a formula is preceded by an apostrophe.
func (s *Store) ExportComparison(ctx context.Context, w io.Writer, invocation string) error {
	inv, err := s.Invocation(ctx, invocation)
	if err != nil {
		return err
	}
	rows, err := s.Comparison(ctx, invocation)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	lines := [][]string{comparisonColumns}
	for _, c := range rows {
		lines = append(lines, csvCells([]any{
			inv.Experiment, c.Dataset, c.Model, c.Method, c.Configuration, c.Condition, c.Split, c.Slice, c.Metric,
			int64(c.Seeds), c.Mean, c.SD, c.Low, c.High,
			c.TrainableParams, c.TotalParams, c.StoredBytes, c.TrainSeconds, c.PeakBytes, c.Selected,
		}))
	}
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("export comparison: %w", err)
	}
	return nil
}
