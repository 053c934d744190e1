package nn

import (
	"strconv"

	"runexp/internal/lm/autodiff"
)

// A Pass is one forward computation: a tape, the weights, what lies over
// them, and the randomness of this step.
type Pass struct {
	Tape    *autodiff.Tape
	Weights map[string]*Param // the base
	Overlay *Overlay          // may be nil
	Sites   map[string]Site
	// Train turns dropout on; Seed and Step key its masks.
	Train bool
	Seed  uint64
	Step  uint64
	// DropoutRate, if not nil, stands for all dropout rates of the model and
	// the head.
	DropoutRate *float64
	// Observe, if set, is shown the hidden states [N, H] after the embeddings
	// (layer 0) and after each layer (1 … L) while they are valid.
	Observe func(layer int, in *Input, h *autodiff.Var)
	// Known, if set, is what the pass starts from instead of the embeddings.
	Known *Known
	// Until, above 0, ends Encode after so many layers, without a final norm.
	Until int
	// ObserveKV, if set, is shown each layer's keys and values [N, KVDim], as
	// attention reads them, while they are valid.
	ObserveKV func(layer int, k, v *autodiff.Var)

	prefix *autodiff.Var
	leaves map[*Param]*autodiff.Var
}

func itoa(n int) string { return strconv.Itoa(n) }

// leaf puts a parameter on the tape, once per pass.
func (p *Pass) leaf(q *Param) *autodiff.Var {
	if v, ok := p.leaves[q]; ok {
		return v
	}
	var v *autodiff.Var
	if q.Trained() {
		v = p.Tape.Leaf(q.Value, q)
	} else {
		v = p.Tape.Const(q.Value)
	}
	if p.leaves == nil {
		p.leaves = map[*Param]*autodiff.Var{}
	}
	p.leaves[q] = v
	return v
}

// Param returns the overlay's parameter of that name, or else the base's.
func (p *Pass) Param(name string) *autodiff.Var {
	if p.Overlay != nil {
		if q, ok := p.Overlay.Replaced[name]; ok {
			return p.leaf(q)
		}
	}
	q, ok := p.Weights[name]
	if !ok {
		panic("nn: the model has no parameter " + strconv.Quote(name))
	}
	return p.leaf(q)
}

// LayerNorm applies the norm whose parameters are name.weight and name.bias.
func (p *Pass) LayerNorm(x *autodiff.Var, name string, eps float64) *autodiff.Var {
	return p.Tape.LayerNorm(x, p.Param(name+".weight"), p.Param(name+".bias"), float32(eps))
}

// RMSNorm applies the norm whose scale is name.weight.
func (p *Pass) RMSNorm(x *autodiff.Var, name string, eps float64) *autodiff.Var {
	return p.Tape.RMSNorm(x, p.Param(name+".weight"), float32(eps))
}

// ShowLayer lets Observe see the hidden states of a layer.
func (p *Pass) ShowLayer(layer int, in *Input, h *autodiff.Var) {
	if p.Observe != nil {
		p.Observe(layer, in, h)
	}
}
