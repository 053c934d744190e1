package tensor

/*
#include "kernels.h"
*/
import "C"

// Add sets dst = a + b. Shapes are equal; dst may be a or b.
func Add(dst, a, b *Tensor) { pairwise("Add", C.OP_ADD, dst, a, b) }

// Sub sets dst = a - b. Shapes are equal; dst may be a or b.
func Sub(dst, a, b *Tensor) { pairwise("Sub", C.OP_SUB, dst, a, b) }

// Mul sets dst = a ∘ b, element by element. Shapes are equal; dst may be a or b.
func Mul(dst, a, b *Tensor) { pairwise("Mul", C.OP_MUL, dst, a, b) }

// Div sets dst = a / b, element by element. Shapes are equal; dst may be a or b.
func Div(dst, a, b *Tensor) { pairwise("Div", C.OP_DIV, dst, a, b) }

func pairwise(op string, code C.int, dst, a, b *Tensor) {
	same(op, "a", a, dst)
	same(op, "b", b, dst)
	countBytes(dst, a, b)
	if anyDry(dst, a, b) {
		return
	}
	splitElements(dst, func(from, to int) {
		C.k_binary(code, at(dst, from), at(a, from), at(b, from), C.int64_t(to-from))
	})
}

// Axpy adds a multiple: dst += alpha·x, fused. Shapes are equal.
func Axpy(dst, x *Tensor, alpha float32) {
	same("Axpy", "x", x, dst)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	splitElements(dst, func(from, to int) {
		C.k_axpy(at(dst, from), at(x, from), C.float(alpha), C.int64_t(to-from))
	})
}

// Scale sets dst = alpha·x. Shapes are equal; dst may be x.
func Scale(dst, x *Tensor, alpha float32) {
	same("Scale", "x", x, dst)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	splitElements(dst, func(from, to int) {
		C.k_scale(at(dst, from), at(x, from), C.float(alpha), C.int64_t(to-from))
	})
}

// Fill sets every element to v.
func Fill(dst *Tensor, v float32) {
	countBytes(dst)
	if anyDry(dst) {
		return
	}
	splitElements(dst, func(from, to int) {
		C.k_fill(at(dst, from), C.float(v), C.int64_t(to-from))
	})
}

// Copy sets dst = x. Shapes are equal.
func Copy(dst, x *Tensor) {
	same("Copy", "x", x, dst)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	to, from := dst.Slice(), x.Slice()
	splitElements(dst, func(a, b int) { copy(to[a:b], from[a:b]) })
}

// AddBias adds the row bias [1, c] to each row of dst [n, c].
func AddBias(dst, bias *Tensor) {
	is("AddBias", "bias", bias, 1, dst.Cols)
	countBytes(dst, dst, bias)
	if anyDry(dst, bias) {
		return
	}
	splitRows(dst, func(from, to int) {
		C.k_add_bias(at(dst, from*dst.Cols), at(bias, 0), C.int64_t(to-from), C.int64_t(dst.Cols))
	})
}

// ScaleColumns multiplies column j by s[j].
//
//	dst[i,j] = x[i,j]·s[j]
//
// Shapes: dst, x [n, c]; s [1, c]; dst may be x. Its gradients are ScaleColumns
// of dout for x and ColumnDot of x and dout for s.
func ScaleColumns(dst, x, s *Tensor) {
	same("ScaleColumns", "x", x, dst)
	is("ScaleColumns", "s", s, 1, dst.Cols)
	countBytes(dst, x, s)
	if anyDry(dst, x, s) {
		return
	}
	splitRows(dst, func(from, to int) {
		o := from * dst.Cols
		C.k_scale_columns(at(dst, o), at(x, o), at(s, 0), C.int64_t(to-from), C.int64_t(dst.Cols))
	})
}
