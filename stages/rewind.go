package stages

import (
	"fmt"
	"slices"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/metric"
	"runexp/internal/train"
	"runexp/methods"
)

// Rewinding is what every trained method takes besides its training.
type Rewinding struct {
	Rewind []float64 `hcl:"rewind,optional" doc:"shares of the trained change to try after training, the best on dev is used; 0 is the base model under the trained head, 1 what was trained" source:"Wortsman et al. 2022"`
}

// Validate checks the shares.
func (r *Rewinding) Validate() []error {
	for i, share := range r.Rewind {
		switch {
		case !(share >= 0 && share <= 1):
			return []error{wrong("rewind", "%g is no share: it must be from 0 to 1.", share)}
		case slices.Contains(r.Rewind[:i], share):
			return []error{wrong("rewind", "%g stands there twice.", share)}
		}
	}
	return nil
}

// makesTokens reports whether a method trains vectors that stand beside the
// input, which are no change of the model that could be scaled.
func makesTokens(m methods.Method) bool {
	switch m := m.(type) {
	case *methods.PrefixTuning, *methods.PromptTuning:
		return true
	case *methods.Union:
		return slices.ContainsFunc(m.Parts, func(p *methods.Part) bool { return makesTokens(p.Method) })
	}
	return false
}

// rewound is the overlay with the share of its change that does best on dev;
// of equally good ones the largest. The caller frees it.
func (s *Evaluate) rewound(base *lm.Base, o *nn.Overlay, data *dataset.Dataset, enc *encoded, e *Evaluation) (*nn.Overlay, error) {
	dev := enc.splits[dataset.DevSplit]
	if len(dev) == 0 {
		return nil, inputError{"rewind: the share is chosen on dev, and the data set has no dev rows"}
	}
	gold, err := answers(data, dataset.DevSplit)
	if err != nil {
		return nil, err
	}
	shares := slices.Clone(s.Rewind)
	slices.Sort(shares)
	best, at := 0.0, -1
	for i, share := range slices.Backward(shares) {
		r, err := methods.Rewind(base, o, share)
		if err != nil {
			return nil, inputError{err.Error()}
		}
		score := devScore(base, r, gold, s.Metric, dev)
		r.Free()
		if at < 0 || score > best {
			best, at = score, i
		}
	}
	e.Metrics = append(e.Metrics, Metric{Split: dataset.DevSplit, Slice: "all", Name: "rewind", Value: shares[at], N: len(dev)})
	e.Note = fmt.Sprintf("rewound to %g of the trained change, the best of %d shares on dev (%s %.3f)", shares[at], len(shares), s.Metric, unsigned(s.Metric, best))
	return methods.Rewind(base, o, shares[at])
}

// unsigned is a metric's value of a score that was turned so that higher is
// better.
func unsigned(name string, score float64) float64 {
	if m, err := metric.ByName(name); err == nil && !m.Higher {
		return -score
	}
	return score
}

// devScore is the metric of an overlay on dev; higher is better.
func devScore(base *lm.Base, o *nn.Overlay, gold *dataset.Dataset, name string, dev []*train.Example) float64 {
	if gold.Task == dataset.LanguageModeling {
		loss, _ := train.LanguageLoss(base, o, dev, languageKey())
		return -loss
	}
	out := train.Predict(base, o, train.Task{Kind: gold.Task, Outputs: outputs(gold)}, dev)
	return scoreSplit(gold, name, dataset.DevSplit, out, dev)
}
