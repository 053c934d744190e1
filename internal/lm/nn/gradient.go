package nn

import (
	"maps"
	"slices"

	"runexp/internal/lm/tensor"
)

// gradient is what a parameter collects in a step: a whole matrix, or, for an
// embedding of which a batch reads few rows, these rows alone.
type gradient struct {
	arena  *tensor.Arena  // nil: the parameter is not trained
	dense  *tensor.Tensor // made when it is first needed
	filled bool           // dense holds a contribution of this step
	paused bool

	rows   []int32        // ascending; nil: not sparse in this step
	values *tensor.Tensor // [len(rows), C]
}

// Train makes p collect a gradient, in a.
func (p *Param) Train(a *tensor.Arena) { p.gradient = gradient{arena: a} }

// Freeze takes the gradient away again.
func (p *Param) Freeze() { p.gradient = gradient{} }

// Pause makes p a constant for the time being.
func (p *Param) Pause(on bool) { p.gradient.paused = on }

// Trained reports whether p collects a gradient.
func (p *Param) Trained() bool { return p.gradient.arena != nil && !p.gradient.paused }

// StartStep empties the gradient; the first contribution overwrites it.
func (p *Param) StartStep() {
	g := &p.gradient
	g.filled, g.rows, g.values = false, nil, nil
}

// Grad is the whole gradient of this step, zero where nothing contributed.
func (p *Param) Grad() *tensor.Tensor {
	dense, filled := p.Buffer()
	if !filled {
		tensor.Fill(dense, 0)
		p.MarkFilled()
	}
	return dense
}

// SparseGrad is the gradient of this step as the rows that are not zero,
// ascending, and their values; ok is false if it is not sparse.
func (p *Param) SparseGrad() (rows []int32, values *tensor.Tensor, ok bool) {
	return p.gradient.rows, p.gradient.values, p.gradient.rows != nil
}

// Buffer returns the whole gradient and whether it holds a contribution; rows
// that have come in are part of it from then on.
func (p *Param) Buffer() (dense *tensor.Tensor, filled bool) {
	g := &p.gradient
	if g.dense == nil {
		g.dense = g.arena.New(p.Value.Rows, p.Value.Cols)
	}
	if g.rows != nil {
		tensor.Fill(g.dense, 0)
		copyRows(g.dense, g.rows, g.values)
		g.filled, g.rows, g.values = true, nil, nil
	}
	return g.dense, g.filled
}

// MarkFilled says that the buffer holds a contribution of this step.
func (p *Param) MarkFilled() { p.gradient.filled = true }

// AddRows adds dy[i] to row ids[i] of the gradient, in order of i. It returns
// false, having done nothing, where whole rows of zeros would be no saving: the
// gradient is dense already, or ids may name half of the rows. new makes
// tensors that last until the end of the step.
func (p *Param) AddRows(dy *tensor.Tensor, ids *tensor.Ints, new func(rows, cols int) *tensor.Tensor, ints func([]int32) *tensor.Ints) bool {
	g := &p.gradient
	if g.filled || 2*(ids.Len()+len(g.rows)) > p.Value.Rows {
		return false
	}
	place := map[int32]int32{}
	for _, list := range [][]int32{ids.Slice(), g.rows} {
		for _, id := range list {
			place[id] = 0
		}
	}
	rows := slices.Sorted(maps.Keys(place))
	for i, id := range rows {
		place[id] = int32(i)
	}
	at := func(list []int32) []int32 {
		places := make([]int32, len(list))
		for i, id := range list {
			places[i] = place[id]
		}
		return places
	}
	// Room for each id, so that memory depends on the size of a batch alone.
	values := new(ids.Len()+len(g.rows), p.Value.Cols).RowsView(0, len(rows))
	tensor.Fill(values, 0)
	if g.rows != nil {
		copyRows(values, at(g.rows), g.values)
	}
	tensor.ScatterAddRows(values, dy, ints(at(ids.Slice())))
	g.rows, g.values = rows, values
	return true
}

// copyRows sets dst[rows[i]] = x[i].
func copyRows(dst *tensor.Tensor, rows []int32, x *tensor.Tensor) {
	for i, r := range rows {
		tensor.Copy(dst.RowsView(int(r), int(r)+1), x.RowsView(i, i+1))
	}
}
