package autodiff

import "runexp/internal/lm/tensor"

// CrossEntropy is the summed cross entropy of softmax(logits) over denom.
//
//	loss = Σ_i w[label_i]·H(q_i, softmax(logits_i)) / denom      logits [N, C], a [1,1] loss
//
// q_i puts 1-smoothing on the label and spreads smoothing evenly over all
// classes. A label of -1 is ignored. weights [1, C] may be nil. The caller
// gives denom (rows, or summed weights), so that nothing is read back.
func (t *Tape) CrossEntropy(logits *Var, labels *tensor.Ints, smoothing float32, weights *tensor.Tensor, denom float32) *Var {
	n, c := logits.Value.Rows, logits.Value.Cols
	rows, probs := t.alloc(n, 1), t.alloc(n, c)
	tensor.CrossEntropy(rows, probs, logits.Value, labels, smoothing, weights)
	loss := t.mean(rows, denom, logits)
	if !t.gradients || !logits.needs {
		t.release(probs)
		return loss
	}
	// The probabilities, as large as a vocabulary, become the gradient in place.
	t.push(loss, func() {
		tensor.CrossEntropyBackward(probs, probs, labels, smoothing, weights, t.upstream(loss, denom))
		t.adopt(logits, probs)
	})
	return loss
}

// BCE is the summed binary cross entropy of sigmoid(logits) against targets
// in [0,1], over denom; logits, targets [N, C].
func (t *Tape) BCE(logits *Var, targets *tensor.Tensor, denom float32) *Var {
	rows := t.alloc(logits.Value.Rows, logits.Value.Cols)
	tensor.BCE(rows, logits.Value, targets)
	loss := t.mean(rows, denom, logits)
	t.push(loss, func() {
		scale := t.upstream(loss, denom)
		t.contribute(logits, func(g *tensor.Tensor) { tensor.BCEBackward(g, logits.Value, targets, scale) })
	})
	return loss
}

// MSE is the summed squared error against targets, over denom.
func (t *Tape) MSE(pred *Var, targets *tensor.Tensor, denom float32) *Var {
	rows := t.alloc(pred.Value.Rows, pred.Value.Cols)
	tensor.MSE(rows, pred.Value, targets)
	loss := t.mean(rows, denom, pred)
	t.push(loss, func() {
		scale := t.upstream(loss, denom)
		t.contribute(pred, func(g *tensor.Tensor) { tensor.MSEBackward(g, pred.Value, targets, scale) })
	})
	return loss
}

// mean sums rows over denom and gives their room back.
func (t *Tape) mean(rows *tensor.Tensor, denom float32, input *Var) *Var {
	loss := t.output(1, 1, input)
	tensor.Sum(loss.Value, rows, false)
	tensor.Scale(loss.Value, loss.Value, 1/denom)
	t.release(rows)
	return loss
}

func (t *Tape) upstream(loss *Var, denom float32) *tensor.Tensor {
	scale := t.alloc(1, 1)
	tensor.Scale(scale, loss.grad, 1/denom)
	return scale
}
