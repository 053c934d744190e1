package nn

import (
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// LowRank is LoRA's addition to a linear layer.
//
//	y = x·Wᵀ + Scale·(dropout(x)·Aᵀ)·Bᵀ         A [r, in], B [out, r]
//
// With Magnitude [1, out] (DoRA, Liu et al. 2024, arXiv:2402.09353) the sum
// is rescaled row-wise to that norm; the norm of W + Scale·B·A is a constant
// in the backward pass, as in the paper's section 4.3.
type LowRank struct {
	A, B      *Param
	Magnitude *Param
	Scale     float32
	Dropout   float32
}

func (p *Pass) lowRank(x, weight, bias *autodiff.Var, site Site, layout autodiff.Layout) *autodiff.Var {
	t := p.Tape
	l := p.Overlay.LowRank[site.Name]
	if l == nil {
		return t.Linear(x, weight, bias, layout)
	}
	// LoRA's dropout trains A and B, so it acts although x itself is frozen.
	in := x
	if p.Train && l.Dropout > 0 {
		in = t.DropoutAlways(x, l.Dropout, p.key(slotLowRank+siteNumber(site)))
	}
	a, b := p.leaf(l.A), p.leaf(l.B)
	low := t.Linear(t.Linear(in, a, nil, autodiff.OutIn), b, nil, autodiff.OutIn)
	if l.Magnitude == nil {
		return t.AddScaled(t.Linear(x, weight, bias, layout), low, l.Scale)
	}
	y := t.AddScaled(t.Linear(x, weight, nil, layout), low, l.Scale)
	inverse := t.Const(inverseNorms(t.Arena(), weight.Value, l, layout))
	y = t.ScaleColumns(y, t.ScaleColumns(p.leaf(l.Magnitude), inverse))
	if bias == nil {
		return y
	}
	return t.AddBias(y, bias)
}

// siteNumber tells the sites of a layer apart without using names.
func siteNumber(s Site) int {
	roles := []string{"query", "key", "value", "qkv", "attention_output", "intermediate", "gate", "up", "output", "down", "pooler"}
	for i, r := range roles {
		if r == s.Role {
			return s.Layer*slotsPerLayer + i
		}
	}
	panic("nn: unknown role " + s.Role)
}

// inverseNorms returns 1/‖W + Scale·B·A‖ for each output, [1, out].
func inverseNorms(a *tensor.Arena, w *tensor.Tensor, l *LowRank, layout autodiff.Layout) *tensor.Tensor {
	out, in := l.B.Value.Rows, l.A.Value.Cols
	product := a.New(out, in)
	tensor.Gemm(product, l.B.Value, l.A.Value, false, false, false)
	sum := a.New(out, in)
	if layout == autodiff.InOut {
		tensor.Transpose(sum, w)
	} else {
		tensor.Copy(sum, w)
	}
	tensor.Axpy(sum, product, l.Scale)
	norms, ones := a.New(out, 1), a.New(out, 1)
	tensor.RowNorms(norms, sum)
	tensor.Fill(ones, 1)
	tensor.Div(ones, ones, norms)
	return ones.Reshape(1, out)
}

// InitMagnitude sets DoRA's magnitude to the norm of each output's weights,
// so that the adapted layer starts equal to the base.
func InitMagnitude(a *tensor.Arena, m, weight *tensor.Tensor, inOut bool) {
	w := weight
	if inOut {
		w = a.New(weight.Cols, weight.Rows)
		tensor.Transpose(w, weight)
	}
	tensor.RowNorms(m.Reshape(w.Rows, 1), w)
}
