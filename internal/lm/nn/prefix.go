package nn

import (
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// Prefix is keys and values put before those of every sequence, in every
// layer (Li and Liang 2021, arXiv:2101.00190).
//
// Table [P, L·2·kv] has, for each prefix token, the layers' keys and values
// one after another, which is PEFT's layout. While it is trained through an
// MLP, Table is nil and is computed as
//
//	tanh(Embedding·W1ᵀ + b1)·W2ᵀ + b2         Embedding [P, E], W1 [M, E], W2 [L·2·kv, M]
type Prefix struct {
	Table                           *Param
	Embedding, W1, Bias1, W2, Bias2 *Param
	// Shift makes the real tokens' positions start after the prefix, as the
	// reference implementation does.
	Shift bool
	Len   int
}

// prefixKV returns the prefix keys and values of a layer, or nils.
func (p *Pass) prefixKV(layer, kv int) (k, v *autodiff.Var) {
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
