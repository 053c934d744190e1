package nn

import (
	"math"
	"slices"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// Known are hidden states that a pass takes as given: those after the first
// Layers layers of the base. Below the last layer there is a row for each
// token, [N, H]; of all layers they are what the head's pooling leaves of the
// last hidden states.
type Known struct {
	Layers int
	Hidden *tensor.Tensor
}

// Begun returns the hidden states that the layers start from and how many
// layers they have passed; nil and 0 where that is the embeddings.
func (p *Pass) Begun() (x *autodiff.Var, layers int) {
	if p.Known == nil {
		return nil, 0
	}
	return p.Tape.Const(p.Known.Hidden), p.Known.Layers
}

// End is the number of layers, of so many, after which the pass ends; short
// of all of them, no final norm follows.
func (p *Pass) End(layers int) int {
	if p.Until > 0 {
		return min(p.Until, layers)
	}
	return layers
}

// Untouched counts the lowest layers whose hidden states under this overlay
// are those of the base alone: in them and below nothing is trained at
// present, added, or replaced by other numbers.
func (o *Overlay) Untouched(arch Architecture, weights map[string]*Param) int {
	top := arch.Config().Layers
	if o.Prefix != nil || o.Soft != nil {
		return 0
	}
	lowest := top
	for _, s := range arch.Specs() {
		p, ok := o.Replaced[s.Name]
		if !ok || !p.Trained() && sameBits(p.Value, weights[s.Name].Value) {
			continue
		}
		layer := s.Layer
		if layer == top && s.Group == "" {
			layer-- // the final norm is part of the last hidden states
		}
		lowest = min(lowest, layer)
	}
	for _, s := range arch.Sites() {
		if o.LowRank[s.Name] != nil || o.Scales[s.Name] != nil {
			lowest = min(lowest, s.Layer)
		}
	}
	for l := range top {
		if o.Bottlenecks[BottleneckSite(l, "attention")] != nil || o.Bottlenecks[BottleneckSite(l, "output")] != nil {
			lowest = min(lowest, l)
		}
	}
	return max(lowest, 0)
}

func sameBits(a, b *tensor.Tensor) bool {
	return slices.EqualFunc(a.Slice(), b.Slice(), func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}
