package methods

import (
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// LayerNorm trains the scales and shifts of all norms (RMS norms have no
// shift) and nothing else of the model.
//
// Source: Qi et al. 2022, "Parameter-Efficient Tuning on Layer Normalization
// for Pre-trained Language Models".
type LayerNorm struct{}

// Type returns "layer_norm".
func (*LayerNorm) Type() string { return "layer_norm" }

// Draws returns true.
func (*LayerNorm) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*LayerNorm) Supports(kind string) error { return supportsTraining("layer_norm", kind) }

// SupportsModel returns nil for every model.
func (*LayerNorm) SupportsModel(*nn.Config) error { return nil }

// Defaults returns T-Few's rate.
func (*LayerNorm) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 3e-4, Epochs: 10, BatchSize: 32, WeightDecay: 0, Warmup: 0.06}
}

// Adapt copies the norms and makes a head.
func (m *LayerNorm) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is 2·H per layer norm, H per RMS norm.
func (m *LayerNorm) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *LayerNorm) extend(o *nn.Overlay, base *lm.Base, _ Setup, _ tensor.Key) error {
	return replaceAll(o, base, normSpecs(base, o.Head))
}

func (m *LayerNorm) count(base *lm.Base, head *nn.Head) (Count, error) {
	return countSpecs(normSpecs(base, head)), nil
}

// normSpecs lists the norms' parameters: what starts at one, and the biases
// beside it.
func normSpecs(base *lm.Base, head *nn.Head) []nn.Spec {
	used := specsInUse(base, head)
	norms := map[string]bool{}
	for _, s := range used {
		if s.Init == nn.InitOne {
			norms[strings.TrimSuffix(s.Name, ".weight")] = true
		}
	}
	var specs []nn.Spec
	for _, s := range used {
		module := s.Name[:strings.LastIndex(s.Name, ".")]
		if norms[module] {
			specs = append(specs, s)
		}
	}
	return specs
}
