package adapted

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/stages/work"
)

// predictBatch is how many lines are predicted at once.
const predictBatch = 64

// Prediction is one line of output.
type Prediction struct {
	ID    string             `json:"id,omitempty"`
	Label string             `json:"label,omitempty"`
	Value *float64           `json:"value,omitempty"`
	Probs map[string]float64 `json:"probs,omitempty"`
}

// Predict applies a finished run to JSON lines: {"text": …, "text_pair": …},
// or the data set's own columns by name. Every line gives one line.
func (o *Opened) Predict(in io.Reader, out io.Writer) error {
	data, release, err := work.LoadData(o.Job)
	if err != nil {
		return err
	}
	defer release()
	switch data.Task {
	case dataset.Classification, dataset.Regression, dataset.MultiLabel:
	default:
		return work.InputError(fmt.Sprintf("predict takes classification, regression and multi-label tasks, not %s", data.Task))
	}
	apply, closeModel, err := o.predictor(data)
	if err != nil {
		return err
	}
	defer closeModel()
	w := bufio.NewWriter(out)
	encoder := json.NewEncoder(w)
	var batch []dataset.Row
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		p, err := apply(data.With(dataset.TestIDSplit, dataset.RowsOf(batch)))
		if err != nil {
			return err
		}
		for i := range batch {
			if err := encoder.Encode(prediction(data, batch[i].ID, p.Row(i))); err != nil {
				return fmt.Errorf("write prediction: %w", err)
			}
		}
		batch = batch[:0]
		return w.Flush()
	}
	err = o.rows(in, func(row dataset.Row) error {
		batch = append(batch, row)
		if len(batch) < predictBatch {
			return nil
		}
		return flush()
	})
	return errors.Join(err, flush())
}

// rows reads lines into rows; errors name the line.
func (o *Opened) rows(in io.Reader, yield func(dataset.Row) error) error {
	columns := dataset.Input{Text: "text", TextPair: "text_pair"}
	if c := o.Run.Dataset.Config.Input; c != nil {
		columns = *c
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, work.MaxLine)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		fields := map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &fields); err != nil {
			return work.InputError(fmt.Sprintf("stdin:%d: %v", n, err))
		}
		row := dataset.Row{Fields: map[string]string{}}
		for k, v := range fields {
			if text, ok := v.(string); ok {
				row.Fields[k] = text
			}
		}
		text, ok := firstOf(row.Fields, columns.Text, "text")
		if !ok {
			return work.InputError(fmt.Sprintf("stdin:%d: no %q, and no \"text\"", n, columns.Text))
		}
		row.ID, row.Text = row.Fields["id"], text
		row.Pair, row.HasPair = firstOf(row.Fields, columns.TextPair, "text_pair")
		if err := yield(row); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read stdin: %w", err)
	}
	return nil
}

func firstOf(fields map[string]string, names ...string) (string, bool) {
	for _, n := range names {
		if v, ok := fields[n]; ok && n != "" {
			return v, true
		}
	}
	return "", false
}

// predictor applies what the run's adaptation left to the TestID rows of a
// data set.
func (o *Opened) predictor(data *dataset.Dataset) (apply func(*dataset.Dataset) (work.Predictions, error), closeModel func(), err error) {
	dir, err := o.Job.Dir("adapt")
	if err != nil {
		return nil, nil, err
	}
	s := o.Evaluate
	switch s.Reads {
	case "text":
		f, err := os.Open(filepath.Join(dir, work.PredictorFile))
		if err != nil {
			return nil, nil, fmt.Errorf("read predictor: %w", err)
		}
		defer f.Close()
		p, err := methods.LoadText(f)
		if err != nil {
			return nil, nil, err
		}
		return func(view *dataset.Dataset) (work.Predictions, error) {
			return s.Input.PredictTexts(p, view, dataset.TestIDSplit)
		}, func() {}, nil
	case "features", "overlay":
		base, release, err := work.LoadBase(o.Job)
		if err != nil {
			return nil, nil, err
		}
		if s.Reads == "features" {
			apply, err = o.probe(dir, base)
			return apply, release, err
		}
		overlay, err := lm.LoadOverlay(filepath.Join(dir, work.OverlayFile))
		if err != nil {
			release()
			return nil, nil, err
		}
		task := train.Task{Kind: data.Task, Outputs: work.Outputs(data)}
		return func(view *dataset.Dataset) (work.Predictions, error) {
			examples, err := examples(s.Input, base, view, work.OverlayPositions(overlay))
			if err != nil {
				return work.Predictions{}, err
			}
			return work.HeadPredictions(view, train.Predict(base, overlay, task, examples), examples), nil
		}, work.Together(overlay.Free, release), nil
	}
	return nil, nil, work.InputError(fmt.Sprintf("method %q leaves nothing that predicts new rows", o.Run.Method.Type))
}

// probe computes features and applies a fitted probe.
func (o *Opened) probe(dir string, base *lm.Base) (func(*dataset.Dataset) (work.Predictions, error), error) {
	f, err := os.Open(filepath.Join(dir, work.PredictorFile))
	if err != nil {
		return nil, fmt.Errorf("read predictor: %w", err)
	}
	defer f.Close()
	p, err := methods.LoadFeatures(f)
	if err != nil {
		return nil, err
	}
	need, err := work.ResolveNeed(base, *o.Evaluate.Need)
	if err != nil {
		return nil, err
	}
	return func(view *dataset.Dataset) (work.Predictions, error) {
		examples, err := examples(o.Evaluate.Input, base, view, 0)
		if err != nil {
			return work.Predictions{}, err
		}
		x := train.Features(base, examples, []train.FeatureNeed{need}, false, nil)[0]
		hidden := base.Config().Hidden
		return work.Flatten(p.PredictFeatures(methods.Features{X: x, Rows: len(x) / hidden, Cols: hidden})), nil
	}, nil
}

func prediction(data *dataset.Dataset, id string, numbers []float64) Prediction {
	p := Prediction{ID: id}
	if data.Task == dataset.Regression {
		p.Value = &numbers[0]
		return p
	}
	p.Probs = map[string]float64{}
	for k, name := range data.LabelNames {
		p.Probs[name] = numbers[k]
	}
	if data.Task == dataset.Classification {
		p.Label = data.LabelNames[work.Argmax(numbers)]
	}
	return p
}

// examples tokenises the TestID rows of a data set.
func examples(in work.Input, base *lm.Base, view *dataset.Dataset, room int) ([]*train.Example, error) {
	var list []*train.Example
	return list, view.TestID.Each(func(_ int, row *dataset.Row) error {
		e, _, err := in.Example(base, view, row, room)
		list = append(list, e)
		return err
	})
}
