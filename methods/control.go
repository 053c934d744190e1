package methods

import (
	"fmt"
	"io"

	"runexp/internal/lm/tensor"
)

// controlKey draws the labels of control tasks. It does not depend on the
// seed: a control task is fixed, like the data.
var controlKey = tensor.NewKey(0, "control task")

// fitControlled fits the probe of m again on the labels of a control task.
func (m *Probing) fitControlled(p FeaturePredictor, train, dev Features, task Task, key tensor.Key) (FeaturePredictor, error) {
	c := &controlledProbe{FeaturePredictor: p, share: make([]float64, task.Outputs)}
	for _, y := range train.Targets {
		c.share[y.Class] += 1 / float64(train.Rows)
	}
	controlled := func(f Features) (Features, error) {
		if len(f.Types) != f.Rows {
			return f, fmt.Errorf("control task: %d rows have %d input types", f.Rows, len(f.Types))
		}
		f.Targets = c.targets(f.Types)
		return f, nil
	}
	randomTrain, err := controlled(train)
	if err != nil {
		return nil, err
	}
	randomDev, err := controlled(dev)
	if err != nil {
		return nil, err
	}
	// Weights and measure belong to the real classes.
	random := Task{Kind: task.Kind, Outputs: task.Outputs}
	if c.control, err = m.fit(randomTrain, randomDev, random, key); err != nil {
		return nil, fmt.Errorf("control task: %w", err)
	}
	return c, nil
}

// controlledProbe is a probe together with the same probe fitted to random
// labels. Each input type has one label, drawn once with the frequencies of
// the real classes, so that a probe can learn them only by remembering types.
type controlledProbe struct {
	FeaturePredictor
	control FeaturePredictor
	share   []float64 // frequency of each class
}

// targets returns the control label of each input type.
func (c *controlledProbe) targets(types []string) []Target {
	out := make([]Target, len(types))
	for i, typ := range types {
		u := controlKey.Float64(hashText(typ))
		for u -= c.share[0]; u >= 0 && out[i].Class < len(c.share)-1; u -= c.share[out[i].Class] {
			out[i].Class++
		}
	}
	return out
}

// hashText is FNV-1a, which spreads words over the counter of a key.
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// Selectivity compares a probe that was fitted with a control task to its
// control on the rows of f: accuracy on the real labels, accuracy on the
// control labels, and the first minus the second. ok is false for other
// predictors.
func Selectivity(p FeaturePredictor, f Features) (accuracy, control, selectivity float64, ok bool) {
	c, ok := p.(*controlledProbe)
	if !ok || f.Rows == 0 || len(f.Types) != f.Rows {
		return 0, 0, 0, false
	}
	accuracy = classAccuracy(c.PredictFeatures(f), f.Targets)
	control = classAccuracy(c.control.PredictFeatures(f), c.targets(f.Types))
	return accuracy, control, accuracy - control, true
}

func classAccuracy(scores [][]float64, targets []Target) float64 {
	right := 0
	for i, y := range targets {
		if argmax(scores[i]) == y.Class {
			right++
		}
	}
	return float64(right) / float64(len(targets))
}

// StoredBytes returns the size of both probes.
func (c *controlledProbe) StoredBytes() int64 { return savedSize(c) }

// Save writes both probes.
func (c *controlledProbe) Save(w io.Writer) error { return save(w, c) }

func (*controlledProbe) kind() string { return "controlled probe" }

func (c *controlledProbe) encode(e *encoder) {
	e.float64s(c.share)
	for _, p := range []FeaturePredictor{c.FeaturePredictor, c.control} {
		e.predictor(p.(codable))
	}
}

func (c *controlledProbe) decode(d *decoder) {
	c.share = d.float64s()
	d.want(len(c.share) > 0)
	for _, p := range []*FeaturePredictor{&c.FeaturePredictor, &c.control} {
		loaded, ok := d.predictor().(FeaturePredictor)
		if _, nested := loaded.(*controlledProbe); !ok || nested {
			d.want(false)
			return
		}
		*p = loaded
	}
}
