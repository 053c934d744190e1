package methods

import (
	"math"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// FineTuning trains the model's own parameters and a new head.
//
// With Layers = k only the top k transformer layers move, and what comes
// after them; 0 leaves the head alone, -1 is everything. LayerDecay gives
// lower layers smaller steps:
//
//	lr(l) = lr · LayerDecay^(L-l)    l = -1 the embeddings, L the head
//
// The training attribute schedule orders them in time: "all" moves everything
// from the start; "head_first" moves the head alone for the first half
// (LP-FT); "gradual" adds one layer after another, from the top down, at
// equal intervals.
//
// Sources: Howard and Ruder 2018, arXiv:1801.06146 (gradual unfreezing,
// section 3.3; layer-wise rates, section 3.2); Kumar et al. 2022,
// arXiv:2202.10054 (head first).
type FineTuning struct {
	Layers     int     `hcl:"layers,optional" doc:"top transformer layers that are trained; 0 only the head, -1 everything, embeddings too"`
	LayerDecay float64 `hcl:"layer_decay,optional" doc:"factor on the learning rate from each layer to the one below" source:"Howard and Ruder 2018"`
}

// NewFineTuning returns full fine-tuning.
func NewFineTuning() *FineTuning { return &FineTuning{Layers: -1, LayerDecay: 1} }

// Type returns "fine_tuning".
func (*FineTuning) Type() string { return "fine_tuning" }

// Draws returns true: the head, the order and the dropout are random.
func (*FineTuning) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*FineTuning) Supports(kind string) error { return supportsTraining("fine_tuning", kind) }

// SupportsModel returns an error if the model has fewer layers than are to be
// trained.
func (m *FineTuning) SupportsModel(c *nn.Config) error {
	if m.Layers > c.Layers {
		return fieldErrorf("layers", "The model has %d layers; %d cannot be trained. -1 is everything.", c.Layers, m.Layers)
	}
	return nil
}

// Defaults returns the recipe of BERT's authors.
func (*FineTuning) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 5e-5, Epochs: 3, BatchSize: 32, WeightDecay: 0.01, Warmup: 0.06}
}

// Validate returns what is wrong with the attributes.
func (m *FineTuning) Validate() []error {
	errs := atLeast("layers", m.Layers, -1, "The number of top layers is a count, or -1 for everything")
	if !(m.LayerDecay > 0 && m.LayerDecay <= 1) {
		errs = append(errs, &FieldError{"layer_decay", "The decay of the learning rate per layer must be above 0 and at most 1."})
	}
	return errs
}

// Adapt copies the parameters to be trained and makes a head.
func (m *FineTuning) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is the size of the trained parameters.
func (m *FineTuning) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

// headFirst is the share of the steps in which "head_first" trains the head
// alone.
const headFirst = 0.5

func (m *FineTuning) extend(o *nn.Overlay, base *lm.Base, setup Setup, _ tensor.Key) error {
	top := base.Config().Layers
	specs := m.specs(base, o.Head)
	if err := replaceAll(o, base, specs); err != nil {
		return err
	}
	lowest := top
	for _, s := range specs {
		lowest = min(lowest, s.Layer)
	}
	for _, s := range specs {
		p, below := o.Replaced[s.Name], top-s.Layer
		p.LRScale = math.Pow(m.LayerDecay, float64(below))
		switch setup.Schedule {
		case "head_first":
			p.Since = headFirst
		case "gradual":
			p.Since = float64(below) / float64(top-lowest+1)
		}
	}
	return nil
}

func (m *FineTuning) count(base *lm.Base, head *nn.Head) (Count, error) {
	return countSpecs(m.specs(base, head)), nil
}

// specs lists the parameters to be trained. Positions that are a fixed
// function are not trained.
func (m *FineTuning) specs(base *lm.Base, head *nn.Head) []nn.Spec {
	var specs []nn.Spec
	top := base.Config().Layers
	for _, s := range specsInUse(base, head) {
		inTop := s.Layer >= top-m.Layers && s.Layer >= 0
		if (m.Layers < 0 || m.Layers > 0 && inTop) && s.Init != nn.InitSinusoid {
			specs = append(specs, s)
		}
	}
	return specs
}
