package stages

import (
	"fmt"
	"math"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/train"
)

// comparedRows is how many dev rows an export is compared on.
const comparedRows = 16

// comparison is rows on which two forms of a model must agree.
type comparison struct {
	input Input
	data  *dataset.Dataset
	room  int
}

// outputs are the head's outputs on the first dev rows. Each model reads
// them with its own tokenizer.
func (c *comparison) outputs(base *lm.Base, o *nn.Overlay) ([]float32, int, error) {
	rows := c.data.Split(dataset.DevSplit)
	rows = rows[:min(len(rows), comparedRows)]
	var examples []*train.Example
	for i := range rows {
		e, _, err := c.input.example(base, c.data, &rows[i], c.room)
		if err != nil {
			return nil, 0, err
		}
		examples = append(examples, e)
	}
	return train.Predict(base, o, train.Task{Kind: c.data.Task, Outputs: outputs(c.data)}, examples), len(rows), nil
}

// compare refuses an export that computes something else. The tolerance is
// relative for outputs above 1.
func (x *export) compare(base *lm.Base, back *nn.Overlay, tolerance float64) error {
	want, rows, err := x.rows.outputs(x.base, x.overlay)
	if err != nil {
		return err
	}
	got, _, err := x.rows.outputs(base, back)
	if err != nil {
		return fmt.Errorf("export: read back: %w", err)
	}
	if len(got) != len(want) {
		return fmt.Errorf("export: what was written gives %d outputs on %d dev rows, the run %d", len(got), rows, len(want))
	}
	x.done.Rows = rows
	for i := range want {
		d := math.Abs(float64(got[i])-float64(want[i])) / max(1, math.Abs(float64(want[i])))
		if !(d <= tolerance) {
			return fmt.Errorf("export: what was written gives %v on dev row %s, the run %v; nothing was kept", got[i], x.rows.data.Split(dataset.DevSplit)[i*rows/len(want)].ID, want[i])
		}
		x.done.Largest = max(x.done.Largest, d)
	}
	return nil
}
