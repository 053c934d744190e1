package work

import (
	"context"
	"fmt"
	"path/filepath"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/train"
	"runexp/pipeline"
)

// overlay evaluates a trained overlay.
func (s *Evaluate) overlay(ctx context.Context, job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	base, releaseBase, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer releaseBase()
	dir, err := job.Dir("adapt")
	if err != nil {
		return err
	}
	overlay, err := lm.LoadOverlay(filepath.Join(dir, OverlayFile))
	if err != nil {
		return err
	}
	defer overlay.Free()
	enc, releaseEnc, err := encodeSplits(job, s.Input, base, data, OverlayPositions(overlay))
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
	if err := s.assessAll(data, e, enc.words(), func(in Input, split string) (Predictions, error) {
		if ctx.Err() != nil {
			return Predictions{}, fmt.Errorf("evaluate: %w", pipeline.ErrInterrupted)
		}
		rendered, release, err := encodeSplits(job, in, base, data, OverlayPositions(overlay))
		if err != nil {
			return Predictions{}, err
		}
		defer release()
		examples := rendered.splits[split]
		if data.Task == dataset.LanguageModeling {
			return languagePredictions(base, overlay, examples), nil
		}
		out, err := train.PredictFrom(frozenStates(job, rendered), base, overlay, examples)
		if err != nil {
			return Predictions{}, err
		}
		return HeadPredictions(data, out, examples), nil
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

// OverlayPositions is how many places of a sequence an overlay takes.
func OverlayPositions(o *nn.Overlay) int {
	n := 0
	if o.Soft != nil {
		n += o.Soft.Embedding.Value.Rows
	}
	if o.Prefix != nil && o.Prefix.Shift {
		n += o.Prefix.Len
	}
	return n
}

// HeadPredictions turns the raw outputs of a head into predictions.
func HeadPredictions(data *dataset.Dataset, out []float32, examples []*train.Example) Predictions {
	cols := Outputs(data)
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

func widen(cols int, x []float32) Predictions {
	p := Predictions{cols: cols, values: make([]float64, len(x))}
	for i, v := range x {
		p.values[i] = float64(v)
	}
	return p
}

// languagePredictions are the loss in nats and the number of scored tokens of
// each row.
func languagePredictions(base *lm.Base, o *nn.Overlay, examples []*train.Example) Predictions {
	p := Predictions{cols: 2}
	_, rows := train.LanguageLoss(base, o, examples, languageKey())
	for _, r := range rows {
		p.values = append(p.values, r.Sum, float64(r.Tokens))
	}
	return p
}

// languageKey draws the masks of a language-modelling task's rows.
func languageKey() tensor.Key { return tensor.NewKey(0, "language") }
