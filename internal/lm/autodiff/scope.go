package autodiff

import "runexp/internal/lm/tensor"

// Scope runs f, which maps x to a value of shape [rows, cols], and lets go of
// everything inside f that the backward pass will not need:
//
//   - if nothing in f is trained, all but its result;
//   - if the tape checkpoints, all but x, from which f is run again in the
//     backward pass;
//   - otherwise nothing.
//
// f must give the same bits each time it is run, so randomness inside it must
// come from counters and not from a stream. x must not be used after Scope
// when nothing below it is trained: its room may be reused.
func (t *Tape) Scope(x *Var, rows, cols int, f func(x *Var) *Var) *Var {
	if t.gradients && t.checkpoint {
		return t.scopeCheckpoint(x, rows, cols, f)
	}
	return t.scopeFrozen(x, rows, cols, f)
}

func (t *Tape) scopeFrozen(x *Var, rows, cols int, f func(x *Var) *Var) *Var {
	if t.gradients && x.needs {
		return f(x)
	}
	result := t.alloc(rows, cols)
	mark := t.arena.Mark()
	y := f(x)
	if t.gradients && y.needs {
		t.release(result)
		return y
	}
	return t.keep(result, mark, x, y)
}

func (t *Tape) scopeCheckpoint(x *Var, rows, cols int, f func(x *Var) *Var) *Var {
	result := t.alloc(rows, cols)
	mark := t.arena.Mark()
	t.gradients = false
	y := f(x)
	t.gradients = true
	if !y.needs {
		return t.keep(result, mark, x, y)
	}
	tensor.Copy(result, y.Value)
	t.dropFree()
	t.arena.Release(mark)
	out := &Var{Value: result, needs: true}
	t.push(out, func() { t.replay(x, out, f) })
	return out
}

// keep copies y, computed from x without records, to result and lets go of
// everything above mark, and of x if it was itself such a result.
func (t *Tape) keep(result *tensor.Tensor, mark tensor.Mark, x, y *Var) *Var {
	tensor.Copy(result, y.Value)
	t.dropFree()
	t.arena.Release(mark)
	if x.scoped {
		t.release(x.Value)
	}
	return &Var{Value: result, scoped: true, needs: y.needs}
}

// replay runs f again, now recording, and plays its records with out's
// gradient.
func (t *Tape) replay(x, out *Var, f func(x *Var) *Var) {
	outer := t.records
	t.records = nil
	in := &Var{Value: x.Value, needs: x.needs, grad: x.grad, filled: x.filled, owner: x.owner}
	y := f(in)
	t.addTo(y, out.grad)
	t.play(nil)
	x.grad, x.filled = in.grad, in.filled
	t.records = outer
}

// dropFree forgets the free list: what lies on it may be above the mark that
// the arena is about to return to.
func (t *Tape) dropFree() { clear(t.free) }
