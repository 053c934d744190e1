package nn

import (
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// Merge sets dst to the one matrix that a linear layer with weight w and the
// low-rank addition l amounts to, in the layout of w:
//
//	W + Scale·B·A        with a magnitude, each row rescaled to it
func (l *LowRank) Merge(dst, w *tensor.Tensor, s Site) {
	a := tensor.NewArena()
	defer a.Free()
	layout := autodiff.OutIn
	if s.InOut {
		layout = autodiff.InOut
	}
	sum := a.New(s.Out, s.In)
	tensor.Gemm(sum, l.B.Value, l.A.Value, false, false, false)
	tensor.Scale(sum, sum, l.Scale)
	if s.InOut {
		transposed := a.New(s.Out, s.In)
		tensor.Transpose(transposed, w)
		tensor.Add(sum, sum, transposed)
	} else {
		tensor.Add(sum, sum, w)
	}
	if l.Magnitude != nil {
		factor := inverseNorms(a, w, l, layout)
		tensor.Mul(factor, factor, l.Magnitude.Value)
		columns := a.New(s.In, s.Out)
		tensor.Transpose(columns, sum)
		tensor.ScaleColumns(columns, columns, factor)
		tensor.Transpose(sum, columns)
	}
	if s.InOut {
		tensor.Transpose(dst, sum)
	} else {
		tensor.Copy(dst, sum)
	}
}
