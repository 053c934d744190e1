package tensor

/*
#include "kernels.h"
*/
import "C"

import (
	"fmt"
	"time"
)

// Gemm is the matrix product.
//
//	dst[m,n] = op(a)·op(b)        acc: dst[m,n] += op(a)·op(b)
//
// op(a) is [m, k]: a itself, or with ta its transpose, so that a is [k, m]; op(b)
// is [k, n] likewise. With k = 0 the product is zero. Each element is one chain
// of fused multiply-adds over k in ascending order, which starts from dst when
// it accumulates.
func Gemm(dst, a, b *Tensor, ta, tb bool, acc bool) {
	gemm("Gemm", dst, a, b, nil, ta, tb, acc)
}

// GemmBias is the product with a row added to each row of it.
//
//	dst[m,n] = op(a)·op(b) + bias
//
// Shapes as in Gemm; bias is [1, n], or nil for none. The bias is added to the
// finished product.
func GemmBias(dst, a, b, bias *Tensor, ta, tb bool) {
	gemm("GemmBias", dst, a, b, bias, ta, tb, false)
}

func gemm(op string, dst, a, b, bias *Tensor, ta, tb, acc bool) {
	m, k, k2, n := a.Rows, a.Cols, b.Rows, b.Cols
	if ta {
		m, k = k, m
	}
	if tb {
		k2, n = n, k2
	}
	if k != k2 || dst.Rows != m || dst.Cols != n {
		panic(fmt.Sprintf("tensor: %s: dst is %v, a is %v%s, b is %v%s", op, shape(dst), shape(a), transposed(ta), shape(b), transposed(tb)))
	}
	isOrNil(op, "bias", bias, 1, n)
	flops.Add(productFLOPs(m, k, n))
	countBytes(dst, a, b, bias)
	if anyDry(dst, a, b, bias) || m == 0 || n == 0 {
		return
	}
	if on := profile.Load(); on != nil {
		defer on.product(m, k, n, ta, tb, time.Now())
	}
	down, across := grid(m, n, k)
	pool.run(down*across, func(c int, s *scratch) {
		i0, i1 := bounds(m, down, c/across, 1)
		j0, j1 := bounds(n, across, c%across, 32)
		if i0 == i1 || j0 == j1 {
			return
		}
		g := C.gemm_args{
			dst: at(dst, i0*n+j0), a: corner(a, i0, ta), b: corner(b, j0, !tb),
			ldd: C.int64_t(n), lda: C.int64_t(a.Cols), ldb: C.int64_t(b.Cols),
			m: C.int64_t(i1 - i0), n: C.int64_t(j1 - j0), k: C.int64_t(k),
			ta: C.int32_t(flag(ta)), tb: C.int32_t(flag(tb)), acc: C.int32_t(flag(acc)),
		}
		if bias != nil {
			g.bias = at(bias, j0)
		}
		C.k_gemm(&g, (*C.float)(s.bytes(C.SCRATCH_BYTES)))
	})
}

func productFLOPs(m, k, n int) int64 { return 2 * int64(m) * int64(k) * int64(n) }

// corner is the address of the operand's part that starts at index i of the
// dimension that is kept: a column when the operand runs along its columns.
func corner(t *Tensor, i int, column bool) *C.float {
	if column {
		return at(t, i)
	}
	return at(t, i*t.Cols)
}

func transposed(t bool) string {
	if t {
		return "ᵀ"
	}
	return ""
}

// bounds is the i-th of n parts of size, in multiples of unit.
func bounds(size, n, i, unit int) (from, to int) {
	units := (size + unit - 1) / unit
	return min(size, units*i/n*unit), min(size, units*(i+1)/n*unit)
}

// Multiply-adds for which a second thread pays.
const gemmGrain = 1 << 18

// grid says in how many parts to cut the rows and columns of a product. Each
// part copies its rows of a and packs its columns of b, so parts are kept
// nearly square.
func grid(m, n, k int) (down, across int) {
	threads := min(Threads(), m*n*k/gemmGrain)
	if threads <= 1 {
		return 1, 1
	}
	best := -1
	for d := 1; d <= threads; d++ {
		if threads%d != 0 {
			continue
		}
		a := threads / d
		if cost := (m+d-1)/d + (n+a-1)/a; best < 0 || cost < best {
			best, down, across = cost, d, a
		}
	}
	return down, across
}
