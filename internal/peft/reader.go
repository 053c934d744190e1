package peft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
)

// reader fills an overlay from a file and keeps account: what was asked for
// and is missing or misshapen, and what nobody asked for.
type reader struct {
	o        *nn.Overlay
	source   safetensors.Source
	taken    map[string]bool
	problems []string
}

func newReader(source safetensors.Source) *reader {
	return &reader{o: nn.NewOverlay(false), source: source, taken: map[string]bool{}}
}

func (r *reader) has(file string) bool {
	_, ok := r.source.Info(file)
	return ok
}

// take reads a matrix.
func (r *reader) take(file, name string, rows, cols int) *nn.Param {
	return r.param(file, name, rows, cols, []int{rows, cols})
}

// vector reads n numbers of the given shape as one row.
func (r *reader) vector(file, name string, n int, shape ...int) *nn.Param {
	return r.param(file, name, 1, n, shape)
}

// param reads the tensor file, of that shape, as a matrix; nil, with a note,
// if that cannot be.
func (r *reader) param(file, name string, rows, cols int, shape []int) *nn.Param {
	info, ok := r.source.Info(file)
	if !ok {
		r.problems = append(r.problems, fmt.Sprintf("missing tensor %q", file))
		return nil
	}
	r.taken[file] = true
	if !slices.EqualFunc(info.Shape, shape, func(a int64, b int) bool { return a == int64(b) }) {
		r.problems = append(r.problems, fmt.Sprintf("tensor %q has shape %v, expected %v", file, info.Shape, shape))
		return nil
	}
	p := nn.NewParam(r.o.Arena, name, rows, cols)
	if err := r.source.Read(file, p.Value.Slice()); err != nil {
		r.problems = append(r.problems, err.Error())
		return nil
	}
	if i := slices.IndexFunc(p.Value.Slice(), func(v float32) bool { return v-v != 0 }); i >= 0 {
		r.problems = append(r.problems, fmt.Sprintf("tensor %q[%d] = %v", file, i, p.Value.Slice()[i]))
	}
	return p
}

// head reads the tensors of h, which lie under prefix.
func (r *reader) head(h *nn.Head, tensors []headTensor, hidden int, prefix string) {
	for _, t := range tensors {
		rows, name := h.Outputs, "head.out"
		if t.at == &h.Dense || t.at == &h.DenseBias {
			rows, name = hidden, "head.dense"
		}
		if t.dims == 1 {
			*t.at = noDecay(r.vector(prefix+t.name, name+".bias", rows, rows))
		} else {
			*t.at = r.take(prefix+t.name, name+".weight", rows, hidden)
		}
	}
}

// left lists what has not been taken.
func (r *reader) left() []string {
	return slices.DeleteFunc(slices.Clone(r.source.Names()), func(n string) bool { return r.taken[n] })
}

// finish lists everything that did not fit.
func (r *reader) finish() error {
	for _, name := range r.left() {
		r.problems = append(r.problems, fmt.Sprintf("unexpected tensor %q", name))
	}
	if len(r.problems) > 0 {
		return errors.New(strings.Join(r.problems, "\n  "))
	}
	return nil
}
