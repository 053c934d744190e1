package train

import (
	"sync"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Frozen keeps the hidden states that the lowest layers of a base give for
// rows, so that runs which leave these layers alone compute them once, in
// whatever epoch, configuration or seed they are first read. Training drops
// nothing below the lowest trained parameter, and a row's result does not
// depend on its neighbours, so the bits are those of computing them each time.
// It may be used by several runs at the same time.
type Frozen struct {
	base    *lm.Base
	layers  int
	pooling string

	mu     sync.RWMutex
	arena  *tensor.Arena
	states map[*Example]*frozenState
}

// frozenState is the place of one example, [rows, H].
type frozenState struct {
	hidden *tensor.Tensor
	filled bool
}

// A FrozenSource finds the Frozen of so many layers, which the caller gives
// back by release; nil where there is no room for it. pooling counts where
// layers are all of the model's.
type FrozenSource func(layers int, pooling string) (f *Frozen, release func(), err error)

// FrozenBytes is the memory that a Frozen of these examples takes when all of
// them have been read.
func FrozenBytes(base *lm.Base, layers int, pooling string, splits ...[]*Example) int64 {
	rows := int64(0)
	for _, examples := range splits {
		for _, e := range examples {
			rows += int64(frozenRows(base, layers, pooling, e))
		}
	}
	return 4 * rows * int64(base.Config().Hidden)
}

// frozenRows is the number of rows of an example: its tokens, or, of all
// layers, what pooling leaves of them.
func frozenRows(base *lm.Base, layers int, pooling string, e *Example) int {
	if layers < base.Config().Layers || pooling == "tokens" {
		return e.Tokens()
	}
	return len(e.Sequences)
}

// NewFrozen makes room for examples; nothing is computed before it is read.
func NewFrozen(base *lm.Base, layers int, pooling string, splits ...[]*Example) *Frozen {
	f := &Frozen{base: base, layers: layers, pooling: pooling, arena: tensor.NewArena(), states: map[*Example]*frozenState{}}
	hidden := base.Config().Hidden
	all := f.arena.New(int(FrozenBytes(base, layers, pooling, splits...))/4/max(hidden, 1), hidden)
	at := 0
	for _, examples := range splits {
		for _, e := range examples {
			n := frozenRows(base, layers, pooling, e)
			f.states[e] = &frozenState{hidden: all.RowsView(at, at+n)}
			at += n
		}
	}
	return f
}

// Free gives the memory back.
func (f *Frozen) Free() { f.arena.Free() }

// known returns the hidden states of examples in a, which it empties first.
func (f *Frozen) known(a *tensor.Arena, examples []*Example) *nn.Known {
	f.fill(a, examples)
	a.Reset()
	rows := 0
	for _, e := range examples {
		rows += f.states[e].hidden.Rows
	}
	x := a.New(rows, f.base.Config().Hidden)
	at := 0
	for _, e := range examples {
		h := f.states[e].hidden
		tensor.Copy(x.RowsView(at, at+h.Rows), h)
		at += h.Rows
	}
	return &nn.Known{Layers: f.layers, Hidden: x}
}

// fill computes what has not been read before. Runs that ask for the same
// rows wait for one another.
func (f *Frozen) fill(a *tensor.Arena, examples []*Example) {
	f.mu.RLock()
	missing := f.missing(examples)
	f.mu.RUnlock()
	if len(missing) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	chunks(f.missing(missing), func(_ int, part []*Example) {
		a.Reset()
		h := f.compute(autodiff.New(a, false), part)
		at := 0
		for _, e := range part {
			s := f.states[e]
			tensor.Copy(s.hidden, h.RowsView(at, at+s.hidden.Rows))
			s.filled = true
			at += s.hidden.Rows
		}
	})
}

func (f *Frozen) missing(examples []*Example) []*Example {
	var list []*Example
	for _, e := range examples {
		if !f.states[e].filled {
			list = append(list, e)
		}
	}
	return list
}

// compute runs the base alone over examples, as far as the states go.
func (f *Frozen) compute(tape *autodiff.Tape, examples []*Example) *tensor.Tensor {
	pass, arch, b := f.base.Pass(tape, nil), f.base.Arch, pack(examples)
	if f.layers == f.base.Config().Layers {
		return pass.Pooled(arch, b, f.pooling).Value
	}
	pass.Until = f.layers
	return arch.Encode(pass, pass.Begin(arch, b), nil).Value
}

// start is where the passes of a model begin: at the embeddings, or at the
// frozen states below everything that is trained.
type start struct {
	frozen  *Frozen
	release func()
}

// startOf finds where passes through an overlay begin. A language model's rows
// are masked anew each time, so nothing of them is kept.
func startOf(source FrozenSource, base *lm.Base, o *nn.Overlay) (start, error) {
	if source == nil || o.Head == nil || o.Head.Task == "language_modeling" {
		return start{}, nil
	}
	layers := o.Untouched(base.Arch, base.Weights)
	if layers == 0 {
		return start{}, nil
	}
	f, release, err := source(layers, o.Head.Pooling)
	return start{f, release}, err
}

// known returns what a pass over examples starts from, in a, which is empty
// otherwise; nil for the embeddings.
func (s start) known(a *tensor.Arena, examples []*Example) *nn.Known {
	a.Reset()
	if s.frozen == nil {
		return nil
	}
	return s.frozen.known(a, examples)
}

func (s start) close() {
	if s.release != nil {
		s.release()
	}
}
