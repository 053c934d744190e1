// Package bert computes the post-norm encoders BERT, RoBERTa and DistilBERT.
//
// They share one transformer; what differs is the names in the checkpoint,
// the embeddings and the language-modelling head, so each has a table of
// names (names.go) and the computation is written once.
//
// Sources: Devlin et al. 2019, arXiv:1810.04805; Liu et al. 2019,
// arXiv:1907.11692; Sanh et al. 2019, arXiv:1910.01108.
package bert

import (
	"strconv"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Model is a BERT, RoBERTa or DistilBERT of some shape.
type Model struct {
	config *nn.Config
	names  names
}

// New returns the architecture for c, whose ModelType is bert, roberta or
// distilbert.
func New(c *nn.Config) *Model { return &Model{config: c, names: namesOf(c.ModelType)} }

// Config returns the shape.
func (m *Model) Config() *nn.Config { return m.config }

// WordEmbedding names the input embedding [V, H].
func (m *Model) WordEmbedding() string { return m.names.root + ".embeddings.word_embeddings.weight" }

// Decoder names the output embedding, which is the input embedding, and its
// bias.
func (m *Model) Decoder() (weight, bias string) { return m.WordEmbedding(), m.names.lmBias }

// Encode returns the last hidden states, [N, H], or only rows of them.
func (m *Model) Encode(p *nn.Pass, in *nn.Input, rows *nn.Rows) *autodiff.Var {
	c, t := m.config, p.Tape
	x, first := p.Begun()
	if x == nil {
		x = m.embed(p, in)
		p.ShowLayer(0, in, x)
	}
	for l := first; l < p.End(c.Layers); l++ {
		n, last := in.N(), (*nn.Rows)(nil)
		if l == c.Layers-1 && rows != nil {
			n, last = rows.Index.Len(), rows
		}
		x = t.Scope(x, n, c.Hidden, func(x *autodiff.Var) *autodiff.Var { return m.layer(p, in, l, x, last) })
		if last == nil {
			p.ShowLayer(l+1, in, x)
		}
	}
	if c.Layers == 0 && rows != nil {
		return t.Gather(x, rows.Index)
	}
	return x
}

// embed is LayerNorm(word + position + type), then dropout.
func (m *Model) embed(p *nn.Pass, in *nn.Input) *autodiff.Var {
	c, t, root := m.config, p.Tape, m.names.root+".embeddings."
	x := p.Embed(m.WordEmbedding(), in)
	x = t.Add(x, t.Gather(p.Param(root+"position_embeddings.weight"), in.Positions))
	if c.TypeVocab > 0 {
		x = t.Add(x, t.Gather(p.Param(root+"token_type_embeddings.weight"), in.Types))
	}
	x = p.LayerNorm(x, root+"LayerNorm", c.Eps)
	return p.EmbeddingDropout(x, float32(c.Dropout))
}

// layer is attention and feed-forward, each followed by dropout, residual and
// norm. With rows, all products but those of keys, values and attention itself
// are computed for those rows alone.
func (m *Model) layer(p *nn.Pass, in *nn.Input, l int, x *autodiff.Var, rows *nn.Rows) *autodiff.Var {
	c, t, at := m.config, p.Tape, m.names.layer(l)
	q, k, v := p.QueryLinear(x, at+m.names.query, rows), p.Linear(x, at+m.names.key), p.Linear(x, at+m.names.value)
	a := p.Attend(c, in, l, q, k, v)
	if rows != nil {
		a, x = t.Gather(a, rows.Index), t.Gather(x, rows.Index)
	}
	h := p.Linear(a, at+m.names.attentionOut)
	x = m.close(p, l, "attention", at+m.names.attentionNorm, h, x)

	f := t.Activate(p.Linear(x, at+m.names.intermediate), nn.ActivationByName(c.Activation))
	f = p.Parallel(l, "output", p.Linear(f, at+m.names.output), x)
	return m.close(p, l, "output", at+m.names.outputNorm, f, x)
}

// close ends a part of a layer: dropout, adapter, residual, norm.
func (m *Model) close(p *nn.Pass, l int, part, norm string, h, x *autodiff.Var) *autodiff.Var {
	slot := nn.Slot(l, slotAttentionOut)
	if part == "output" {
		slot = nn.Slot(l, slotOutput)
	}
	apply := func(v *autodiff.Var) *autodiff.Var { return p.LayerNorm(v, norm, m.config.Eps) }
	if !p.HasAdapter(l, part) {
		return apply(p.DropoutAdd(h, x, float32(m.config.Dropout), slot))
	}
	h = p.Dropout(h, float32(m.config.Dropout), slot)
	return apply(p.Tape.Add(p.Adapter(l, part, h, x, apply), x))
}

const (
	_ = iota // attention
	slotAttentionOut
	slotOutput
)

// Pool is tanh of a dense layer on the CLS row (BERT's pooler).
func (m *Model) Pool(p *nn.Pass, h *autodiff.Var) *autodiff.Var {
	return p.Tape.Activate(p.Linear(h, m.names.root+".pooler.dense"), tensor.Tanh)
}

// LMTransform is dense, activation and norm before the decoder.
func (m *Model) LMTransform(p *nn.Pass, h *autodiff.Var) *autodiff.Var {
	h = p.Tape.Linear(h, p.Param(m.names.lmDense+".weight"), p.Param(m.names.lmDense+".bias"), autodiff.OutIn)
	h = p.Tape.Activate(h, nn.ActivationByName(m.lmActivation()))
	return p.LayerNorm(h, m.names.lmNorm, m.config.Eps)
}

// lmActivation: RoBERTa's head has GELU whatever hidden_act says.
func (m *Model) lmActivation() string {
	if m.config.ModelType == "roberta" {
		return "gelu"
	}
	return m.config.Activation
}

func itoa(n int) string { return strconv.Itoa(n) }
