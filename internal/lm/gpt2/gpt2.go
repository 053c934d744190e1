// Package gpt2 computes GPT-2: a pre-norm decoder with learned positions, one
// matrix for query, key and value, and weights kept as [in, out].
//
// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask
// Learners".
package gpt2

import (
	"strconv"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
)

// Model is a GPT-2 of some shape.
type Model struct{ config *nn.Config }

// New returns the architecture for c.
func New(c *nn.Config) *Model { return &Model{config: c} }

// Config returns the shape.
func (m *Model) Config() *nn.Config { return m.config }

const root = "transformer."

func layerName(l int) string { return root + "h." + strconv.Itoa(l) + "." }

// WordEmbedding names the input embedding [V, H].
func (m *Model) WordEmbedding() string { return root + "wte.weight" }

// Decoder names the output embedding, which is the input embedding.
func (m *Model) Decoder() (weight, bias string) { return m.WordEmbedding(), "" }

const (
	_ = iota // attention
	slotAttentionOut
	slotOutput
)

// Encode returns the last hidden states after the final norm.
func (m *Model) Encode(p *nn.Pass, in *nn.Input, rows *nn.Rows) *autodiff.Var {
	c, t := m.config, p.Tape
	x, first := p.Begun()
	if x == nil {
		x = p.Embed(m.WordEmbedding(), in)
		x = t.Add(x, t.Gather(p.Param(root+"wpe.weight"), in.Positions))
		x = p.EmbeddingDropout(x, float32(c.Dropout))
		p.ShowLayer(0, in, x)
	}
	for l := first; l < p.End(c.Layers); l++ {
		n, last := in.N(), (*nn.Rows)(nil)
		if l == c.Layers-1 && rows != nil {
			n, last = rows.Index.Len(), rows
		}
		x = t.Scope(x, n, c.Hidden, func(x *autodiff.Var) *autodiff.Var { return m.layer(p, in, l, x, last) })
		if last == nil && l < c.Layers-1 {
			p.ShowLayer(l+1, in, x)
		}
	}
	if p.End(c.Layers) < c.Layers {
		return x
	}
	x = p.LayerNorm(x, root+"ln_f", c.Eps)
	if rows == nil {
		p.ShowLayer(c.Layers, in, x)
	}
	return x
}

func (m *Model) layer(p *nn.Pass, in *nn.Input, l int, x *autodiff.Var, rows *nn.Rows) *autodiff.Var {
	c, t, at := m.config, p.Tape, layerName(l)
	h := c.Hidden
	qkv := p.Linear(p.LayerNorm(x, at+"ln_1", c.Eps), at+"attn.c_attn")
	a := p.Attend(c, in, l, t.Columns(qkv, 0, h), t.Columns(qkv, h, 2*h), t.Columns(qkv, 2*h, 3*h))
	if rows != nil {
		a, x = t.Gather(a, rows.Index), t.Gather(x, rows.Index)
	}
	o := p.Dropout(p.Linear(a, at+"attn.c_proj"), float32(c.Dropout), nn.Slot(l, slotAttentionOut))
	x = t.Add(p.Adapter(l, "attention", o, x, nil), x)

	z := p.LayerNorm(x, at+"ln_2", c.Eps)
	f := t.Activate(p.Linear(z, at+"mlp.c_fc"), nn.ActivationByName(c.Activation))
	f = p.Dropout(p.Linear(f, at+"mlp.c_proj"), float32(c.Dropout), nn.Slot(l, slotOutput))
	return t.Add(p.Parallel(l, "output", p.Adapter(l, "output", f, x, nil), z), x)
}

// Pool is not part of this architecture.
func (m *Model) Pool(*nn.Pass, *autodiff.Var) *autodiff.Var { panic("gpt2: no pooler") }

// LMTransform is the identity: the final norm has been applied.
func (m *Model) LMTransform(_ *nn.Pass, h *autodiff.Var) *autodiff.Var { return h }

// Specs lists every parameter in checkpoint order.
func (m *Model) Specs() []nn.Spec {
	c := m.config
	specs := []nn.Spec{
		{Name: root + "wte.weight", Shape: []int{c.Vocabulary, c.Hidden}, Layer: -1},
		{Name: root + "wpe.weight", Shape: []int{c.MaxPositions, c.Hidden}, Layer: -1},
	}
	norm := func(name string, layer int) {
		specs = append(specs,
			nn.Spec{Name: name + ".weight", Shape: []int{c.Hidden}, Init: nn.InitOne, Layer: layer},
			nn.Spec{Name: name + ".bias", Shape: []int{c.Hidden}, Init: nn.InitZero, Layer: layer})
	}
	for l := range c.Layers {
		norm(layerName(l)+"ln_1", l)
		for i, s := range m.layerSites(l) {
			if i == 2 {
				norm(layerName(l)+"ln_2", l)
			}
			specs = append(specs,
				nn.Spec{Name: s.WeightName(), Shape: []int{s.In, s.Out}, Layer: l},
				nn.Spec{Name: s.BiasName(), Shape: []int{s.Out}, Init: nn.InitZero, Layer: l})
		}
	}
	norm(root+"ln_f", c.Layers)
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
	h, at := m.config.Hidden, layerName(l)
	return []nn.Site{
		{Name: at + "attn.c_attn", Role: "qkv", Layer: l, In: h, Out: 3 * h, InOut: true, Bias: true},
		{Name: at + "attn.c_proj", Role: "attention_output", Layer: l, In: h, Out: h, InOut: true, Bias: true},
		{Name: at + "mlp.c_fc", Role: "intermediate", Layer: l, In: h, Out: m.config.Intermediate, InOut: true, Bias: true},
		{Name: at + "mlp.c_proj", Role: "output", Layer: l, In: m.config.Intermediate, Out: h, InOut: true, Bias: true},
	}
}
