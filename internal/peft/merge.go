package peft

import (
	"errors"
	"maps"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Merge returns an overlay that replaces parameters and has a head, and
// computes what o does: low-rank additions and scales become part of the
// weights and biases that they act on. The caller frees it; parameters that
// nothing acts on and the head are those of o, which must live as long.
// exact reports whether nothing had to be computed.
func Merge(base *lm.Base, o *nn.Overlay) (merged *nn.Overlay, exact bool, err error) {
	switch {
	case len(o.Bottlenecks) > 0:
		return nil, false, errors.New("merge: bottleneck adapters are layers of their own and no part of a weight")
	case o.Prefix != nil || o.Soft != nil:
		return nil, false, errors.New("merge: trained tokens are no part of a weight")
	}
	m := merger{base, o, nn.NewOverlay(false)}
	m.to.Head = o.Head
	maps.Copy(m.to.Replaced, o.Replaced)
	for _, site := range slices.Sorted(maps.Keys(o.LowRank)) {
		s := base.Sites[site]
		p := m.fresh(s.WeightName())
		o.LowRank[site].Merge(p.Value, m.now(s.WeightName()), s)
		m.to.Replaced[p.Name] = p
	}
	for _, site := range slices.Sorted(maps.Keys(o.Scales)) {
		m.scale(base.Sites[site], o.Scales[site])
	}
	return m.to, len(o.LowRank)+len(o.Scales) == 0, nil
}

type merger struct {
	base  *lm.Base
	o, to *nn.Overlay
}

// now is a parameter's value as merged so far.
func (m merger) now(name string) *tensor.Tensor {
	if p := m.to.Replaced[name]; p != nil {
		return p.Value
	}
	return m.base.Weights[name].Value
}

func (m merger) fresh(name string) *nn.Param {
	v := m.base.Weights[name].Value
	return nn.NewParam(m.to.Arena, name, v.Rows, v.Cols)
}

// scale multiplies a layer's columns by a scale of its inputs, or its rows
// and bias by one of its outputs.
func (m merger) scale(s nn.Site, l *nn.ActivationScale) {
	w := m.fresh(s.WeightName())
	// ScaleColumns acts on what lies across: inputs of an [out, in] matrix,
	// outputs of an [in, out] one.
	if l.Input != s.InOut {
		tensor.ScaleColumns(w.Value, m.now(w.Name), l.Vector.Value)
	} else {
		turned := m.to.Arena.New(w.Value.Cols, w.Value.Rows)
		tensor.Transpose(turned, m.now(w.Name))
		tensor.ScaleColumns(turned, turned, l.Vector.Value)
		tensor.Transpose(w.Value, turned)
	}
	m.to.Replaced[w.Name] = w
	if !l.Input && s.Bias {
		b := m.fresh(s.BiasName())
		tensor.Mul(b.Value, m.now(b.Name), l.Vector.Value)
		m.to.Replaced[b.Name] = b
	}
}
