package autodiff

import "runexp/internal/lm/tensor"

// Add is y = a + b, element by element.
func (t *Tape) Add(a, b *Var) *Var {
	y := t.output(a.Value.Rows, a.Value.Cols, a, b)
	tensor.Add(y.Value, a.Value, b.Value)
	t.push(y, func() {
		for _, v := range []*Var{a, b} {
			if v.needs {
				t.addTo(v, y.grad)
			}
		}
	})
	return y
}

// AddScaled is y = a + alpha·b.
func (t *Tape) AddScaled(a, b *Var, alpha float32) *Var {
	y := t.output(a.Value.Rows, a.Value.Cols, a, b)
	tensor.Copy(y.Value, a.Value)
	tensor.Axpy(y.Value, b.Value, alpha)
	t.push(y, func() {
		if a.needs {
			t.addTo(a, y.grad)
		}
		if b.needs {
			g, add := t.into(b)
			if !add {
				tensor.Fill(g, 0)
			}
			tensor.Axpy(g, y.grad, alpha)
		}
	})
	return y
}

// Scale is y = alpha·x.
func (t *Tape) Scale(x *Var, alpha float32) *Var {
	if alpha == 1 {
		return x
	}
	y := t.output(x.Value.Rows, x.Value.Cols, x)
	tensor.Scale(y.Value, x.Value, alpha)
	t.push(y, func() {
		t.contribute(x, func(g *tensor.Tensor) { tensor.Scale(g, y.grad, alpha) })
	})
	return y
}

// Activate applies f to each element of x.
func (t *Tape) Activate(x *Var, f tensor.Activation) *Var {
	y := t.output(x.Value.Rows, x.Value.Cols, x)
	tensor.Activate(y.Value, x.Value, f)
	t.push(y, func() {
		dx, add := t.into(x)
		tensor.ActivateBackward(dx, y.grad, x.Value, f, add)
	})
	return y
}

// SwiGLU is the gated activation of the Llama family.
//
//	y = silu(gate) ∘ up         Source: Shazeer 2020, arXiv:2002.05202
func (t *Tape) SwiGLU(gate, up *Var) *Var {
	y := t.output(gate.Value.Rows, gate.Value.Cols, gate, up)
	tensor.SwiGLU(y.Value, gate.Value, up.Value)
	t.push(y, func() {
		dg, du := t.alloc(gate.Value.Rows, gate.Value.Cols), t.alloc(up.Value.Rows, up.Value.Cols)
		tensor.SwiGLUBackward(dg, du, y.grad, gate.Value, up.Value, false)
		if gate.needs {
			t.addTo(gate, dg)
		}
		if up.needs {
			t.addTo(up, du)
		}
		t.release(dg)
		t.release(du)
	})
	return y
}

// Dropout zeroes each element with probability p and scales the others by
// 1/(1-p). The mask is a function of key alone, so the backward pass makes it
// again instead of storing it. Where no gradient flows, nothing is dropped:
// noise below the lowest trained parameter would train nothing.
func (t *Tape) Dropout(x *Var, p float32, key tensor.Key) *Var {
	if p == 0 || !x.needs {
		return x
	}
	return t.DropoutAlways(x, p, key)
}

// DropoutAlways is Dropout also where x is frozen, for what is trained above
// x and is to see the noise (LoRA's own dropout).
func (t *Tape) DropoutAlways(x *Var, p float32, key tensor.Key) *Var {
	y := t.output(x.Value.Rows, x.Value.Cols, x)
	tensor.Dropout(y.Value, x.Value, p, key)
	t.push(y, func() {
		t.contribute(x, func(g *tensor.Tensor) { tensor.Dropout(g, y.grad, p, key) })
	})
	return y
}

// DropoutAdd is y = dropout(x) + residual, with Dropout's rule for what is
// frozen.
func (t *Tape) DropoutAdd(x, residual *Var, p float32, key tensor.Key) *Var {
	if p == 0 || !x.needs {
		return t.Add(x, residual)
	}
	y := t.output(x.Value.Rows, x.Value.Cols, x, residual)
	tensor.DropoutAdd(y.Value, x.Value, residual.Value, p, key)
	t.push(y, func() {
		t.contribute(x, func(g *tensor.Tensor) { tensor.Dropout(g, y.grad, p, key) })
		if residual.needs {
			t.addTo(residual, y.grad)
		}
	})
	return y
}
