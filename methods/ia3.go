package methods

import (
	"fmt"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// IA3 rescales activations by trained vectors: the outputs of key and value
// projections, and the inputs of the projections that end a part of a layer.
//
//	y = l ∘ (x·Wᵀ + b)    or    y = (l ∘ x)·Wᵀ + b
//
// The vectors start at one, so an adapted model first equals the base model.
// By default the sites are PEFT's, which on BERT and RoBERTa include the
// attention's output projection; the paper's own are
// targets = ["key", "value", "output"].
//
// Source: Liu et al. 2022, arXiv:2205.05638, section 3.3.
type IA3 struct {
	Targets []string `hcl:"targets,optional" doc:"linear layers by the end of their name or by role; default: keys, values and the end of the feed-forward part"`
}

// Type returns "ia3".
func (*IA3) Type() string { return "ia3" }

// Draws returns true.
func (*IA3) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*IA3) Supports(kind string) error { return supportsTraining("ia3", kind) }

// SupportsModel returns nil for every model; Trainable finds unknown targets.
func (*IA3) SupportsModel(*nn.Config) error { return nil }

// Defaults returns T-Few's rate and batch.
func (*IA3) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 3e-3, Epochs: 10, BatchSize: 8, WeightDecay: 0, Warmup: 0.06}
}

// Adapt makes the vectors and a head.
func (m *IA3) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is the sum of the vectors' lengths.
func (m *IA3) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *IA3) sites(base *lm.Base) ([]nn.Site, error) {
	return matchSites(base, orDefault(m.Targets, base.Config(), rescaledTargets))
}

// scalesInput reports whether the vector lies before the layer: on
// projections back to the hidden size, where it stands for the activations
// inside the part.
func scalesInput(s nn.Site) bool {
	return s.Role == "output" || s.Role == "down" || s.Role == "attention_output"
}

func vectorLength(s nn.Site) int {
	if scalesInput(s) {
		return s.In
	}
	return s.Out
}

func (m *IA3) extend(o *nn.Overlay, base *lm.Base, _ Setup, _ tensor.Key) error {
	sites, err := m.sites(base)
	if err != nil {
		return err
	}
	for _, s := range sites {
		if o.Scales[s.Name] != nil {
			return fmt.Errorf("two parts rescale %s", s.Name)
		}
		v := nn.NewParam(o.Arena, s.Name+".ia3", 1, vectorLength(s))
		v.NoDecay = true
		tensor.Fill(v.Value, 1)
		o.Scales[s.Name] = &nn.ActivationScale{Vector: v, Input: scalesInput(s)}
	}
	return nil
}

func (m *IA3) count(base *lm.Base, _ *nn.Head) (Count, error) {
	sites, err := m.sites(base)
	n := int64(0)
	for _, s := range sites {
		n += int64(vectorLength(s))
	}
	return Count{Trained: n, Stored: n}, err
}
