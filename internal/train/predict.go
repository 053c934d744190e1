package train

import (
	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// chunkTokens bounds the tokens of one evaluation batch. It changes speed and
// memory only: each row's result is independent of its neighbours.
const chunkTokens = 4096

// chunks cuts examples into runs of about chunkTokens tokens.
func chunks(examples []*Example, f func(from int, part []*Example)) {
	for from := 0; from < len(examples); {
		to, tokens := from, 0
		for to < len(examples) && (to == from || tokens+examples[to].Tokens() <= chunkTokens) {
			tokens += examples[to].Tokens()
			to++
		}
		f(from, examples[from:to])
		from = to
	}
}

// Predict runs the overlay's head over examples: one row of Outputs numbers
// per example (multiple choice: one per choice; tagging: one row per token),
// before any softmax.
func Predict(base *lm.Base, overlay *nn.Overlay, task Task, examples []*Example) []float32 {
	a := tensor.NewArena()
	defer a.Free()
	return predict(a, base, overlay, start{}, examples)
}

// PredictFrom is Predict that starts from frozen states where the overlay
// leaves layers alone; the bits are the same. source has the examples.
func PredictFrom(source FrozenSource, base *lm.Base, overlay *nn.Overlay, examples []*Example) ([]float32, error) {
	from, err := startOf(source, base, overlay)
	if err != nil {
		return nil, err
	}
	defer from.close()
	a := tensor.NewArena()
	defer a.Free()
	return predict(a, base, overlay, from, examples), nil
}

func predict(a *tensor.Arena, base *lm.Base, overlay *nn.Overlay, from start, examples []*Example) []float32 {
	var out []float32
	chunks(examples, func(_ int, part []*Example) {
		known := from.known(a, part)
		pass := base.Pass(autodiff.New(a, false), overlay)
		pass.Known = known
		out = append(out, pass.Forward(base.Arch, pack(part)).Value.Slice()...)
	})
	return out
}
