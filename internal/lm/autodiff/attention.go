package autodiff

import "runexp/internal/lm/tensor"

// Attention is scaled dot-product attention over packed sequences.
//
//	y = dropout(softmax(q·kᵀ·scale))·v, per sequence and head
//
// Shapes: q [N, Heads·HeadDim]; k, v [N, KVHeads·HeadDim]; offsets [S+1];
// prefixK, prefixV [P, KVHeads·HeadDim] or nil, read by every query.
// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2; prefixes: Li
// and Liang 2021, arXiv:2101.00190.
func (t *Tape) Attention(q, k, v *Var, offsets *tensor.Ints, prefixK, prefixV *Var, c tensor.AttentionConfig) *Var {
	y := t.output(q.Value.Rows, c.Heads*c.HeadDim, q, k, v, prefixK, prefixV)
	var pk, pv *tensor.Tensor
	prefix := 0
	if prefixK != nil {
		pk, pv, prefix = prefixK.Value, prefixV.Value, prefixK.Value.Rows
	}
	if !y.needs {
		c.Dropout = 0
	}
	if !y.needs || !t.gradients && c.Dropout == 0 {
		tensor.Attention(y.Value, nil, q.Value, k.Value, v.Value, offsets, pk, pv, c)
		return y
	}
	probs := t.alloc(1, tensor.AttentionProbsLen(offsets, c.Heads, prefix))
	tensor.Attention(y.Value, probs, q.Value, k.Value, v.Value, offsets, pk, pv, c)
	t.push(y, func() {
		dq, dk, dv := t.alloc(q.Value.Rows, q.Value.Cols), t.alloc(k.Value.Rows, k.Value.Cols), t.alloc(v.Value.Rows, v.Value.Cols)
		var dpk, dpv *tensor.Tensor
		if prefixK != nil {
			dpk, dpv = t.sum(prefixK), t.sum(prefixV)
		}
		tensor.AttentionBackward(dq, dk, dv, dpk, dpv, y.grad, probs, q.Value, k.Value, v.Value, offsets, pk, pv, c)
		for _, p := range []struct {
			v *Var
			g *tensor.Tensor
		}{{q, dq}, {k, dk}, {v, dv}} {
			if p.v.needs {
				t.adopt(p.v, p.g)
			} else {
				t.release(p.g)
			}
		}
	}, probs)
	return y
}

// adopt makes g, which nobody else uses, v's gradient or adds it to it.
func (t *Tape) adopt(v *Var, g *tensor.Tensor) {
	if v.owner == nil && v.grad == nil {
		v.grad, v.filled = g, true
		return
	}
	t.addTo(v, g)
	t.release(g)
}

// Rotary turns pairs of channels of each head by an angle that grows with the
// position (Su et al. 2021, arXiv:2104.09864).
func (t *Tape) Rotary(x *Var, positions *tensor.Ints, cos, sin *tensor.Tensor, headDim int, interleaved bool) *Var {
	y := t.output(x.Value.Rows, x.Value.Cols, x)
	tensor.Rotary(y.Value, x.Value, positions, cos, sin, headDim, interleaved, false)
	t.push(y, func() {
		t.contribute(x, func(g *tensor.Tensor) {
			tensor.Rotary(g, y.grad, positions, cos, sin, headDim, interleaved, true)
		})
	})
	return y
}
