package work

import (
	"math"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/tensor"
	"runexp/internal/shift"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/stages/block"
)

// DiagnosisNeed is the representation that sides are told apart by.
var DiagnosisNeed = methods.FeatureNeed{Layer: -1, Pooling: "mean"}

// askedRows bounds how many rows a side are asked for their label.
const askedRows = 300

// frozen fills in what the untouched model and its tokenizer say of rows.
func (s *Diagnose) frozen(job *pipeline.Job, base *lm.Base, data *dataset.Dataset, side *sampled, rows []shift.Row) error {
	examples := make([]*train.Example, len(rows))
	unknown := base.Tokenizer.Special().UNK
	for i := range rows {
		e, cut, err := side.inputs[i].Example(base, data, side.rows[i], 0)
		if err != nil {
			return err
		}
		examples[i], rows[i].Truncated, rows[i].Tokens = e, cut, e.Tokens()
		rows[i].Pieces = len(base.Tokenizer.Encode(side.text(i)))
		for _, q := range e.Sequences {
			for _, id := range q.IDs {
				if id == unknown {
					rows[i].Unknown++
				}
			}
		}
	}
	if err := s.features(job, base, data, side, examples, rows); err != nil {
		return err
	}
	if base.Config().LMHead {
		_, losses := train.LanguageLoss(base, nil, examples, tensor.NewKey(diagnosisSeed, "mask"))
		for i, l := range losses {
			rows[i].Loss, rows[i].Scored = l.Sum, l.Tokens
		}
	}
	if !s.asks() {
		return nil
	}
	return s.mass(base, data, side, rows)
}

// features reads the pass that probes share, or makes one of its own.
func (s *Diagnose) features(job *pipeline.Job, base *lm.Base, data *dataset.Dataset, side *sampled, examples []*train.Example, rows []shift.Row) error {
	hidden := base.Config().Hidden
	if _, ok := job.In["features"]; ok {
		all, err := readFeatures(job, "features", data, DiagnosisNeed)
		if err != nil {
			return err
		}
		x := all[side.split]
		for i, at := range side.index {
			rows[i].Features = x.X[at*x.Cols : (at+1)*x.Cols]
		}
		return nil
	}
	need, err := ResolveNeed(base, DiagnosisNeed)
	if err != nil {
		return err
	}
	x := train.Features(base, examples, []train.FeatureNeed{need}, false, nil)[0]
	for i, e := range examples {
		f, n := make([]float32, hidden), float32(len(e.Sequences))
		for range e.Sequences {
			for k := range f {
				f[k] += x[k] / n
			}
			x = x[hidden:]
		}
		rows[i].Features = f
	}
	return nil
}

// mass asks the model for label words and adds up the probability of all of them.
// Formats that the model cannot answer in are not asked.
func (s *Diagnose) mass(base *lm.Base, data *dataset.Dataset, side *sampled, rows []shift.Row) error {
	askers := map[*block.Format]*asker{}
	for i := range rows[:min(askedRows, len(rows))] {
		in := side.inputs[i]
		if s.Asked != nil {
			in = *s.Asked
		}
		a, known := askers[in.Format]
		if !known {
			a = diagnosisAsker(base, data, in)
			askers[in.Format] = a
		}
		if a == nil {
			continue
		}
		p, err := a.prompt(side.rows[i], nil)
		if err != nil {
			return err
		}
		rows[i].Mass = 0
		for _, scores := range methods.ScoreAnswers(base, a.wordsAlone(p)) {
			for _, v := range scores {
				rows[i].Mass += math.Exp(v)
			}
		}
	}
	return nil
}

// diagnosisAsker is nil for a format without label words, or whose words this model
// cannot say; that is a mistake only for a method that needs them.
func diagnosisAsker(base *lm.Base, data *dataset.Dataset, in Input) *asker {
	if in.Format == nil || len(in.Format.Words) == 0 || in.Format.Answerable(base.Config(), true) != "" {
		return nil
	}
	in.Words = in.Format.Words
	a, err := newAsker(base, data, in, methods.Asking{}, "")
	if err != nil {
		return nil
	}
	return a
}
