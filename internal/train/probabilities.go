package train

import "runexp/internal/lm/tensor"

// Softmax turns rows of cols logits into probabilities, with the engine's own
// exponential.
func Softmax(logits []float32, cols int) []float32 {
	if len(logits) == 0 {
		return nil
	}
	a := tensor.NewArena()
	defer a.Free()
	rows := len(logits) / cols
	x, losses := a.From(rows, cols, logits), a.New(rows, 1)
	// Any label will do: only the probabilities are kept.
	tensor.CrossEntropy(losses, x, x, a.Ints(make([]int32, rows)), 0, nil)
	out := make([]float32, len(logits))
	x.CopyTo(out)
	return out
}

// Sigmoid turns logits into independent probabilities.
func Sigmoid(logits []float32) []float32 {
	if len(logits) == 0 {
		return nil
	}
	a := tensor.NewArena()
	defer a.Free()
	x := a.From(1, len(logits), logits)
	tensor.Activate(x, x, tensor.Sigmoid)
	out := make([]float32, len(logits))
	x.CopyTo(out)
	return out
}
