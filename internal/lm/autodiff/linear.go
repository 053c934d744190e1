package autodiff

import "runexp/internal/lm/tensor"

// Layout says how a weight matrix lies in its checkpoint.
type Layout bool

const (
	OutIn Layout = false // [out, in]: torch.nn.Linear
	InOut Layout = true  // [in, out]: GPT-2's Conv1D
)

// Linear is a dense layer.
//
//	y = x·Wᵀ + b      x [N, in], W [out, in] (InOut: [in, out]), b [1, out] or nil, y [N, out]
//	dx = dy·W         dW = dyᵀ·x         db = Σ_rows dy
func (t *Tape) Linear(x, w, b *Var, layout Layout) *Var {
	out := w.Value.Rows
	if layout == InOut {
		out = w.Value.Cols
	}
	y := t.output(x.Value.Rows, out, x, w, b)
	var bias *tensor.Tensor
	if b != nil {
		bias = b.Value
	}
	tensor.GemmBias(y.Value, x.Value, w.Value, bias, false, layout == OutIn)
	t.push(y, func() {
		if x.needs {
			dx, add := t.into(x)
			tensor.Gemm(dx, y.grad, w.Value, false, layout == InOut, add)
		}
		if w.needs {
			dw, add := t.into(w)
			if layout == OutIn {
				tensor.Gemm(dw, y.grad, x.Value, true, false, add)
			} else {
				tensor.Gemm(dw, x.Value, y.grad, true, false, add)
			}
		}
		if b != nil && b.needs {
			db, add := t.into(b)
			tensor.ColumnSum(db, y.grad, add)
		}
	})
	return y
}

// AddBias adds a trained row to each row of x.
//
//	y = x + b         x, y [N, C], b [1, C]
func (t *Tape) AddBias(x, b *Var) *Var {
	y := t.output(x.Value.Rows, x.Value.Cols, x, b)
	tensor.Copy(y.Value, x.Value)
	tensor.AddBias(y.Value, b.Value)
	t.push(y, func() {
		if x.needs {
			t.addTo(x, y.grad)
		}
		if b.needs {
			db, add := t.into(b)
			tensor.ColumnSum(db, y.grad, add)
		}
	})
	return y
}

// ScaleColumns multiplies each column of x by a trained number (IA3, DoRA).
//
//	y[i,j] = x[i,j] · s[j]         dx = dy ∘ s         ds[j] = Σ_i x[i,j]·dy[i,j]
func (t *Tape) ScaleColumns(x, s *Var) *Var {
	y := t.output(x.Value.Rows, x.Value.Cols, x, s)
	tensor.ScaleColumns(y.Value, x.Value, s.Value)
	t.push(y, func() {
		if x.needs {
			t.contribute(x, func(g *tensor.Tensor) { tensor.ScaleColumns(g, y.grad, s.Value) })
		}
		if s.needs {
			ds, add := t.into(s)
			tensor.ColumnDot(ds, x.Value, y.grad, add)
		}
	})
	return y
}

// addTo adds dy, of v's own shape, to v's gradient.
func (t *Tape) addTo(v *Var, dy *tensor.Tensor) {
	g, add := t.into(v)
	if add {
		tensor.Axpy(g, dy, 1)
	} else {
		tensor.Copy(g, dy)
	}
}
