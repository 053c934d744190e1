package tensor

/*
#include "kernels.h"
*/
import "C"

import "fmt"

// Dropout sets each element to zero with probability p and scales the others.
//
//	dst[i] = x[i]·keep_i / (1 - p)
//
// keep_i depends on the key and the index i alone, so that the same call on the
// gradient is the backward. Shapes are equal; dst may be x. It panics unless
// 0 <= p < 1.
//
// Source: Srivastava et al., JMLR 15 (2014), in the inverted form.
func Dropout(dst, x *Tensor, p float32, key Key) { dropout("Dropout", dst, x, nil, p, key) }

// DropoutAdd sets dst = Dropout(x) + residual. Shapes are equal; dst may be x or
// residual. Its gradients are Dropout of dout for x, and dout for the residual.
func DropoutAdd(dst, x, residual *Tensor, p float32, key Key) {
	same("DropoutAdd", "residual", residual, dst)
	dropout("DropoutAdd", dst, x, residual, p, key)
}

func dropout(op string, dst, x, residual *Tensor, p float32, key Key) {
	same(op, "x", x, dst)
	checkProbability(op, p)
	countBytes(dst, x, residual)
	if anyDry(dst, x, residual) {
		return
	}
	split(dst.Len(), 16, 2, func(from, to int) {
		C.k_dropout(at(dst, from), at(x, from), at(residual, from), C.float(p), C.uint64_t(key.hi), C.uint64_t(key.lo), C.int64_t(from), C.int64_t(to-from))
	})
}

func checkProbability(op string, p float32) {
	if !(p >= 0 && p < 1) {
		panic(fmt.Sprintf("tensor: %s: the probability is %v, want 0 to below 1", op, p))
	}
}
