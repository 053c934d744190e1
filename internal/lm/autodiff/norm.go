package autodiff

import "runexp/internal/lm/tensor"

// LayerNorm normalises each row of x and applies a trained scale and shift.
//
//	y = (x - mean)·rstd ∘ w + b         x, y [N, C], w, b [1, C]
//
// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
func (t *Tape) LayerNorm(x, w, b *Var, eps float32) *Var {
	n := x.Value.Rows
	y := t.output(n, x.Value.Cols, x, w, b)
	mean, rstd := t.alloc(n, 1), t.alloc(n, 1)
	tensor.LayerNorm(y.Value, mean, rstd, x.Value, w.Value, b.Value, eps)
	t.push(y, func() {
		var dx *tensor.Tensor
		var add bool
		if x.needs {
			dx, add = t.into(x)
		}
		tensor.LayerNormBackward(dx, t.sum(w), t.sum(b), y.grad, x.Value, w.Value, mean, rstd, add)
	}, mean, rstd)
	return y
}

// RMSNorm divides each row of x by its root mean square.
//
//	y = x·rrms ∘ w         x, y [N, C], w [1, C]
//
// Source: Zhang and Sennrich 2019, arXiv:1910.07467.
func (t *Tape) RMSNorm(x, w *Var, eps float32) *Var {
	n := x.Value.Rows
	y := t.output(n, x.Value.Cols, x, w)
	rstd := t.alloc(n, 1)
	tensor.RMSNorm(y.Value, rstd, x.Value, w.Value, eps)
	t.push(y, func() {
		var dx *tensor.Tensor
		var add bool
		if x.needs {
			dx, add = t.into(x)
		}
		tensor.RMSNormBackward(dx, t.sum(w), y.grad, x.Value, w.Value, rstd, add)
	}, rstd)
	return y
}

// sum returns v's gradient ready to be added to, or nil if none is needed.
func (t *Tape) sum(v *Var) *tensor.Tensor {
	if !v.needs {
		return nil
	}
	g, add := t.into(v)
	if !add {
		tensor.Fill(g, 0)
	}
	return g
}
