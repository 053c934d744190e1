package stages

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/metric"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
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
func (*Evaluate) Version() int { return 2 }

const evaluationFile = "evaluation.json"

// Evaluation is the output of Evaluate.
type Evaluation struct {
	Status    string             `json:"status"` // ok, diverged, collapsed, not_learned
	Detail    string             `json:"detail,omitempty"`
	Labels    []string           `json:"labels,omitempty"`
	Metrics   []Metric           `json:"metrics"`
	Outcomes  []Outcomes         `json:"outcomes"`
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

// Run writes evaluation.json.
func (s *Evaluate) Run(ctx context.Context, job *pipeline.Job) error {
	data, release, err := loadData(job)
	if err != nil {
		return err
	}
	defer release()
	e := &Evaluation{Labels: data.LabelNames}
	if err := readJSON(job.In["adapt"], trainFile, &e.Train); err != nil {
		return err
	}
	e.Status, e.Detail = string(e.Train.Status), e.Train.Detail
	for _, f := range job.In["adapt"].Files() {
		if f.Name == overlayFile || f.Name == predictorFile || f.Name == promptFile {
			e.Stored = f.Size
		}
	}
	if e.Status == string(train.Diverged) {
		// The weights are not numbers; there is nothing to measure.
		return writeJSON(job.Out, evaluationFile, e)
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
	return writeJSON(job.Out, evaluationFile, e)
}

// predictor evaluates a method without gradients; the model, if any, is the
// base as it was.
func (s *Evaluate) predictor(job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	dir, err := job.Dir("adapt")
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(dir, predictorFile))
	if err != nil {
		return fmt.Errorf("read predictor: %w", err)
	}
	defer f.Close()
	var fitted methods.Predictor
	var words map[string][][]int32
	var predict func(in Input, features, split string) (predictions, error)
	if s.Reads == "text" {
		p, err := methods.LoadText(f)
		if err != nil {
			return err
		}
		fitted = p
		predict = func(in Input, _, split string) (predictions, error) {
			return flatten(p.PredictText(in.texts(data, split))), nil
		}
	} else {
		p, err := methods.LoadFeatures(f)
		if err != nil {
			return err
		}
		fitted = p
		if words, err = readWords(job, "features"); err != nil {
			return err
		}
		predict = func(_ Input, features, split string) (predictions, error) {
			x, err := readFeatures(job, features, data, *s.Need)
			if err != nil {
				return predictions{}, err
			}
			e.selectivity(p, split, x[split])
			return flatten(p.PredictFeatures(x[split])), nil
		}
	}
	if err := s.assessAll(data, e, words, func(in Input, split string) (predictions, error) {
		return predict(in, featuresInput(in, s.Input), split)
	}); err != nil {
		return err
	}
	e.Trainable, e.Head = fitted.ParamCount(), fitted.ParamCount()
	e.Total = e.Trainable
	if _, ok := job.In["model"]; !ok {
		return nil
	}
	return e.frozen(job)
}

// frozen records what holds for any method that leaves the base as it is: its
// size, and a retention loss that did not change.
func (e *Evaluation) frozen(job *pipeline.Job) error {
	base, release, err := loadBase(job)
	if err != nil {
		return err
	}
	defer release()
	backbone, _ := base.Count()
	e.Total += backbone
	before, err := readRetention(job)
	if err != nil || before == nil {
		return err
	}
	e.retention(before, before.Loss)
	return nil
}

// selectivity adds the control task's metrics of a probe that has one.
func (e *Evaluation) selectivity(p methods.FeaturePredictor, split string, f methods.Features) {
	if split == dataset.TestShiftSplit || f.Rows == 0 {
		return
	}
	if _, control, selectivity, ok := methods.Selectivity(p, f); ok {
		e.Metrics = append(e.Metrics,
			Metric{Split: split, Slice: "all", Name: "control_accuracy", Value: control, N: f.Rows},
			Metric{Split: split, Slice: "all", Name: "selectivity", Value: selectivity, N: f.Rows})
	}
}

// overlay evaluates a trained overlay.
func (s *Evaluate) overlay(ctx context.Context, job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	base, releaseBase, err := loadBase(job)
	if err != nil {
		return err
	}
	defer releaseBase()
	dir, err := job.Dir("adapt")
	if err != nil {
		return err
	}
	overlay, err := lm.LoadOverlay(filepath.Join(dir, overlayFile))
	if err != nil {
		return err
	}
	defer overlay.Free()
	enc, releaseEnc, err := encodeSplits(job, s.Input, base, data, overlayPositions(overlay))
	if err != nil {
		return err
	}
	defer releaseEnc()
	e.Truncated, e.Tokens = enc.truncated, enc.meanTokens()
	added, head := overlay.Count()
	for _, p := range overlay.Trainable() { // a warm start leaves weights that stay as they are
		e.Trainable += p.Count()
	}
	e.Head = head
	backbone, _ := base.Count()
	e.Total = backbone + added
	for _, p := range overlay.Replaced {
		e.Total -= p.Count()
	}
	if len(s.Rewind) > 0 {
		rewound, err := s.rewound(base, overlay, data, enc, e)
		if err != nil {
			return err
		}
		defer rewound.Free()
		overlay = rewound
	}
	if err := s.assessAll(data, e, enc.words(), func(in Input, split string) (predictions, error) {
		if ctx.Err() != nil {
			return predictions{}, fmt.Errorf("evaluate: %w", pipeline.ErrInterrupted)
		}
		rendered, release, err := encodeSplits(job, in, base, data, overlayPositions(overlay))
		if err != nil {
			return predictions{}, err
		}
		defer release()
		examples := rendered.splits[split]
		if data.Task == dataset.LanguageModeling {
			return languagePredictions(base, overlay, examples), nil
		}
		out := train.Predict(base, overlay, train.Task{Kind: data.Task, Outputs: outputs(data)}, examples)
		return headPredictions(data, out, examples), nil
	}); err != nil {
		return err
	}
	before, err := readRetention(job)
	if err != nil || before == nil {
		return err
	}
	after, _ := train.LanguageLoss(base, overlay, before.examples(), retentionKey())
	e.retention(before, after)
	return nil
}

// assessAll predicts and assesses every split that has rows, and, under a
// format shift, the test rows in every other format. words are those that a
// tagging method scored, nil for all.
func (s *Evaluate) assessAll(data *dataset.Dataset, e *Evaluation, words map[string][][]int32, predict func(in Input, split string) (predictions, error)) error {
	add := func(d *dataset.Dataset, split string, p predictions) error {
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
	view := &dataset.Dataset{Task: data.Task, LabelNames: data.LabelNames}
	var all predictions
	for _, in := range s.Shifted {
		p, err := predict(in, dataset.TestIDSplit)
		if err != nil {
			return err
		}
		all.cols = p.cols
		all.values = append(all.values, p.values...)
		for _, row := range data.TestID {
			row.ID, row.Slice = row.ID+" as "+in.Format.Name, "format="+in.Format.Name
			view.TestShift = append(view.TestShift, row)
		}
	}
	return add(view, dataset.TestShiftSplit, all)
}

// overlayPositions is how many places of a sequence an overlay takes.
func overlayPositions(o *nn.Overlay) int {
	n := 0
	if o.Soft != nil {
		n += o.Soft.Embedding.Value.Rows
	}
	if o.Prefix != nil && o.Prefix.Shift {
		n += o.Prefix.Len
	}
	return n
}

// evaluatedSplits are the splits that have rows, training rows aside.
func evaluatedSplits(data *dataset.Dataset) []string {
	var list []string
	for _, split := range dataset.SplitNames[1:] {
		if len(data.Split(split)) > 0 {
			list = append(list, split)
		}
	}
	return list
}

// headPredictions turns the raw outputs of a head into predictions.
func headPredictions(data *dataset.Dataset, out []float32, examples []*train.Example) predictions {
	cols := outputs(data)
	switch data.Task {
	case dataset.Classification:
		return widen(cols, train.Softmax(out, cols))
	case dataset.MultiLabel:
		return widen(cols, train.Sigmoid(out))
	case dataset.Tagging:
		var kept []float32
		at := 0
		for _, e := range examples {
			for _, tag := range e.Tags {
				if tag >= 0 {
					kept = append(kept, out[at:at+cols]...)
				}
				at += cols
			}
		}
		return widen(cols, train.Softmax(kept, cols))
	}
	return widen(cols, out)
}

func widen(cols int, x []float32) predictions {
	p := predictions{cols: cols, values: make([]float64, len(x))}
	for i, v := range x {
		p.values[i] = float64(v)
	}
	return p
}

// collapsed marks an evaluation that predicts one class only, although the
// split has several.
func (e *Evaluation) collapsed(data *dataset.Dataset) {
	if e.Status != string(train.OK) || data.Task != dataset.Classification || e.Train.Steps == 0 {
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

// languagePredictions are the loss in nats and the number of scored tokens of
// each row.
func languagePredictions(base *lm.Base, o *nn.Overlay, examples []*train.Example) predictions {
	p := predictions{cols: 2}
	_, rows := train.LanguageLoss(base, o, examples, languageKey())
	for _, r := range rows {
		p.values = append(p.values, r.Sum, float64(r.Tokens))
	}
	return p
}

// languageKey draws the masks of a language-modelling task's rows.
func languageKey() tensor.Key { return tensor.NewKey(0, "language") }

// retentionKey draws the masks of the retention text: always the same.
func retentionKey() tensor.Key { return tensor.NewKey(0, "retention") }
