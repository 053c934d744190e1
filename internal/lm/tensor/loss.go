package tensor

/*
#include "kernels.h"
*/
import "C"

// LogSoftmax sets each row of dst to the logarithm of its softmax.
//
//	dst[i,j] = x[i,j] - max_i - log Σ_k exp(x[i,k] - max_i)
//
// Shapes: dst, x [n, c]; dst may be x.
func LogSoftmax(dst, x *Tensor) {
	same("LogSoftmax", "x", x, dst)
	countBytes(dst, x)
	if anyDry(dst, x) || dst.Cols == 0 {
		return
	}
	split(x.Rows, 1, 8*x.Cols, func(from, to int) {
		o := from * x.Cols
		C.k_log_softmax(at(dst, o), at(x, o), C.int64_t(to-from), C.int64_t(x.Cols))
	})
}

// CrossEntropy is the softmax of each row and its loss against a label.
//
//	loss[i] = (1-s)·w_y·(-log p_y) + s/c·Σ_j w_j·(-log p_j),  y = labels[i], s = smoothing
//
// Shapes: loss [n, 1]; probs, logits [n, c]; labels [n]; classWeights w [1, c], or
// nil for ones; probs may be logits. The loss is not divided by anything; as in
// PyTorch, a mean divides by Σ w_y. A label of -1 gives loss 0 and a row of
// zeros in probs. It panics if a label is not a column.
func CrossEntropy(loss, probs, logits *Tensor, labels *Ints, smoothing float32, classWeights *Tensor) {
	const op = "CrossEntropy"
	n, c := logits.Rows, logits.Cols
	is(op, "loss", loss, n, 1)
	same(op, "probs", probs, logits)
	length(op, "labels", labels, n)
	isOrNil(op, "classWeights", classWeights, 1, c)
	within(op, "labels", labels, -1, c)
	countBytes(loss, probs, logits)
	if anyDry(loss, probs, logits, classWeights) {
		return
	}
	split(n, 1, 8*c, func(from, to int) {
		o := from * c
		C.k_cross_entropy(at(loss, from), at(probs, o), at(logits, o), intsAt(labels, from), C.float(smoothing), at(classWeights, 0), C.int64_t(to-from), C.int64_t(c))
	})
}

// CrossEntropyBackward is the gradient of scale·Σ_i loss[i] for the logits, from
// the probs that CrossEntropy kept.
//
//	dlogits[i,j] = scale·(p_j·((1-s)·w_y + s/c·Σ_k w_k) - (1-s)·w_y·[j=y] - s/c·w_j)
//
// Shapes: dlogits, probs [n, c]; labels [n]; scale [1, 1], the gradient from
// above, already divided by what a mean divides by. dlogits may be probs. Rows
// with label -1 get zeros.
func CrossEntropyBackward(dlogits, probs *Tensor, labels *Ints, smoothing float32, classWeights *Tensor, scale *Tensor) {
	const op = "CrossEntropyBackward"
	n, c := probs.Rows, probs.Cols
	same(op, "dlogits", dlogits, probs)
	length(op, "labels", labels, n)
	isOrNil(op, "classWeights", classWeights, 1, c)
	is(op, "scale", scale, 1, 1)
	within(op, "labels", labels, -1, c)
	countBytes(dlogits, probs)
	if anyDry(dlogits, probs, classWeights, scale) {
		return
	}
	split(n, 1, 2*c, func(from, to int) {
		o := from * c
		C.k_cross_entropy_backward(at(dlogits, o), at(probs, o), intsAt(labels, from), C.float(smoothing), at(classWeights, 0), at(scale, 0), C.int64_t(to-from), C.int64_t(c))
	})
}

// BCE is the binary cross entropy of each element against a target in [0, 1].
//
//	loss = max(x, 0) - x·t + log(1 + e^-|x|)
//
// Shapes: loss, logits, targets [n, c].
func BCE(loss, logits, targets *Tensor) {
	same("BCE", "loss", loss, logits)
	same("BCE", "targets", targets, logits)
	countBytes(loss, logits, targets)
	if anyDry(loss, logits, targets) {
		return
	}
	split(loss.Len(), 16, 8, func(from, to int) {
		C.k_bce(at(loss, from), at(logits, from), at(targets, from), C.int64_t(to-from))
	})
}

// BCEBackward is the gradient of scale·Σ loss: dlogits = scale·(σ(x) - t).
// Shapes: dlogits, logits, targets [n, c]; scale [1, 1]. dlogits may be logits.
func BCEBackward(dlogits, logits, targets, scale *Tensor) {
	const op = "BCEBackward"
	same(op, "dlogits", dlogits, logits)
	same(op, "targets", targets, logits)
	is(op, "scale", scale, 1, 1)
	countBytes(dlogits, logits, targets)
	if anyDry(dlogits, logits, targets, scale) {
		return
	}
	split(logits.Len(), 16, 8, func(from, to int) {
		C.k_bce_backward(at(dlogits, from), at(logits, from), at(targets, from), at(scale, 0), C.int64_t(to-from))
	})
}

// MSE is the squared error of each element: loss = (x - t)². Shapes are equal.
func MSE(loss, x, targets *Tensor) {
	same("MSE", "loss", loss, x)
	same("MSE", "targets", targets, x)
	countBytes(loss, x, targets)
	if anyDry(loss, x, targets) {
		return
	}
	splitElements(loss, func(from, to int) {
		C.k_mse(at(loss, from), at(x, from), at(targets, from), C.int64_t(to-from))
	})
}

// MSEBackward is the gradient of scale·Σ loss: dx = 2·scale·(x - t). Shapes: dx,
// x, targets equal; scale [1, 1]. dx may be x.
func MSEBackward(dx, x, targets, scale *Tensor) {
	const op = "MSEBackward"
	same(op, "dx", dx, x)
	same(op, "targets", targets, x)
	is(op, "scale", scale, 1, 1)
	countBytes(dx, x, targets)
	if anyDry(dx, x, targets, scale) {
		return
	}
	splitElements(x, func(from, to int) {
		C.k_mse_backward(at(dx, from), at(x, from), at(targets, from), at(scale, 0), C.int64_t(to-from))
	})
}
