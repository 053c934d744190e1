package work

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"runexp/internal/dataset"
	"runexp/internal/lm/tensor"
	"runexp/internal/metric"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Evaluate measures what an adaptation left on every split, and the language
// modelling loss on general text.
type Evaluate struct {
	Metric string
	Input  Input
	// Shifted are the other formats that a run under a format shift is tested
	// on; their rows make the split test_shift.
	Shifted []Input
	Reads   string // text, features, overlay, prompt or external
	Need    *methods.FeatureNeed
	// Rewind are shares of the trained change, of which the best on dev counts.
	Rewind []float64
	Years  int // length of a period, 0 where slices of the shifted test are none
}

// Name is the kind of stage.
func (*Evaluate) Name() string { return "evaluate" }

// Version is raised when the same adaptation would be measured otherwise.
func (*Evaluate) Version() int { return 4 }

// Files of an evaluation: the numbers, and what happened to every row.
const (
	evaluationFile = "evaluation.json"
	outcomesFile   = "outcomes.json"
)

// Evaluation is the output of Evaluate.
type Evaluation struct {
	Status    string             `json:"status"` // ok, diverged, collapsed, not_learned
	Detail    string             `json:"detail,omitempty"`
	Labels    []string           `json:"labels,omitempty"`
	Metrics   []Metric           `json:"metrics"`
	Outcomes  []Outcomes         `json:"-"` // in a file of their own: few readers want every row
	Trainable int64              `json:"trainable"`
	Head      int64              `json:"head"`
	Total     int64              `json:"total"`
	Stored    int64              `json:"stored"`
	Truncated map[string]int     `json:"truncated,omitempty"`
	Tokens    map[string]float64 `json:"tokens,omitempty"` // mean length by split
	Train     train.Result       `json:"train"`
	// Note says what was chosen besides a configuration: a prompt, a rewind.
	Note string `json:"note,omitempty"`
}

// write leaves the evaluation's two files.
func (e *Evaluation) write(dir string) error {
	if err := cache.WriteJSON(dir, evaluationFile, e); err != nil {
		return err
	}
	return writeOutcomes(filepath.Join(dir, outcomesFile), e.Outcomes)
}

// ReadEvaluation reads what an evaluation measured, without what became of each row.
func ReadEvaluation(entry *cache.Entry) (*Evaluation, error) {
	e := &Evaluation{}
	return e, entry.ReadJSON(evaluationFile, e)
}

// ReadOutcomes reads what became of each row.
func ReadOutcomes(entry *cache.Entry) (list []Outcomes, err error) {
	return list, entry.ReadJSON(outcomesFile, &list)
}

// Run writes evaluation.json and outcomes.json.
func (s *Evaluate) Run(ctx context.Context, job *pipeline.Job) error {
	data, release, err := LoadData(job)
	if err != nil {
		return err
	}
	defer release()
	e := &Evaluation{Labels: data.LabelNames}
	if err := job.In["adapt"].ReadJSON(trainFile, &e.Train); err != nil {
		return err
	}
	e.Status, e.Detail = string(e.Train.Status), e.Train.Detail
	files, err := job.In["adapt"].Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name == OverlayFile || f.Name == PredictorFile || f.Name == promptFile {
			e.Stored = f.Size
		}
	}
	if e.Status == string(train.Diverged) {
		// The weights are not numbers; there is nothing to measure.
		return e.write(job.Out)
	}
	switch s.Reads {
	case "overlay":
		err = s.overlay(ctx, job, data, e)
	case "prompt":
		err = s.prompt(ctx, job, data, e)
	case "external":
		err = s.external(job, data, e)
	default:
		err = s.predictor(job, data, e)
	}
	if err != nil {
		return err
	}
	e.summarise(data, s.Metric, s.Years)
	e.collapsed(data)
	return e.write(job.Out)
}

// assessAll predicts and assesses every split that has rows, and, under a
// format shift, the test rows in every other format. words are those that a
// tagging method scored, nil for all.
func (s *Evaluate) assessAll(data *dataset.Dataset, e *Evaluation, words map[string][][]int32, predict func(in Input, split string) (Predictions, error)) error {
	add := func(d *dataset.Dataset, split string, p Predictions) error {
		outcomes, metrics, err := assess(d, split, p, words[split])
		if err != nil {
			return err
		}
		e.Outcomes, e.Metrics = append(e.Outcomes, outcomes), append(e.Metrics, metrics...)
		return nil
	}
	for _, split := range evaluatedSplits(data) {
		p, err := predict(s.Input, split)
		if err != nil {
			return err
		}
		if err := add(data, split, p); err != nil {
			return err
		}
	}
	if len(s.Shifted) == 0 {
		return nil
	}
	var shifted []dataset.Row
	var all Predictions
	for _, in := range s.Shifted {
		p, err := predict(in, dataset.TestIDSplit)
		if err != nil {
			return err
		}
		all.cols = p.cols
		all.values = append(all.values, p.values...)
		if err := data.TestID.Each(func(_ int, row *dataset.Row) error {
			other := *row
			other.ID, other.Slice = row.ID+" as "+in.Format.Name, "format="+in.Format.Name
			shifted = append(shifted, other)
			return nil
		}); err != nil {
			return err
		}
	}
	return add(data.With(dataset.TestShiftSplit, dataset.RowsOf(shifted)), dataset.TestShiftSplit, all)
}

// evaluatedSplits are the splits that have rows, training rows aside.
func evaluatedSplits(data *dataset.Dataset) []string {
	var list []string
	for _, split := range dataset.SplitNames[1:] {
		if data.Split(split).Len() > 0 {
			list = append(list, split)
		}
	}
	return list
}

// collapsed marks what was trained and predicts one class only, although the
// split has several.
func (e *Evaluation) collapsed(data *dataset.Dataset) {
	if e.Status != string(train.OK) || data.Task != dataset.Classification || e.Trainable == 0 {
		return
	}
	for _, o := range e.Outcomes {
		if o.Split == dataset.DevSplit && oneValue(o.Pred) && !oneValue(o.Gold) {
			e.Status = "collapsed"
			e.Detail = fmt.Sprintf("every row of dev is predicted as %q", data.LabelNames[int(o.Pred[0])])
		}
	}
}

func oneValue(v []float64) bool {
	for _, x := range v {
		if x != v[0] {
			return false
		}
	}
	return true
}

// retention adds the language-modelling loss before and after.
func (e *Evaluation) retention(before *Retained, after float64) {
	if math.IsNaN(after) || math.IsNaN(before.Loss) {
		return
	}
	for _, m := range []Metric{{Name: "lm_loss", Value: after}, {Name: "lm_loss_before", Value: before.Loss}, {Name: "lm_loss_change", Value: after - before.Loss}} {
		m.Split, m.Slice, m.N = "retention", "all", before.Tokens
		e.Metrics = append(e.Metrics, m)
	}
}

// metricOf finds a metric on all rows of a split, turned so that higher is
// better; -Inf if it is not there.
func metricOf(metrics []Metric, split, name string) float64 {
	for _, m := range metrics {
		if m.Split == split && m.Slice == "all" && m.Name == name {
			if def, err := metric.ByName(name); err == nil && !def.Higher {
				return -m.Value
			}
			return m.Value
		}
	}
	return math.Inf(-1)
}

// retentionKey draws the masks of the retention text: always the same.
func retentionKey() tensor.Key { return tensor.NewKey(0, "retention") }
