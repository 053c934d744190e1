// Package autodiff records the operations of one forward pass and plays them
// back in reverse to fill in gradients.
//
// A Tape hands out Vars: a value, and room for the gradient of the loss with
// respect to it. Each operation computes its value at once, through one fused
// kernel, and, when any of its inputs needs a gradient, leaves a record that
// knows how to push the gradient back. Nothing is recorded, saved or computed
// for what is frozen: a Var needs a gradient only if something trained lies
// below it.
//
// Memory: all values of a step lie in one arena that the caller resets
// between steps. During Backward a record's output, its gradient and what the
// record saved are dead as soon as it has run; their room goes to a free list
// and serves the gradients still to come, so the peak stays near the size of
// the saved activations.
package autodiff

import "runexp/internal/lm/tensor"

// A Var is a value on the tape and, if something trained lies below it, room
// for the gradient of the loss with respect to it.
type Var struct {
	Value *tensor.Tensor
	grad  *tensor.Tensor
	needs bool
	// filled says that grad already holds a contribution, so that the next
	// one is added instead of overwriting.
	filled bool
	owner  Gradient
	scoped bool
}

// Needs reports whether something trained lies below v.
func (v *Var) Needs() bool { return v.needs }

// Grad is the gradient of v after Backward; nil if none was needed. It is
// valid until the tape's arena is reset.
func (v *Var) Grad() *tensor.Tensor { return v.grad }

// A Gradient is where the gradient of a trained parameter is collected.
type Gradient interface {
	// Buffer returns the gradient's tensor and whether it already holds a
	// contribution of this step.
	Buffer() (g *tensor.Tensor, filled bool)
	// MarkFilled says that the buffer now holds a contribution.
	MarkFilled()
}

// A RowGradient can also collect a gradient that is zero but for some rows.
type RowGradient interface {
	Gradient
	// AddRows adds dy[i] to row ids[i], or does nothing and returns false if
	// the whole gradient is to be collected. new and ints make tensors that
	// last until the end of the step.
	AddRows(dy *tensor.Tensor, ids *tensor.Ints, new func(rows, cols int) *tensor.Tensor, ints func([]int32) *tensor.Ints) bool
}

type record struct {
	out   *Var
	saved []*tensor.Tensor
	back  func()
}

// A Tape records one forward pass.
type Tape struct {
	arena      *tensor.Arena
	gradients  bool
	checkpoint bool
	records    []record
	free       map[int][]*tensor.Tensor
}

// New returns a tape whose values lie in arena. With gradients false it
// records nothing and is a plain evaluator.
func New(arena *tensor.Arena, gradients bool) *Tape {
	return &Tape{arena: arena, gradients: gradients, free: map[int][]*tensor.Tensor{}}
}

// SetCheckpointing makes Scope keep only its input and recompute the rest in
// the backward pass (Chen et al. 2016, arXiv:1604.06174, section 3).
func (t *Tape) SetCheckpointing(on bool) { t.checkpoint = on }

// Gradients reports whether the tape records.
func (t *Tape) Gradients() bool { return t.gradients }

// Arena is where the tape's values lie.
func (t *Tape) Arena() *tensor.Arena { return t.arena }

// Const puts a value that nothing is differentiated through on the tape.
func (t *Tape) Const(x *tensor.Tensor) *Var { return &Var{Value: x} }

// Leaf puts a trained parameter on the tape; its gradient is collected in g.
// A nil g makes it a constant.
func (t *Tape) Leaf(x *tensor.Tensor, g Gradient) *Var {
	return &Var{Value: x, needs: g != nil, owner: g}
}

// alloc returns a tensor of undefined contents, from the free list if a dead
// one of that size is there.
func (t *Tape) alloc(rows, cols int) *tensor.Tensor {
	n := rows * cols
	if list := t.free[n]; len(list) > 0 {
		x := list[len(list)-1]
		t.free[n] = list[:len(list)-1]
		return x.Reshape(rows, cols)
	}
	return t.arena.New(rows, cols)
}

func (t *Tape) release(x *tensor.Tensor) {
	if x != nil {
		t.free[x.Len()] = append(t.free[x.Len()], x)
	}
}

// output makes the Var of an operation's result.
func (t *Tape) output(rows, cols int, inputs ...*Var) *Var {
	v := &Var{Value: t.alloc(rows, cols)}
	for _, in := range inputs {
		if in != nil && in.needs {
			v.needs = true
		}
	}
	return v
}

// push leaves the record of an operation; saved tensors are freed after it
// has run backward.
func (t *Tape) push(out *Var, back func(), saved ...*tensor.Tensor) {
	if t.gradients && out.needs {
		t.records = append(t.records, record{out: out, back: back, saved: saved})
		return
	}
	for _, s := range saved {
		t.release(s)
	}
}

// into returns the buffer for a contribution to v's gradient and whether it
// must be added to what is there.
func (t *Tape) into(v *Var) (g *tensor.Tensor, add bool) {
	if v.owner != nil {
		g, add = v.owner.Buffer()
		v.owner.MarkFilled()
		return g, add
	}
	if v.grad == nil {
		v.grad = t.alloc(v.Value.Rows, v.Value.Cols)
	}
	add = v.filled
	v.filled = true
	return v.grad, add
}

// contribute adds a gradient that f overwrites its argument with; for kernels
// that cannot add by themselves.
func (t *Tape) contribute(v *Var, f func(g *tensor.Tensor)) {
	g, add := t.into(v)
	if !add {
		f(g)
		return
	}
	tmp := t.alloc(g.Rows, g.Cols)
	f(tmp)
	tensor.Axpy(g, tmp, 1)
	t.release(tmp)
}

// Backward fills in the gradients of everything below loss, a [1,1] value,
// whose own gradient is 1.
func (t *Tape) Backward(loss *Var) {
	if !loss.needs {
		panic("autodiff: Backward: nothing below the loss is trained")
	}
	if loss.Value.Len() != 1 {
		panic("autodiff: Backward: the loss is not a single number")
	}
	loss.grad = t.alloc(1, 1)
	loss.filled = true
	tensor.Fill(loss.grad, 1)
	t.play(loss)
}

// play runs all records in reverse, freeing what each no longer needs. The
// value and gradient of keep survive.
func (t *Tape) play(keep *Var) {
	for i := len(t.records) - 1; i >= 0; i-- {
		r := t.records[i]
		if r.out.filled {
			r.back()
		}
		for _, s := range r.saved {
			t.release(s)
		}
		if r.out != keep {
			t.release(r.out.grad)
			t.release(r.out.Value)
			r.out.grad, r.out.Value = nil, nil
		}
	}
	t.records = t.records[:0]
}
