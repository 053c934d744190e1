package tensor

/*
#include "kernels.h"
*/
import "C"

// Activation is a function of one element.
type Activation int

const (
	GELU     Activation = iota // x·Φ(x), Φ by the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415)
	GELUTanh                   // x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the form of GPT-2
	ReLU                       // max(0, x)
	Tanh                       // tanh x
	SiLU                       // x·σ(x)
	Sigmoid                    // σ(x) = 1/(1 + e^-x)
)

func (f Activation) check(op string) {
	if f < GELU || f > Sigmoid {
		panic("tensor: " + op + ": unknown activation")
	}
}

// Activate sets dst[i,j] = f(x[i,j]). Shapes are equal; dst may be x. NaN stays
// NaN under every f.
func Activate(dst, x *Tensor, f Activation) {
	f.check("Activate")
	same("Activate", "x", x, dst)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	split(dst.Len(), 16, 8, func(from, to int) {
		C.k_activate(C.int(f), at(dst, from), at(x, from), C.int64_t(to-from))
	})
}

// ActivateBackward is the gradient of Activate, from its input x.
//
//	dx[i,j] = dout[i,j]·f'(x[i,j])        acc: dx += …
//
// Shapes are equal; dx may be dout.
func ActivateBackward(dx, dout, x *Tensor, f Activation, acc bool) {
	f.check("ActivateBackward")
	same("ActivateBackward", "dout", dout, dx)
	same("ActivateBackward", "x", x, dx)
	countBytes(dx, dout, x)
	if anyDry(dx, dout, x) {
		return
	}
	split(dx.Len(), 16, 8, func(from, to int) {
		C.k_activate_backward(C.int(f), at(dx, from), at(dout, from), at(x, from), flag(acc), C.int64_t(to-from))
	})
}

// SwiGLU sets dst = SiLU(gate) ∘ up. Shapes are equal; dst may be gate or up.
//
// Source: Shazeer 2020, arXiv:2002.05202.
func SwiGLU(dst, gate, up *Tensor) {
	same("SwiGLU", "gate", gate, dst)
	same("SwiGLU", "up", up, dst)
	countBytes(dst, gate, up)
	if anyDry(dst, gate, up) {
		return
	}
	split(dst.Len(), 16, 8, func(from, to int) {
		C.k_swiglu(at(dst, from), at(gate, from), at(up, from), C.int64_t(to-from))
	})
}

// SwiGLUBackward is the gradient of SwiGLU.
//
//	dgate = dout ∘ up ∘ SiLU'(gate), dup = dout ∘ SiLU(gate)        acc: +=
//
// Shapes are equal.
func SwiGLUBackward(dgate, dup, dout, gate, up *Tensor, acc bool) {
	same("SwiGLUBackward", "dup", dup, dgate)
	same("SwiGLUBackward", "dout", dout, dgate)
	same("SwiGLUBackward", "gate", gate, dgate)
	same("SwiGLUBackward", "up", up, dgate)
	countBytes(dgate, dup, dout, gate, up)
	if anyDry(dgate, dup, dout, gate, up) {
		return
	}
	split(dgate.Len(), 16, 8, func(from, to int) {
		C.k_swiglu_backward(at(dgate, from), at(dup, from), at(dout, from), at(gate, from), at(up, from), flag(acc), C.int64_t(to-from))
	})
}
