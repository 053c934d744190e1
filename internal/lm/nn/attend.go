package nn

import (
	"math"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// slotAttention is the place of the attention's dropout in a layer;
// architectures number theirs from 1.
const slotAttention = 0

// Attend is the attention of a layer: every query [·, Heads·HeadDim] reads the
// keys and values [N, KVDim] of its sequence and those of the prefix.
func (p *Pass) Attend(c *Config, in *Input, layer int, q, k, v *autodiff.Var) *autodiff.Var {
	if p.ObserveKV != nil {
		p.ObserveKV(layer, k, v)
	}
	prefixK, prefixV := p.prefixKV(layer, c.KVDim())
	return p.Tape.Attention(q, k, v, in.Offsets, prefixK, prefixV, p.attentionConfig(c, layer))
}

// attentionConfig is the attention of a layer, with its dropout if p trains.
func (p *Pass) attentionConfig(c *Config, layer int) tensor.AttentionConfig {
	a := tensor.AttentionConfig{
		Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim,
		Scale:  float32(1 / math.Sqrt(float64(c.HeadDim))),
		Causal: c.Causal(),
	}
	if rate := p.rate(float32(c.AttnDropout)); rate > 0 {
		a.Dropout, a.Key = rate, p.key(Slot(layer, slotAttention))
	}
	return a
}
