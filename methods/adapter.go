package methods

import (
	"fmt"
	"math"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Bottleneck puts small two-layer networks between the frozen parts of every
// transformer layer and trains only these:
//
//	f(h) = act(h·Downᵀ + b)·Upᵀ + c    Down [H/Reduction, H], Up [H, H/Reduction]
//
//	houlsby   h + f(h) after the attention and after the feed-forward part
//	pfeiffer  h + f(norm(h + x)) after the feed-forward part alone, where x is
//	          the residual; decoders have no norm there
//	parallel  F(x) + 4·f(x) beside the feed-forward part F
//
// Up starts at zero, so an adapted model first equals the base model.
//
// Sources: Houlsby et al. 2019, arXiv:1902.00751; Pfeiffer et al. 2021,
// arXiv:2005.00247; He et al. 2022, arXiv:2110.04366 (parallel, scale 4).
type Bottleneck struct {
	Kind      string `hcl:"kind,optional" doc:"houlsby, pfeiffer or parallel"`
	Reduction int    `hcl:"reduction,optional" doc:"hidden size divided by the width of the bottleneck"`
}

// NewBottleneck returns Houlsby's adapters, a sixteenth as wide as the model.
func NewBottleneck() *Bottleneck { return &Bottleneck{Kind: "houlsby", Reduction: 16} }

// Type returns "adapter".
func (*Bottleneck) Type() string { return "adapter" }

// Draws returns true.
func (*Bottleneck) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*Bottleneck) Supports(kind string) error { return supportsTraining("adapter", kind) }

// SupportsModel returns an error if the bottleneck would have no width.
func (m *Bottleneck) SupportsModel(c *nn.Config) error {
	if m.width(c) < 1 {
		return fieldErrorf("reduction", "A reduction of %d leaves nothing of the hidden size %d.", m.Reduction, c.Hidden)
	}
	return nil
}

// Defaults returns the settings of the AdapterHub documentation.
func (*Bottleneck) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 1e-4, Epochs: 10, BatchSize: 32, WeightDecay: 0.01, Warmup: 0.06}
}

// Validate returns what is wrong with the attributes.
func (m *Bottleneck) Validate() []error {
	return slices.Concat(
		oneOf("kind", m.Kind, "houlsby", "pfeiffer", "parallel"),
		atLeast("reduction", m.Reduction, 1, "The reduction divides the hidden size"))
}

// Adapt makes the bottlenecks and a head.
func (m *Bottleneck) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is 2·H·w + w + H per bottleneck of width w, one or two per layer.
func (m *Bottleneck) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *Bottleneck) width(c *nn.Config) int { return c.Hidden / m.Reduction }

// parts lists the places of a layer that get a bottleneck.
func (m *Bottleneck) parts() []string {
	if m.Kind == "houlsby" {
		return []string{"attention", "output"}
	}
	return []string{"output"}
}

func (m *Bottleneck) extend(o *nn.Overlay, base *lm.Base, _ Setup, key tensor.Key) error {
	c := base.Config()
	if err := m.SupportsModel(c); err != nil {
		return err
	}
	w := m.width(c)
	for l := range c.Layers {
		for i, part := range m.parts() {
			site := nn.BottleneckSite(l, part)
			if o.Bottlenecks[site] != nil {
				return fmt.Errorf("two parts put a bottleneck after the %s of layer %d", part, l)
			}
			name := fmt.Sprintf("layer.%d.%s.adapter", l, part)
			vector := func(suffix string, n int) *nn.Param {
				p := nn.NewParam(o.Arena, name+suffix, 1, n)
				p.NoDecay = true
				tensor.Fill(p.Value, 0)
				return p
			}
			b := &nn.Bottleneck{
				Kind: m.Kind, Activation: m.activation(), Scale: 1,
				Down: nn.NewParam(o.Arena, name+"_down.weight", w, c.Hidden), DownBias: vector("_down.bias", w),
				Up: nn.NewParam(o.Arena, name+"_up.weight", c.Hidden, w), UpBias: vector("_up.bias", c.Hidden),
			}
			if m.Kind == "parallel" {
				b.Scale = 4
			}
			bound := float32(1 / math.Sqrt(float64(c.Hidden)))
			tensor.FillUniform(b.Down.Value, -bound, bound, key.At(uint64(l)).At(uint64(i)))
			tensor.Fill(b.Up.Value, 0)
			o.Bottlenecks[site] = b
		}
	}
	return nil
}

// activation is what AdapterHub has for the kind.
func (m *Bottleneck) activation() string {
	if m.Kind == "houlsby" {
		return "silu"
	}
	return "relu"
}

func (m *Bottleneck) count(base *lm.Base, _ *nn.Head) (Count, error) {
	c := base.Config()
	if err := m.SupportsModel(c); err != nil {
		return Count{}, err
	}
	h, w := int64(c.Hidden), int64(m.width(c))
	n := (2*h*w + w + h) * int64(len(m.parts())*c.Layers)
	return Count{Trained: n, Stored: n}, nil
}
