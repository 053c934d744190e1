package work

import (
	"fmt"
	"os"
	"path/filepath"

	"runexp/internal/dataset"
	"runexp/methods"
	"runexp/pipeline"
)

// predictor evaluates a method without gradients; the model, if any, is the
// base as it was.
func (s *Evaluate) predictor(job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	dir, err := job.Dir("adapt")
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(dir, PredictorFile))
	if err != nil {
		return fmt.Errorf("read predictor: %w", err)
	}
	defer f.Close()
	var fitted methods.Predictor
	var words map[string][][]int32
	var predict func(in Input, features, split string) (Predictions, error)
	if s.Reads == "text" {
		p, err := methods.LoadText(f)
		if err != nil {
			return err
		}
		fitted = p
		predict = func(in Input, _, split string) (Predictions, error) {
			return in.PredictTexts(p, data, split)
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
		read := map[string]map[string]methods.Features{} // by input and split
		predict = func(_ Input, features, split string) (Predictions, error) {
			x, ok := read[features]
			if !ok {
				if x, err = readFeatures(job, features, data, *s.Need); err != nil {
					return Predictions{}, err
				}
				read[features] = x
			}
			e.selectivity(p, split, x[split])
			return Flatten(p.PredictFeatures(x[split])), nil
		}
	}
	if err := s.assessAll(data, e, words, func(in Input, split string) (Predictions, error) {
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
	base, release, err := LoadBase(job)
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
