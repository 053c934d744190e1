package methods

import (
	"errors"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// BitFit trains the biases of the model and nothing else of it: those of all
// linear layers and norms, or of the modules that Biases names.
//
// Source: Ben-Zaken et al. 2022, arXiv:2106.10199.
type BitFit struct {
	Biases []string `hcl:"biases,optional" doc:"modules whose bias is trained, by the end of their name or by role; default: all"`
}

// Type returns "bitfit".
func (*BitFit) Type() string { return "bitfit" }

// Draws returns true.
func (*BitFit) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*BitFit) Supports(kind string) error { return supportsTraining("bitfit", kind) }

// errNoBiases says why BitFit does not fit a Llama.
var errNoBiases = errors.New("this model has no biases for bitfit to train")

// SupportsModel returns an error for models without biases.
func (*BitFit) SupportsModel(c *nn.Config) error {
	switch c.ModelType {
	case "llama", "mistral", "qwen2":
		if !c.QKVBias && !c.OutBias && !c.MLPBias {
			return errNoBiases
		}
	}
	return nil
}

// Defaults returns OpenDelta's settings.
func (*BitFit) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 1e-3, Epochs: 10, BatchSize: 32, WeightDecay: 0, Warmup: 0.06}
}

// Adapt copies the biases and makes a head.
func (m *BitFit) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is the size of the biases.
func (m *BitFit) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *BitFit) extend(o *nn.Overlay, base *lm.Base, _ Setup, _ tensor.Key) error {
	specs, err := m.specs(base, o.Head)
	if err != nil {
		return err
	}
	return replaceAll(o, base, specs)
}

func (m *BitFit) count(base *lm.Base, head *nn.Head) (Count, error) {
	specs, err := m.specs(base, head)
	return countSpecs(specs), err
}

func (m *BitFit) specs(base *lm.Base, head *nn.Head) ([]nn.Spec, error) {
	all := biasSpecs(base, head)
	if len(all) == 0 {
		return nil, errNoBiases
	}
	if len(m.Biases) == 0 {
		return all, nil
	}
	var specs []nn.Spec
	hit := make([]bool, len(m.Biases))
	for _, s := range all {
		module := strings.TrimSuffix(s.Name, ".bias")
		matched := false
		for i, b := range m.Biases {
			if endsIn(module, b) || base.Sites[module].Role == b {
				matched, hit[i] = true, true
			}
		}
		if matched {
			specs = append(specs, s)
		}
	}
	for i, ok := range hit {
		if !ok {
			return nil, fieldErrorf("biases", "No module with a bias is named %q.", m.Biases[i])
		}
	}
	return specs, nil
}

// biasSpecs lists the biases that the forward pass reads.
func biasSpecs(base *lm.Base, head *nn.Head) []nn.Spec {
	var specs []nn.Spec
	for _, s := range specsInUse(base, head) {
		if len(s.Shape) == 1 && strings.HasSuffix(s.Name, "bias") {
			specs = append(specs, s)
		}
	}
	return specs
}
