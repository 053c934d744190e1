package tensor

/*
#include "kernels.h"
*/
import "C"

import "unsafe"

// LayerNorm normalises each row and scales it.
//
//	dst[i,j] = (x[i,j] - mean_i)·rstd_i·w[j] + b[j]
//	mean_i = Σ_j x[i,j] / c, rstd_i = 1/√(Σ_j (x[i,j] - mean_i)²/c + eps)
//
// Shapes: dst, x [n, c]; mean, rstd [n, 1]; w, b [1, c]; dst may be x if no
// backward follows. mean and rstd are kept for the backward.
//
// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
func LayerNorm(dst, mean, rstd, x, w, b *Tensor, eps float32) {
	const op = "LayerNorm"
	n, c := x.Rows, x.Cols
	same(op, "dst", dst, x)
	is(op, "mean", mean, n, 1)
	is(op, "rstd", rstd, n, 1)
	is(op, "w", w, 1, c)
	is(op, "b", b, 1, c)
	countBytes(dst, x, mean, rstd, w, b)
	if anyDry(dst, mean, rstd, x, w, b) {
		return
	}
	split(n, 1, 2*c, func(from, to int) {
		C.k_layer_norm(at(dst, from*c), at(mean, from), at(rstd, from), at(x, from*c), at(w, 0), at(b, 0), C.float(eps), C.int64_t(to-from), C.int64_t(c))
	})
}

// LayerNormBackward is the gradient of LayerNorm. With n_ij the normalised
// element and d_ij = dout[i,j]·w[j],
//
//	dx[i,j] = rstd_i·(d_ij - mean_j(d) - n_ij·mean_j(d∘n))        acc: dx += …
//	dw[j] += Σ_i dout[i,j]·n_ij, db[j] += Σ_i dout[i,j]
//
// Shapes: dx, dout, x [n, c]; w, dw, db [1, c]; mean, rstd [n, 1]. dx, dw and db
// may be nil where they are not wanted; dx must not be dout.
func LayerNormBackward(dx, dw, db, dout, x, w, mean, rstd *Tensor, acc bool) {
	const op = "LayerNormBackward"
	n, c := x.Rows, x.Cols
	isOrNil(op, "dx", dx, n, c)
	isOrNil(op, "dw", dw, 1, c)
	isOrNil(op, "db", db, 1, c)
	same(op, "dout", dout, x)
	is(op, "w", w, 1, c)
	is(op, "mean", mean, n, 1)
	is(op, "rstd", rstd, n, 1)
	countBytes(dx, dw, db, dout, x, w)
	if anyDry(dx, dw, db, dout, x, w, mean, rstd) || n == 0 || c == 0 {
		return
	}
	rowSegments(n, c, []*Tensor{dw, db}, func(from, to int, parts []*C.float) {
		var out *C.float
		if dx != nil {
			out = at(dx, from*c)
		}
		C.k_layer_norm_backward(out, parts[0], parts[1], at(dout, from*c), at(x, from*c), at(w, 0), at(mean, from), at(rstd, from), flag(acc), C.int64_t(to-from), C.int64_t(c))
	})
}

// RMSNorm divides each row by its root mean square and scales it.
//
//	dst[i,j] = x[i,j]·rstd_i·w[j], rstd_i = 1/√(Σ_j x[i,j]²/c + eps)
//
// Shapes: dst, x [n, c]; rstd [n, 1]; w [1, c]; dst may be x if no backward
// follows.
//
// Source: Zhang and Sennrich 2019, arXiv:1910.07467.
func RMSNorm(dst, rstd, x, w *Tensor, eps float32) {
	const op = "RMSNorm"
	n, c := x.Rows, x.Cols
	same(op, "dst", dst, x)
	is(op, "rstd", rstd, n, 1)
	is(op, "w", w, 1, c)
	countBytes(dst, x, rstd, w)
	if anyDry(dst, rstd, x, w) {
		return
	}
	split(n, 1, 2*c, func(from, to int) {
		C.k_rms_norm(at(dst, from*c), at(rstd, from), at(x, from*c), at(w, 0), C.float(eps), C.int64_t(to-from), C.int64_t(c))
	})
}

// RMSNormBackward is the gradient of RMSNorm. With n_ij = x[i,j]·rstd_i and
// d_ij = dout[i,j]·w[j],
//
//	dx[i,j] = rstd_i·(d_ij - n_ij·mean_j(d∘n))        acc: dx += …
//	dw[j] += Σ_i dout[i,j]·n_ij
//
// dx and dw may be nil where they are not wanted; dx must not be dout.
func RMSNormBackward(dx, dw, dout, x, w, rstd *Tensor, acc bool) {
	const op = "RMSNormBackward"
	n, c := x.Rows, x.Cols
	isOrNil(op, "dx", dx, n, c)
	isOrNil(op, "dw", dw, 1, c)
	same(op, "dout", dout, x)
	is(op, "w", w, 1, c)
	is(op, "rstd", rstd, n, 1)
	countBytes(dx, dw, dout, x, w)
	if anyDry(dx, dw, dout, x, w, rstd) || n == 0 || c == 0 {
		return
	}
	rowSegments(n, c, []*Tensor{dw}, func(from, to int, parts []*C.float) {
		var out *C.float
		if dx != nil {
			out = at(dx, from*c)
		}
		C.k_rms_norm_backward(out, parts[0], at(dout, from*c), at(x, from*c), at(w, 0), at(rstd, from), flag(acc), C.int64_t(to-from), C.int64_t(c))
	})
}

// segment is the number of rows that a sum down the rows takes in one go.
const segment = 64

// rowSegments calls f for each segment of n rows of c columns, side by side,
// with one row of zeros per accumulator to add to; then it adds these rows to
// the accumulators in order. Accumulators may be nil, and so are their parts.
func rowSegments(n, c int, sums []*Tensor, f func(from, to int, parts []*C.float)) {
	count := (n + segment - 1) / segment
	size := 4 * int64(c)
	part := borrow(int64(count) * int64(len(sums)) * size)
	defer part.giveBack()
	split(count, 1, 2*c*segment, func(from, to int) {
		parts := make([]*C.float, len(sums))
		for s := from; s < to; s++ {
			for i, sum := range sums {
				if sum == nil {
					continue
				}
				parts[i] = (*C.float)(unsafe.Add(part.base, int64(i*count+s)*size))
				C.k_fill(parts[i], 0, C.int64_t(c))
			}
			f(s*segment, min(n, (s+1)*segment), parts)
		}
	})
	for i, sum := range sums {
		if sum == nil {
			continue
		}
		split(c, 16, count, func(from, to int) {
			for s := range count {
				p := (*C.float)(unsafe.Add(part.base, int64(i*count+s)*size+4*int64(from)))
				C.k_binary(C.OP_ADD, at(sum, from), at(sum, from), p, C.int64_t(to-from))
			}
		})
	}
}
