// Package tensor holds row-major float32 matrices outside Go's heap and the
// kernels that compute on them, forward and backward.
//
// # Memory
//
// A [Tensor] is a handle: shape and place. Its floats live in an [Arena], which
// maps memory from the system and hands it out by bumping an offset. Nothing
// outside this package sees a slice of them, save by [Tensor.Slice], the one
// explicit read-back. A tensor is valid until its arena is released past it.
// Tensors of a dry arena have a shape and no memory; a kernel that is given one
// checks the shapes, counts its work (see [FLOPs]) and returns, so that a dry
// pass over the code of a model predicts its peak of memory.
//
// # Kernels
//
// dst stands first; shapes are checked and panic with "tensor: Op: …". A kernel
// writes only to its dst arguments. Unless the comment says that dst may be an
// argument, they must not overlap.
//
// # Numeric rules
//
// The bits of every result are a function of the arguments alone: not of the
// number of threads, the instruction set, tile sizes, or the other rows of a
// batch. The rules, of which [KernelID] is the name:
//
//   - A product is, per element, one chain of fused multiply-adds over k in
//     ascending order, starting from zero or from dst; a bias is added after it.
//   - A sum along a row has 16 lanes (element i in lane i mod 16, in order), then
//     the tree i + (i+8), i + (i+4), i + (i+2), i + (i+1).
//   - A sum down the rows goes in segments of 64 rows, each from zero in row
//     order; the segments are added in order.
//   - A sum over a whole tensor goes in blocks of 4096 elements, each like a row;
//     the blocks are added in order in float64.
//   - exp, log, tanh and erf are polynomials of our own (mathf.h) with explicit
//     fused multiply-adds.
//   - Random numbers are functions of a key and an index; see [Key].
package tensor

import (
	"fmt"
	"unsafe"
)

// kernelID changes when any kernel would give other bits.
const kernelID = "f32-fma-v1"

// KernelID names the numeric rules of this package for cache keys. It is the
// same on every machine, since the bits are.
func KernelID() string { return kernelID }

// Tensor is a handle to a row-major matrix [Rows, Cols] in an arena.
type Tensor struct {
	Rows, Cols int

	data unsafe.Pointer // nil when dry
	dry  bool
}

// Dry reports whether the tensor has a shape only.
func (t *Tensor) Dry() bool { return t.dry }

// Len is the number of elements.
func (t *Tensor) Len() int { return t.Rows * t.Cols }

// Bytes is the size of the elements.
func (t *Tensor) Bytes() int64 { return 4 * int64(t.Rows) * int64(t.Cols) }

// Slice is the explicit read-back: the elements in place, row after row. It is
// valid as long as the tensor is. It panics on a dry tensor.
func (t *Tensor) Slice() []float32 {
	if t.dry {
		panic("tensor: Slice: the tensor is dry")
	}
	return unsafe.Slice((*float32)(t.data), t.Len())
}

// CopyFrom sets the elements to v; on a dry tensor it only checks the length.
func (t *Tensor) CopyFrom(v []float32) {
	checkLength("CopyFrom", t, len(v))
	if !t.dry {
		copy(t.Slice(), v)
	}
}

// CopyTo copies the elements to v. It panics on a dry tensor.
func (t *Tensor) CopyTo(v []float32) {
	checkLength("CopyTo", t, len(v))
	copy(v, t.Slice())
}

func checkLength(op string, t *Tensor, n int) {
	if n != t.Len() {
		panic(fmt.Sprintf("tensor: %s: tensor is %v, slice has %d elements", op, shape(t), n))
	}
}

// RowsView is the rows from..to-1 of t, sharing its memory.
func (t *Tensor) RowsView(from, to int) *Tensor {
	if from < 0 || to < from || to > t.Rows {
		panic(fmt.Sprintf("tensor: RowsView: rows %d to %d of %v", from, to, shape(t)))
	}
	v := &Tensor{Rows: to - from, Cols: t.Cols, data: t.data, dry: t.dry}
	if !t.dry {
		v.data = unsafe.Add(t.data, 4*from*t.Cols)
	}
	return v
}

// Reshape is t with another shape of as many elements, sharing its memory.
func (t *Tensor) Reshape(rows, cols int) *Tensor {
	if rows < 0 || cols < 0 || rows*cols != t.Len() {
		panic(fmt.Sprintf("tensor: Reshape: %v to [%d %d]", shape(t), rows, cols))
	}
	return &Tensor{Rows: rows, Cols: cols, data: t.data, dry: t.dry}
}

// Ints is a handle to a vector of 32-bit integers: ids, offsets or labels. Its
// values can be read at any time, also in a dry arena, where shapes that depend
// on offsets are still wanted.
type Ints struct{ v []int32 }

// Len is the number of values.
func (v *Ints) Len() int { return len(v.v) }

// Slice is the values in place.
func (v *Ints) Slice() []int32 { return v.v }
