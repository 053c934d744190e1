// Package llama computes the Llama family (Llama, Mistral, Qwen2): pre-norm
// decoders with RMS norm, rotary positions, gated feed-forward layers and
// grouped keys and values.
//
// Rotary positions pair channel i of a head with channel i + HeadDim/2, the
// convention of the Hugging Face layout. Files of the other convention, which
// pairs neighbouring channels, have their query and key rows reordered when
// they are read, so that everything saved is in the first.
//
// Sources: Touvron et al. 2023, arXiv:2302.13971; Su et al. 2021,
// arXiv:2104.09864; Ainslie et al. 2023, arXiv:2305.13245.
package llama

import (
	"math"
	"strconv"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Model is a Llama, Mistral or Qwen2 of some shape.
type Model struct{ config *nn.Config }

// New returns the architecture for c.
func New(c *nn.Config) *Model { return &Model{config: c} }

// Config returns the shape.
func (m *Model) Config() *nn.Config { return m.config }

func layerName(l int) string { return "model.layers." + strconv.Itoa(l) + "." }

// WordEmbedding names the input embedding [V, H].
func (m *Model) WordEmbedding() string { return "model.embed_tokens.weight" }

// Decoder names the output embedding.
func (m *Model) Decoder() (weight, bias string) {
	if m.config.TiedHead {
		return m.WordEmbedding(), ""
	}
	return "lm_head.weight", ""
}

// Encode returns the last hidden states after the final norm.
func (m *Model) Encode(p *nn.Pass, in *nn.Input, rows *nn.Rows) *autodiff.Var {
	c, t := m.config, p.Tape
	x, first := p.Begun()
	if x == nil {
		x = p.Embed(m.WordEmbedding(), in)
		p.ShowLayer(0, in, x)
	}
	cos, sin := m.rotations(t.Arena(), in)
	for l := first; l < p.End(c.Layers); l++ {
		n, last := in.N(), (*nn.Rows)(nil)
		if l == c.Layers-1 && rows != nil {
			n, last = rows.Index.Len(), rows
		}
		x = t.Scope(x, n, c.Hidden, func(x *autodiff.Var) *autodiff.Var { return m.layer(p, in, l, x, last, cos, sin) })
		if last == nil && l < c.Layers-1 {
			p.ShowLayer(l+1, in, x)
		}
	}
	if p.End(c.Layers) < c.Layers {
		return x
	}
	x = p.RMSNorm(x, "model.norm", c.Eps)
	if rows == nil {
		p.ShowLayer(c.Layers, in, x)
	}
	return x
}

func (m *Model) layer(p *nn.Pass, in *nn.Input, l int, x *autodiff.Var, rows *nn.Rows, cos, sin *tensor.Tensor) *autodiff.Var {
	c, t, at := m.config, p.Tape, layerName(l)
	z := p.RMSNorm(x, at+"input_layernorm", c.Eps)
	q, k, v := p.QueryLinear(z, at+"self_attn.q_proj", rows), p.Linear(z, at+"self_attn.k_proj"), p.Linear(z, at+"self_attn.v_proj")
	q = t.Rotary(q, in.Positions, cos, sin, c.HeadDim, false)
	k = t.Rotary(k, in.Positions, cos, sin, c.HeadDim, false)
	a := p.Attend(c, in, l, q, k, v)
	if rows != nil {
		a, x = t.Gather(a, rows.Index), t.Gather(x, rows.Index)
	}
	o := p.Linear(a, at+"self_attn.o_proj")
	x = t.Add(p.Adapter(l, "attention", o, x, nil), x)

	z = p.RMSNorm(x, at+"post_attention_layernorm", c.Eps)
	f := t.SwiGLU(p.Linear(z, at+"mlp.gate_proj"), p.Linear(z, at+"mlp.up_proj"))
	f = p.Linear(f, at+"mlp.down_proj")
	return t.Add(p.Parallel(l, "output", p.Adapter(l, "output", f, x, nil), z), x)
}

// rotations tabulates the angles' cosines and sines up to the last position
// of the batch, [positions, HeadDim/2]; computed in float64.
//
//	angle[p, i] = p · theta^(-2i/HeadDim)
func (m *Model) rotations(a *tensor.Arena, in *nn.Input) (cos, sin *tensor.Tensor) {
	positions := 0
	for _, p := range in.Positions.Slice() {
		positions = max(positions, int(p)+1)
	}
	half := m.config.HeadDim / 2
	c, s := make([]float32, positions*half), make([]float32, positions*half)
	for i := range half {
		frequency := math.Pow(m.config.RopeTheta, -2*float64(i)/float64(m.config.HeadDim))
		for p := range positions {
			sine, cosine := math.Sincos(float64(p) * frequency)
			c[p*half+i], s[p*half+i] = float32(cosine), float32(sine)
		}
	}
	return a.From(positions, half, c), a.From(positions, half, s)
}

// Pool is not part of this architecture.
func (m *Model) Pool(*nn.Pass, *autodiff.Var) *autodiff.Var { panic("llama: no pooler") }

// LMTransform is the identity: the final norm has been applied.
func (m *Model) LMTransform(_ *nn.Pass, h *autodiff.Var) *autodiff.Var { return h }

// Specs lists every parameter in checkpoint order.
func (m *Model) Specs() []nn.Spec {
	c := m.config
	specs := []nn.Spec{{Name: m.WordEmbedding(), Shape: []int{c.Vocabulary, c.Hidden}, Layer: -1}}
	norm := func(name string, layer int) {
		specs = append(specs, nn.Spec{Name: name + ".weight", Shape: []int{c.Hidden}, Init: nn.InitOne, Layer: layer})
	}
	for l := range c.Layers {
		for _, s := range m.layerSites(l) {
			specs = append(specs, nn.Spec{Name: s.WeightName(), Shape: []int{s.Out, s.In}, Layer: l})
			if s.Bias {
				specs = append(specs, nn.Spec{Name: s.BiasName(), Shape: []int{s.Out}, Init: nn.InitZero, Layer: l})
			}
		}
		norm(layerName(l)+"input_layernorm", l)
		norm(layerName(l)+"post_attention_layernorm", l)
	}
	norm("model.norm", c.Layers)
	if !c.TiedHead && c.LMHead {
		specs = append(specs, nn.Spec{Name: "lm_head.weight", Shape: []int{c.Vocabulary, c.Hidden}, Layer: c.Layers, Group: "lm_head"})
	}
	return specs
}

// Sites lists the linear layers.
func (m *Model) Sites() []nn.Site {
	var sites []nn.Site
	for l := range m.config.Layers {
		sites = append(sites, m.layerSites(l)...)
	}
	return sites
}

func (m *Model) layerSites(l int) []nn.Site {
	c, at := m.config, layerName(l)
	q, kv := c.Heads*c.HeadDim, c.KVDim()
	return []nn.Site{
		{Name: at + "self_attn.q_proj", Role: "query", Layer: l, In: c.Hidden, Out: q, Bias: c.QKVBias},
		{Name: at + "self_attn.k_proj", Role: "key", Layer: l, In: c.Hidden, Out: kv, Bias: c.QKVBias},
		{Name: at + "self_attn.v_proj", Role: "value", Layer: l, In: c.Hidden, Out: kv, Bias: c.QKVBias},
		{Name: at + "self_attn.o_proj", Role: "attention_output", Layer: l, In: q, Out: c.Hidden, Bias: c.OutBias},
		{Name: at + "mlp.gate_proj", Role: "gate", Layer: l, In: c.Hidden, Out: c.Intermediate, Bias: c.MLPBias},
		{Name: at + "mlp.up_proj", Role: "up", Layer: l, In: c.Hidden, Out: c.Intermediate, Bias: c.MLPBias},
		{Name: at + "mlp.down_proj", Role: "down", Layer: l, In: c.Intermediate, Out: c.Hidden, Bias: c.MLPBias},
	}
}
