package train

import (
	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// A FeatureNeed is one representation of a text: a layer (0 the embeddings,
// L the last) and how its rows become one.
type FeatureNeed struct {
	Layer   int
	Pooling string // cls, mean, max, last
}

// Features computes several frozen representations of the same texts in one
// forward pass: [len(needs)][rows·H]. With words there is a row for each
// tagged token instead of one for each sequence, and pooling does not count.
func Features(base *lm.Base, examples []*Example, needs []FeatureNeed, words bool, progress func(done, total int)) [][]float32 {
	hidden := base.Config().Hidden
	out := make([][]float32, len(needs))
	for i := range out {
		out[i] = make([]float32, 0, len(examples)*hidden)
	}
	a := tensor.NewArena()
	defer a.Free()
	chunks(examples, func(from int, part []*Example) {
		a.Reset()
		pass := base.Pass(autodiff.New(a, false), nil)
		pass.Observe = func(layer int, in *nn.Input, h *autodiff.Var) {
			for i, need := range needs {
				if need.Layer != layer {
					continue
				}
				x := h
				if words {
					x = pass.Tape.Gather(h, a.Ints(taggedRows(part)))
				} else {
					x = pass.Reduce(in, h, need.Pooling)
				}
				out[i] = append(out[i], x.Value.Slice()...)
			}
		}
		base.Arch.Encode(pass, pass.Begin(base.Arch, pack(part)), nil)
		if progress != nil {
			progress(from+len(part), len(examples))
		}
	})
	return out
}

// taggedRows are the rows of a packed batch that carry a tag.
func taggedRows(examples []*Example) []int32 {
	var rows []int32
	at := int32(0)
	for _, e := range examples {
		for _, tag := range e.Tags {
			if tag >= 0 {
				rows = append(rows, at)
			}
			at++
		}
	}
	return rows
}
