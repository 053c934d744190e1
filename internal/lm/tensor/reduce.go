package tensor

/*
#include "kernels.h"
*/
import "C"

import (
	"math"
	"unsafe"
)

// ColumnSum sets dst[j] = Σ_i x[i,j]; acc: dst += …. Shapes: dst [1, c], x [n, c].
func ColumnSum(dst, x *Tensor, acc bool) {
	is("ColumnSum", "dst", dst, 1, x.Cols)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	split(x.Cols, 16, x.Rows, func(from, to int) {
		C.k_column_sum(at(dst, from), at(x, from), C.int64_t(x.Cols), C.int64_t(x.Rows), C.int64_t(to-from), flag(acc))
	})
}

// ColumnDot is the gradient of ScaleColumns for its scale.
//
//	ds[j] = Σ_i x[i,j]·dout[i,j]        acc: ds += …
//
// Shapes: ds [1, c]; x, dout [n, c].
func ColumnDot(ds, x, dout *Tensor, acc bool) {
	is("ColumnDot", "ds", ds, 1, x.Cols)
	same("ColumnDot", "dout", dout, x)
	countBytes(ds, x, dout)
	if anyDry(ds, x, dout) {
		return
	}
	split(x.Cols, 16, x.Rows, func(from, to int) {
		C.k_column_dot(at(ds, from), at(x, from), at(dout, from), C.int64_t(x.Cols), C.int64_t(x.Rows), C.int64_t(to-from), flag(acc))
	})
}

// RowNorms sets dst[i] = √(Σ_j x[i,j]²). Shapes: dst [n, 1], x [n, c].
func RowNorms(dst, x *Tensor) {
	is("RowNorms", "dst", dst, x.Rows, 1)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	splitRows(x, func(from, to int) {
		C.k_row_norms(at(dst, from), at(x, from*x.Cols), C.int64_t(to-from), C.int64_t(x.Cols))
	})
}

// Transpose sets dst[j,i] = x[i,j]. Shapes: dst [c, n], x [n, c].
func Transpose(dst, x *Tensor) {
	is("Transpose", "dst", dst, x.Cols, x.Rows)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	split(x.Rows, 16, x.Cols, func(from, to int) {
		C.k_transpose(at(dst, from), at(x, from*x.Cols), C.int64_t(x.Rows), C.int64_t(x.Cols), C.int64_t(to-from), C.int64_t(x.Cols))
	})
}

// Sum sets dst to the sum of all elements; acc: dst += …. Shape: dst [1, 1].
func Sum(dst, x *Tensor, acc bool) {
	whole("Sum", dst, x, acc, func(part *C.double, x *C.float, n C.int64_t) { C.k_sum_block(part, x, n) })
}

// SquaredNorm sets dst = Σ x²; acc: dst += …. Shape: dst [1, 1].
func SquaredNorm(dst, x *Tensor, acc bool) {
	whole("SquaredNorm", dst, x, acc, func(part *C.double, x *C.float, n C.int64_t) { C.k_squared_norm_block(part, x, n) })
}

// NonFinite sets flag to a number above 0 if any element is NaN or infinite,
// else to 0; acc: flag += …. Shape: flag [1, 1].
func NonFinite(flag, x *Tensor, acc bool) {
	whole("NonFinite", flag, x, acc, func(part *C.double, x *C.float, n C.int64_t) { C.k_non_finite_block(part, x, n) })
}

// block is the number of elements whose sum is one part of a sum over a tensor.
const block = 4096

// whole adds the parts that f computes of each block, in order, in float64.
func whole(op string, dst, x *Tensor, acc bool, f func(*C.double, *C.float, C.int64_t)) {
	is(op, "dst", dst, 1, 1)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	n := x.Len()
	count := (n + block - 1) / block
	l := borrow(8 * int64(count))
	defer l.giveBack()
	parts := unsafe.Slice((*float64)(l.base), count)
	split(count, 1, block, func(from, to int) {
		for i := from; i < to; i++ {
			f((*C.double)(&parts[i]), at(x, i*block), C.int64_t(min(block, n-i*block)))
		}
	})
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	d := dst.Slice()
	if acc {
		d[0] += float32(sum)
	} else {
		d[0] = float32(sum)
	}
}

// ClipFactor sets dst to the factor that brings a gradient of the given squared
// norm to a norm of at most limit.
//
//	dst = min(1, limit / (√squaredNorm + 1e-6))
//
// Shapes: dst, squaredNorm [1, 1]. A norm that is NaN gives NaN.
func ClipFactor(dst, squaredNorm *Tensor, limit float32) {
	is("ClipFactor", "dst", dst, 1, 1)
	is("ClipFactor", "squaredNorm", squaredNorm, 1, 1)
	if anyDry(dst, squaredNorm) {
		return
	}
	// √ of a float32 taken in float64 and rounded is the float32 root itself.
	norm := float32(math.Sqrt(float64(squaredNorm.Slice()[0])))
	factor := limit / (norm + 1e-6)
	if factor > 1 {
		factor = 1
	}
	dst.Slice()[0] = factor
}
