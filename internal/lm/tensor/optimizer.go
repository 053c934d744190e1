package tensor

/*
#include "kernels.h"
*/
import "C"

import (
	"math"
	"strconv"
)

// AdamW is one step of Adam with decoupled weight decay, as PyTorch takes it.
//
//	g' = gscale·g
//	m = beta1·m + (1-beta1)·g', v = beta2·v + (1-beta2)·g'²
//	w = (1 - lr·decay)·w - lr/(1-beta1^step) · m / (√v/√(1-beta2^step) + eps)
//
// Shapes: w, m, v, g equal; gscale [1, 1], such as the factor of ClipFactor, or
// nil for 1. step counts from 1. The coefficients are taken as the decimals that
// they print as, so that 0.999 means 0.999 and not the float32 nearest to it.
//
// Source: Loshchilov and Hutter 2019, arXiv:1711.05101.
func AdamW(w, m, v, g *Tensor, gscale *Tensor, lr, beta1, beta2, eps, decay float32, step int) {
	const op = "AdamW"
	same(op, "m", m, w)
	same(op, "v", v, w)
	same(op, "g", g, w)
	isOrNil(op, "gscale", gscale, 1, 1)
	if step < 1 {
		panic("tensor: " + op + ": step counts from 1")
	}
	countBytes(w, w, m, m, v, v, g)
	if anyDry(w, m, v, g, gscale) {
		return
	}
	b1, b2, rate := decimal(beta1), decimal(beta2), decimal(lr)
	c := C.adamw_args{
		beta1: C.float(b1), one_minus_beta1: C.float(1 - b1),
		beta2: C.float(b2), one_minus_beta2: C.float(1 - b2),
		keep:                 C.float(1 - float64(rate*decimal(decay))),
		step_size:            C.float(rate / (1 - power(b1, step))),
		inv_sqrt_correction2: C.float(1 / math.Sqrt(1-power(b2, step))),
		eps:                  C.float(eps),
	}
	split(w.Len(), 16, 4, func(from, to int) {
		args := c
		C.k_adamw(at(w, from), at(m, from), at(v, from), at(g, from), at(gscale, 0), &args, C.int64_t(to-from))
	})
}

// decimal is the shortest decimal that names x, as a float64.
func decimal(x float32) float64 {
	d, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	if err != nil {
		panic(err) // a number that was just printed
	}
	return d
}

// power is x^n by squaring, n >= 0: the same bits on every machine, which
// math.Pow does not promise.
func power(x float64, n int) float64 {
	y := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			y = float64(y * x)
		}
		x = float64(x * x)
	}
	return y
}
