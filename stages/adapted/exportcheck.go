package adapted

import (
	"fmt"
	"math"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/train"
	"runexp/stages/work"
)

// comparedRows is how many dev rows an export is compared on.
const comparedRows = 16

// comparison is rows on which two forms of a model must agree.
type comparison struct {
	input work.Input
	data  *dataset.Dataset
	room  int
}

// rows are the first dev rows, or training rows where there are none.
func (c *comparison) rows() (list []dataset.Row, err error) {
	rows := c.data.Dev
	if rows.Len() == 0 {
		rows = c.data.Train
	}
	err = rows.Between(0, min(rows.Len(), comparedRows), func(_ int, row *dataset.Row) error {
		list = append(list, *row)
		return nil
	})
	return list, err
}

// outputs are the head's outputs on those rows. Each model reads them with
// its own tokenizer.
func (c *comparison) outputs(base *lm.Base, o *nn.Overlay) ([]float32, error) {
	rows, err := c.rows()
	if err != nil {
		return nil, err
	}
	var examples []*train.Example
	for i := range rows {
		e, _, err := c.input.Example(base, c.data, &rows[i], c.room)
		if err != nil {
			return nil, err
		}
		examples = append(examples, e)
	}
	return train.Predict(base, o, train.Task{Kind: c.data.Task, Outputs: work.Outputs(c.data)}, examples), nil
}

// compare refuses an export that computes something else. The tolerance is
// relative for outputs above 1.
func (x *export) compare(base *lm.Base, back *nn.Overlay, tolerance float64) error {
	want, err := x.rows.outputs(x.base, x.overlay)
	if err != nil {
		return err
	}
	got, err := x.rows.outputs(base, back)
	if err != nil {
		return fmt.Errorf("export: read back: %w", err)
	}
	rows, err := x.rows.rows()
	if err != nil {
		return err
	}
	if len(got) != len(want) || len(want) == 0 {
		return fmt.Errorf("export: what was written gives %d outputs on %d rows, the run %d", len(got), len(rows), len(want))
	}
	x.done.Rows = len(rows)
	for i := range want {
		d := math.Abs(float64(got[i])-float64(want[i])) / max(1, math.Abs(float64(want[i])))
		if !(d <= tolerance) {
			return fmt.Errorf("export: what was written gives %v on row %s, the run %v; nothing was kept", got[i], rows[i*len(rows)/len(want)].ID, want[i])
		}
		x.done.Largest = max(x.done.Largest, d)
	}
	return nil
}
