package methods

import (
	"fmt"
	"maps"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Continue makes o, as a method has just made it, start from what another
// method has trained on the same base: at step 0 the model with o is the model
// with from, as far as o itself starts without a change.
//
// What both have in the same place and shape is copied and trained on. What
// only from has stays in force, frozen. Low-rank matrices that o does not train
// on are merged into the weight they add to. The head is that of from, unless
// one of the two reads label words. Places that both claim in different ways
// are an error.
func Continue(base *lm.Base, o, from *lm.Overlay) error {
	c := continuation{base, o, from}
	c.weights()
	c.scales()
	for _, step := range []func() error{c.bottlenecks, c.prefix, c.soft} {
		if err := step(); err != nil {
			return fmt.Errorf("start from another method: %w", err)
		}
	}
	c.head()
	return nil
}

type continuation struct {
	base    *lm.Base
	o, from *lm.Overlay
}

// keep copies a parameter into o, where it stays as it is.
func (c continuation) keep(p *nn.Param) *nn.Param {
	q := c.copy(p)
	q.Frozen = true
	return q
}

func (c continuation) copy(p *nn.Param) *nn.Param {
	if p == nil {
		return nil
	}
	q := nn.NewParam(c.o.Arena, p.Name, p.Value.Rows, p.Value.Cols)
	tensor.Copy(q.Value, p.Value)
	return q
}

// weights takes over replaced parameters and low-rank additions.
func (c continuation) weights() {
	for _, name := range slices.Sorted(maps.Keys(c.from.Replaced)) {
		c.weight(name, c.from.Replaced[name].Value)
	}
	for _, site := range slices.Sorted(maps.Keys(c.from.LowRank)) {
		f, l := c.from.LowRank[site], c.o.LowRank[site]
		if l != nil && sameShape(l.A, f.A) && (l.Magnitude == nil) == (f.Magnitude == nil) {
			tensor.Copy(l.A.Value, f.A.Value)
			tensor.Scale(l.B.Value, f.B.Value, f.Scale/l.Scale)
			if l.Magnitude != nil {
				tensor.Copy(l.Magnitude.Value, f.Magnitude.Value)
			}
			continue
		}
		c.merge(site, f)
	}
}

// weight sets a base parameter to what from left of it.
func (c continuation) weight(name string, value *tensor.Tensor) {
	p := c.o.Replaced[name]
	if p == nil {
		p = nn.NewParam(c.o.Arena, name, value.Rows, value.Cols)
		p.Frozen = true
		c.o.Replaced[name] = p
	}
	tensor.Copy(p.Value, value)
	for site, l := range c.o.LowRank {
		s := c.base.Sites[site]
		if l.Magnitude == nil || s.WeightName() != name {
			continue
		}
		scratch := tensor.NewArena()
		nn.InitMagnitude(scratch, l.Magnitude.Value, value, s.InOut)
		scratch.Free()
	}
}

// merge adds low-rank matrices to the weight below them.
func (c continuation) merge(site string, l *nn.LowRank) {
	s := c.base.Sites[site]
	w := c.base.Weights[s.WeightName()].Value
	if p := c.from.Replaced[s.WeightName()]; p != nil {
		w = p.Value
	}
	scratch := tensor.NewArena()
	defer scratch.Free()
	merged := scratch.New(w.Rows, w.Cols)
	l.Merge(merged, w, s)
	c.weight(s.WeightName(), merged)
}

func (c continuation) scales() {
	for site, f := range c.from.Scales {
		if s := c.o.Scales[site]; s != nil {
			tensor.Copy(s.Vector.Value, f.Vector.Value)
		} else {
			c.o.Scales[site] = &nn.ActivationScale{Vector: c.keep(f.Vector), Input: f.Input}
		}
	}
}

func (c continuation) bottlenecks() error {
	for _, site := range slices.Sorted(maps.Keys(c.from.Bottlenecks)) {
		f, b := c.from.Bottlenecks[site], c.o.Bottlenecks[site]
		switch {
		case b == nil:
			c.o.Bottlenecks[site] = &nn.Bottleneck{
				Kind: f.Kind, Activation: f.Activation, Scale: f.Scale,
				Down: c.keep(f.Down), DownBias: c.keep(f.DownBias), Up: c.keep(f.Up), UpBias: c.keep(f.UpBias),
			}
		case b.Kind != f.Kind || b.Scale != f.Scale || !sameShape(b.Down, f.Down):
			return fmt.Errorf("both have adapters after the same layers, of different kinds or sizes (%s of width %d, %s of width %d)",
				f.Kind, f.Down.Value.Rows, b.Kind, b.Down.Value.Rows)
		default:
			tensor.Copy(b.Down.Value, f.Down.Value)
			tensor.Copy(b.DownBias.Value, f.DownBias.Value)
			tensor.Copy(b.Up.Value, f.Up.Value)
			tensor.Copy(b.UpBias.Value, f.UpBias.Value)
		}
	}
	return nil
}

func (c continuation) prefix() error {
	f, p := c.from.Prefix, c.o.Prefix
	switch {
	case f == nil:
	case p == nil:
		c.o.Prefix = &nn.Prefix{Table: c.keep(f.Table), Shift: f.Shift, Len: f.Len}
	case p.Len != f.Len || p.Shift != f.Shift:
		return fmt.Errorf("the prefixes differ in length or positions (%d and %d tokens)", f.Len, p.Len)
	default:
		// What a network made is trained on as a table: the network is gone.
		p.Embedding, p.W1, p.Bias1, p.W2, p.Bias2 = nil, nil, nil, nil, nil
		p.Table = c.copy(f.Table)
		p.Table.NoDecay = true
	}
	return nil
}

func (c continuation) soft() error {
	f, s := c.from.Soft, c.o.Soft
	switch {
	case f == nil:
	case s == nil:
		c.o.Soft = &nn.Soft{Embedding: c.keep(f.Embedding), At: f.At, PoolFirst: f.PoolFirst}
	case !sameShape(s.Embedding, f.Embedding) || s.At != f.At:
		return fmt.Errorf("the prompts differ in length or place (%d and %d vectors)", f.Embedding.Value.Rows, s.Embedding.Value.Rows)
	default:
		tensor.Copy(s.Embedding.Value, f.Embedding.Value)
	}
	return nil
}

// head takes over a trained head. What a head without pooler leaves unread is
// not trained.
func (c continuation) head() {
	f, h := c.from.Head, c.o.Head
	if f == nil || h == nil || f.Out == nil || h.Out == nil || f.Task != h.Task || f.Outputs != h.Outputs {
		return
	}
	head := *f
	head.Dropout = h.Dropout
	head.Dense, head.DenseBias, head.Out, head.OutBias = c.copy(f.Dense), c.copy(f.DenseBias), c.copy(f.Out), c.copy(f.OutBias)
	for _, bias := range []*nn.Param{head.DenseBias, head.OutBias} {
		if bias != nil {
			bias.NoDecay = true
		}
	}
	c.o.Head = &head
	for _, s := range c.base.Arch.Specs() {
		if s.Group == "pooler" && !head.UsePooler {
			delete(c.o.Replaced, s.Name)
		}
	}
}

func sameShape(a, b *nn.Param) bool {
	return a.Value.Rows == b.Value.Rows && a.Value.Cols == b.Value.Cols
}

// LinearOf returns the linear probe in p, also from under a control task.
func LinearOf(p FeaturePredictor) (LinearPredictor, bool) {
	if c, ok := p.(*controlledProbe); ok {
		p = c.FeaturePredictor
	}
	l, ok := p.(LinearPredictor)
	return l, ok
}
