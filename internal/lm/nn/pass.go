package nn

import (
	"math"
	"strconv"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
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

	prefix *autodiff.Var
	leaves map[*Param]*autodiff.Var
}

// Dropout masks are keyed by slot: layer·slotsPerLayer + place, so that a
// recomputed layer drops the same elements.
const (
	slotsPerLayer = 16
	slotEmbedding = -1
	slotHead      = -8
	slotLowRank   = 1 << 20
)

// Slot numbers the places of dropout inside a layer.
func Slot(layer, place int) int { return layer*slotsPerLayer + place }

func itoa(n int) string { return strconv.Itoa(n) }

func (p *Pass) key(slot int) tensor.Key {
	return tensor.NewKey(p.Seed, "dropout/"+itoa(slot)).At(p.Step)
}

// Dropout drops elements of x in training, if anything below x is trained.
func (p *Pass) Dropout(x *autodiff.Var, rate float32, slot int) *autodiff.Var {
	rate = p.rate(rate)
	if rate == 0 {
		return x
	}
	return p.Tape.Dropout(x, rate, p.key(slot))
}

// rate is the dropout rate that acts where the model's own is own.
func (p *Pass) rate(own float32) float32 {
	switch {
	case !p.Train:
		return 0
	case p.DropoutRate != nil:
		return float32(*p.DropoutRate)
	}
	return own
}

// DropoutAdd is Dropout(x) + residual.
func (p *Pass) DropoutAdd(x, residual *autodiff.Var, rate float32, slot int) *autodiff.Var {
	return p.Tape.DropoutAdd(x, residual, p.rate(rate), p.key(slot))
}

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

// Embed looks up the batch's tokens in the named table and puts soft tokens
// between them; [N, H].
func (p *Pass) Embed(table string, in *Input) *autodiff.Var {
	x := p.Tape.Gather(p.Param(table), in.IDs)
	if in.Order == nil {
		return x
	}
	return p.Tape.Gather(p.Tape.Concat(x, p.leaf(p.Overlay.Soft.Embedding)), in.Order)
}

// EmbeddingDropout is the dropout after the embeddings.
func (p *Pass) EmbeddingDropout(x *autodiff.Var, rate float32) *autodiff.Var {
	return p.Dropout(x, rate, slotEmbedding)
}

// LayerNorm applies the norm whose parameters are name.weight and name.bias.
func (p *Pass) LayerNorm(x *autodiff.Var, name string, eps float64) *autodiff.Var {
	return p.Tape.LayerNorm(x, p.Param(name+".weight"), p.Param(name+".bias"), float32(eps))
}

// RMSNorm applies the norm whose scale is name.weight.
func (p *Pass) RMSNorm(x *autodiff.Var, name string, eps float64) *autodiff.Var {
	return p.Tape.RMSNorm(x, p.Param(name+".weight"), float32(eps))
}

// PrefixKV returns the prefix keys and values of a layer, or nils.
func (p *Pass) PrefixKV(layer, kv int) (k, v *autodiff.Var) {
	if p.Overlay == nil || p.Overlay.Prefix == nil {
		return nil, nil
	}
	at := layer * 2 * kv
	return p.Tape.Columns(p.prefix, at, at+kv), p.Tape.Columns(p.prefix, at+kv, at+2*kv)
}

func (p *Pass) prefixTable(x *Prefix) *autodiff.Var {
	if x.Table != nil {
		return p.leaf(x.Table)
	}
	t := p.Tape
	h := t.Linear(p.leaf(x.Embedding), p.leaf(x.W1), p.leaf(x.Bias1), autodiff.OutIn)
	return t.Linear(t.Activate(h, tensor.Tanh), p.leaf(x.W2), p.leaf(x.Bias2), autodiff.OutIn)
}

// ShowLayer lets Observe see the hidden states of a layer.
func (p *Pass) ShowLayer(layer int, in *Input, h *autodiff.Var) {
	if p.Observe != nil {
		p.Observe(layer, in, h)
	}
}

// AttentionConfig is the attention of a layer, with its dropout if p trains.
func (p *Pass) AttentionConfig(c *Config, layer, slot int) tensor.AttentionConfig {
	a := tensor.AttentionConfig{
		Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim,
		Scale:  float32(1 / math.Sqrt(float64(c.HeadDim))),
		Causal: c.Causal(),
	}
	if rate := p.rate(float32(c.AttnDropout)); rate > 0 {
		a.Dropout, a.Key = rate, p.key(Slot(layer, slot))
	}
	return a
}

// HasAdapter reports whether a bottleneck lies after that part of the layer.
func (p *Pass) HasAdapter(layer int, part string) bool {
	b := p.bottleneck(layer, part)
	return b != nil && b.Kind != "parallel"
}

// Adapter applies a sequential bottleneck to the output h of a part of a
// layer, before residual and norm; h itself where there is none.
func (p *Pass) Adapter(layer int, part string, h *autodiff.Var) *autodiff.Var {
	b := p.bottleneck(layer, part)
	if b == nil || b.Kind == "parallel" {
		return h
	}
	return p.Tape.Add(h, p.squeeze(b, h))
}

// Parallel adds a parallel bottleneck's reading of the part's input x to its
// output h.
func (p *Pass) Parallel(layer int, part string, h, x *autodiff.Var) *autodiff.Var {
	b := p.bottleneck(layer, part)
	if b == nil || b.Kind != "parallel" {
		return h
	}
	return p.Tape.Add(h, p.squeeze(b, x))
}

// PostNormAdapter is the Pfeiffer adapter of post-norm encoders: it reads the
// norm of the sum and adds to the sum before the norm.
//
//	z = h + f(norm(h + x)), then norm(z + x)
func (p *Pass) PostNormAdapter(layer int, part string, h, x *autodiff.Var, norm func(*autodiff.Var) *autodiff.Var) *autodiff.Var {
	b := p.bottleneck(layer, part)
	if b == nil || b.Kind == "parallel" {
		return h
	}
	if b.Kind == "pfeiffer" {
		return p.Tape.Add(h, p.squeeze(b, norm(p.Tape.Add(h, x))))
	}
	return p.Tape.Add(h, p.squeeze(b, h))
}

func (p *Pass) bottleneck(layer int, part string) *Bottleneck {
	if p.Overlay == nil {
		return nil
	}
	return p.Overlay.Bottlenecks[BottleneckSite(layer, part)]
}

func (p *Pass) squeeze(b *Bottleneck, x *autodiff.Var) *autodiff.Var {
	t := p.Tape
	h := t.Linear(x, p.leaf(b.Down), p.leaf(b.DownBias), autodiff.OutIn)
	h = t.Activate(h, ActivationByName(b.Activation))
	h = t.Linear(h, p.leaf(b.Up), p.leaf(b.UpBias), autodiff.OutIn)
	if b.Scale == 1 {
		return h
	}
	zero := t.Arena().Zeros(h.Value.Rows, h.Value.Cols)
	return t.AddScaled(t.Const(zero), h, b.Scale)
}
