package work

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Adapt fits a method to the training rows. Only what trains is here; what
// evaluates lies in Evaluate, so that an evaluation setting never retrains.
type Adapt struct {
	Method methods.Method
	Train  *train.Config
	Input  Input
	Metric string // of the data set: early stopping and choices on dev
	Seed   int
	Given  Given

	// Dir is where an external command runs.
	Dir string `key:"-"`
}

// Name is the kind of stage.
func (*Adapt) Name() string { return "adapt" }

// Version is raised when the same configuration would fit something else.
func (*Adapt) Version() int { return 3 }

// Files that an adaptation leaves.
const (
	OverlayFile   = "overlay.safetensors"
	PredictorFile = "predictor.bin"
)

// Run fits the method and writes an overlay or a predictor, and train.json.
func (s *Adapt) Run(ctx context.Context, job *pipeline.Job) error {
	data, release, err := LoadData(job)
	if err != nil {
		return err
	}
	defer release()
	switch m := s.Method.(type) {
	case methods.TextFitter:
		return s.fit(job, func(key tensor.Key) (methods.Predictor, error) {
			return m.FitText(s.Input.texts(data, dataset.TrainSplit), s.Input.texts(data, dataset.DevSplit), task(data, s.Metric), key)
		})
	case methods.FeatureFitter:
		if err := cache.WriteJSON(job.Out, needFile, m.Needs()[0]); err != nil {
			return err
		}
		return s.fit(job, func(key tensor.Key) (methods.Predictor, error) {
			features, err := readFeatures(job, "features", data, m.Needs()[0])
			if err != nil {
				return nil, err
			}
			return m.FitFeatures(features[dataset.TrainSplit], features[dataset.DevSplit], task(data, s.Metric), key)
		})
	case methods.Adapter:
		return s.adapt(ctx, job, m, data)
	case methods.Prompter:
		return s.prompt(ctx, job, m, data)
	case *methods.External:
		return s.external(ctx, job, m, data)
	}
	return fmt.Errorf("method %s cannot be fitted", s.Method.Type())
}

// fit writes what a method without gradients leaves.
func (s *Adapt) fit(job *pipeline.Job, fit func(tensor.Key) (methods.Predictor, error)) error {
	start := time.Now()
	p, err := fit(tensor.NewKey(uint64(s.Seed), "fit"))
	if err != nil {
		return err
	}
	job.Info[InfoSeconds] = fmt.Sprintf("%.3f", time.Since(start).Seconds())
	f, err := os.Create(filepath.Join(job.Out, PredictorFile))
	if err != nil {
		return fmt.Errorf("write predictor: %w", err)
	}
	if err := p.Save(f); err != nil {
		f.Close()
		return fmt.Errorf("write predictor: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write predictor: %w", err)
	}
	return cache.WriteJSON(job.Out, trainFile, train.Result{Status: train.OK})
}

// adapt trains an overlay.
func (s *Adapt) adapt(ctx context.Context, job *pipeline.Job, m methods.Adapter, data *dataset.Dataset) error {
	base, releaseBase, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer releaseBase()
	from, err := readStart(job)
	if err != nil {
		return err
	}
	defer from.free()
	if from.overlay == nil {
		if from.overlay, err = s.readGiven(job, base, data); err != nil {
			return err
		}
	}
	if s.Given.EvaluateOnly {
		return s.keep(job, from.overlay)
	}
	setup, err := s.setup(base, data, from)
	if err != nil {
		return err
	}
	overlay, err := m.Adapt(base, setup, tensor.NewKey(uint64(s.Seed), "init"))
	if err != nil {
		return err
	}
	defer overlay.Free()
	if err := from.apply(base, overlay); err != nil {
		return err
	}
	enc, releaseEnc, err := encodeSplits(job, s.Input, base, data, OverlayPositions(overlay))
	if err != nil {
		return err
	}
	defer releaseEnc()
	gold, err := answers(data, dataset.DevSplit)
	if err != nil {
		return err
	}
	result, measured, err := runTraining(ctx, job, base, overlay, train.Data{
		Task:  train.Task{Kind: data.Task, Outputs: Outputs(data)},
		Train: enc.splits[dataset.TrainSplit],
		Dev:   enc.splits[dataset.DevSplit],
		Score: func(out []float32) float64 {
			return scoreSplit(gold, s.Metric, dataset.DevSplit, out, enc.splits[dataset.DevSplit])
		},
	}, *s.Train, uint64(s.Seed), frozenStates(job, enc))
	if err != nil {
		return err
	}
	writeMeasured(job, result, measured)
	methods.FoldPrefix(overlay)
	if err := lm.SaveOverlay(filepath.Join(job.Out, OverlayFile), overlay); err != nil {
		return err
	}
	return cache.WriteJSON(job.Out, trainFile, result)
}

// setup is what the method needs to know of task and training.
func (s *Adapt) setup(base *lm.Base, data *dataset.Dataset, from start) (methods.Setup, error) {
	words, err := s.Input.labelWords(base, data)
	if err != nil {
		return methods.Setup{}, err
	}
	return methods.Setup{
		Head:         nn.HeadSpec{Task: data.Task, Outputs: Outputs(data), Words: words},
		Words:        words,
		Probe:        from.probe,
		ProbePooling: from.pooling,
		Schedule:     s.Train.Schedule,
		Dropout:      s.Train.Dropout,
	}, nil
}

// labelWords are the token ids of each class's words, nil without a format
// that has words.
func (in Input) labelWords(base *lm.Base, data *dataset.Dataset) ([][]int32, error) {
	if in.Words == nil {
		return nil, nil
	}
	if err := in.checkWords(data); err != nil {
		return nil, err
	}
	var words [][]int32
	for _, label := range data.LabelNames {
		var ids []int32
		for _, w := range in.Words[label] {
			tokens, err := wordTokens(base, in.Format.Text, w)
			if err != nil {
				return nil, err
			}
			if len(tokens) != 1 {
				return nil, InputError(fmt.Sprintf("format %q: label word %q is %d tokens of this model's vocabulary; a word that a head scores must be one; prompting also takes longer ones", in.Format.Name, w, len(tokens)))
			}
			ids = append(ids, tokens[0])
		}
		words = append(words, ids)
	}
	return words, nil
}

// answers is one split of a data set, in memory and without its texts: what
// scoring reads again and again while a method trains.
func answers(data *dataset.Dataset, split string) (*dataset.Dataset, error) {
	var rows []dataset.Row
	if err := data.Split(split).Each(func(_ int, row *dataset.Row) error {
		rows = append(rows, dataset.Row{Label: row.Label, Target: row.Target, Labels: row.Labels, Tags: row.Tags, Choices: row.Choices})
		return nil
	}); err != nil {
		return nil, err
	}
	return data.With(split, dataset.RowsOf(rows)), nil
}

// scoreSplit is the metric of raw head outputs on a split of answers; higher is
// better.
func scoreSplit(data *dataset.Dataset, name, split string, out []float32, examples []*train.Example) float64 {
	p := HeadPredictions(data, out, examples)
	_, metrics, err := assess(data, split, p, scoredWords(examples))
	if err != nil {
		panic(err) // as many outputs as rows: a mistake in the program, not in the data
	}
	return metricOf(metrics, split, name)
}
