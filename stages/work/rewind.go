package work

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

// rewound is the overlay with the share of its change that does best on dev;
// of equally good ones the largest. The caller frees it.
func (s *Evaluate) rewound(base *lm.Base, o *nn.Overlay, data *dataset.Dataset, enc *encoded, e *Evaluation) (*nn.Overlay, error) {
	dev := enc.splits[dataset.DevSplit]
	if len(dev) == 0 {
		return nil, InputError("rewind: the share is chosen on dev, and the data set has no dev rows")
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
			return nil, InputError(err.Error())
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
	out := train.Predict(base, o, train.Task{Kind: gold.Task, Outputs: Outputs(gold)}, dev)
	return scoreSplit(gold, name, dataset.DevSplit, out, dev)
}
