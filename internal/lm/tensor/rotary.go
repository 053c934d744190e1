package tensor

/*
#include "kernels.h"
*/
import "C"

import "fmt"

// Rotary turns pairs of each head by angles that grow with the position.
//
//	dst_a = a·cos - b·sin, dst_b = b·cos + a·sin
//
// The pairs (a, b) are elements i and i + headDim/2 of a head, or 2i and 2i + 1
// if interleaved; the angle is that of row pos and column i of the tables.
// inverse turns backwards, which is also the gradient.
//
// Shapes: dst, x [n, heads·headDim]; pos [n]; cos, sin [positions, headDim/2];
// dst may be x. It panics if a position is not a row of the tables.
//
// Source: Su et al. 2021, arXiv:2104.09864.
func Rotary(dst, x *Tensor, pos *Ints, cos, sin *Tensor, headDim int, interleaved, inverse bool) {
	const op = "Rotary"
	same(op, "dst", dst, x)
	if headDim <= 0 || headDim%2 != 0 || x.Cols%headDim != 0 {
		panic(fmt.Sprintf("tensor: %s: x is %v, the head size %d", op, shape(x), headDim))
	}
	length(op, "pos", pos, x.Rows)
	is(op, "cos", cos, cos.Rows, headDim/2)
	same(op, "sin", sin, cos)
	within(op, "pos", pos, 0, cos.Rows)
	countBytes(dst, x)
	if anyDry(dst, x, cos, sin) {
		return
	}
	splitRows(x, func(from, to int) {
		o := from * x.Cols
		C.k_rotary(at(dst, o), at(x, o), intsAt(pos, from), at(cos, 0), at(sin, 0), C.int64_t(to-from), C.int64_t(x.Cols), C.int64_t(headDim), flag(interleaved), flag(inverse))
	})
}
