package autodiff

import "runexp/internal/lm/tensor"

// Gather takes rows of x by number: an embedding look-up, the rows a head
// reads, or soft tokens put between the rows of an input.
//
//	y[i] = x[ids[i]]         dx[ids[i]] += dy[i], in order of i
//
// The gradient of a table of parameters stays a list of rows where that is
// smaller.
func (t *Tape) Gather(x *Var, ids *tensor.Ints) *Var {
	y := t.output(ids.Len(), x.Value.Cols, x)
	tensor.Embedding(y.Value, x.Value, ids)
	t.push(y, func() {
		if table, ok := x.owner.(RowGradient); ok && table.AddRows(y.grad, ids, t.alloc, t.arena.Ints) {
			return
		}
		tensor.ScatterAddRows(t.sum(x), y.grad, ids)
	})
	return y
}

// Spread is the reverse of Gather: it puts the rows of x, by number, among rows
// of zeros.
//
//	y[ids[i]] = x[i]         dx[i] = dy[ids[i]]         y [rows, C], ids distinct
func (t *Tape) Spread(x *Var, ids *tensor.Ints, rows int) *Var {
	y := t.output(rows, x.Value.Cols, x)
	tensor.Fill(y.Value, 0)
	tensor.ScatterAddRows(y.Value, x.Value, ids)
	t.push(y, func() {
		t.contribute(x, func(g *tensor.Tensor) { tensor.Embedding(g, y.grad, ids) })
	})
	return y
}

// Concat puts the rows of b after those of a.
func (t *Tape) Concat(a, b *Var) *Var {
	n := a.Value.Rows
	y := t.output(n+b.Value.Rows, a.Value.Cols, a, b)
	tensor.Copy(y.Value.RowsView(0, n), a.Value)
	tensor.Copy(y.Value.RowsView(n, n+b.Value.Rows), b.Value)
	t.push(y, func() {
		if a.needs {
			t.addTo(a, y.grad.RowsView(0, n))
		}
		if b.needs {
			t.addTo(b, y.grad.RowsView(n, n+b.Value.Rows))
		}
	})
	return y
}

// Columns is a copy of the columns [from, to) of x, as a product with a
// selection is too dear: GPT-2 computes query, key and value in one layer.
func (t *Tape) Columns(x *Var, from, to int) *Var {
	y := t.output(x.Value.Rows, to-from, x)
	tensor.CopyColumns(y.Value, 0, x.Value, from, to-from)
	t.push(y, func() {
		g, add := t.into(x)
		if !add {
			tensor.Fill(g, 0)
		}
		tensor.AddColumns(g, from, y.grad, 0, to-from)
	})
	return y
}

// Reshape reads the same numbers, row by row, as [rows, cols].
func (t *Tape) Reshape(x *Var, rows, cols int) *Var {
	y := t.output(rows, cols, x)
	tensor.Copy(y.Value, x.Value.Reshape(rows, cols))
	t.push(y, func() { t.addTo(x, y.grad.Reshape(x.Value.Rows, x.Value.Cols)) })
	return y
}

// SegmentMean averages the rows of each segment; offsets [S+1], y [S, C].
func (t *Tape) SegmentMean(x *Var, offsets *tensor.Ints) *Var {
	y := t.output(offsets.Len()-1, x.Value.Cols, x)
	tensor.SegmentMean(y.Value, x.Value, offsets)
	t.push(y, func() {
		dx, add := t.into(x)
		tensor.SegmentMeanBackward(dx, y.grad, offsets, add)
	})
	return y
}

// SegmentMax takes the largest value of each column in each segment; the
// gradient goes to the first row that has it.
func (t *Tape) SegmentMax(x *Var, offsets *tensor.Ints) *Var {
	s := offsets.Len() - 1
	y := t.output(s, x.Value.Cols, x)
	arg := t.arena.Ints(make([]int32, s*x.Value.Cols))
	tensor.SegmentMax(y.Value, arg, x.Value, offsets)
	t.push(y, func() {
		dx, add := t.into(x)
		tensor.SegmentMaxBackward(dx, y.grad, arg, offsets, add)
	})
	return y
}
