package methods

import (
	"math"
	"slices"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Gradients through the whole model agree with central differences along
// random directions, parameter by parameter.
func TestContractGradients(t *testing.T) {
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		o := adaptCase(t, c, base)
		for i, p := range o.Params() {
			noise(p.Value, 0.1, testKey.At(uint64(i))) // away from zeros that hide gradients
		}
		smooth(o)
		state := tensor.NewArena()
		defer state.Free()
		for _, p := range o.Params() {
			p.Train(state)
			p.StartStep()
		}
		lossOf(base, o, false, func() {})
		for i, p := range o.Params() {
			if constantNorm(o, p) {
				continue
			}
			grad, direction := p.Grad().Slice(), make([]float32, p.Value.Len())
			want := 0.0
			for j := range direction {
				direction[j] = float32(testKey.At(uint64(100+i)).Normal(uint64(j)) / math.Sqrt(float64(len(direction))))
				want += float64(grad[j]) * float64(direction[j])
			}
			at := func(step float32) float64 {
				kept := slices.Clone(p.Value.Slice())
				for j, d := range direction {
					p.Value.Slice()[j] += step * d
				}
				loss := lossOf(base, o, false, nil)
				p.Value.CopyFrom(kept)
				return loss
			}
			// Two central differences, extrapolated: the error is of order
			// h⁴ plus the rounding of float32 losses, about 1e-7/h.
			const h = 5e-3
			coarse, fine := (at(2*h)-at(-2*h))/(4*h), (at(h)-at(-h))/(2*h)
			got := (4*fine - coarse) / 3
			if math.Abs(got-want) > 2e-3*(0.15+math.Abs(want)) {
				t.Errorf("%s: derivative %.6f, by differences %.6f", p.Name, want, got)
			}
			p.Freeze()
		}
	})
}

// smooth takes the kinks out of an overlay: differences across the kink of a
// ReLU say nothing about its derivative.
func smooth(o *lm.Overlay) {
	if o.Head.Dense != nil {
		o.Head.DenseActivation = "tanh"
	}
	for _, b := range o.Bottlenecks {
		b.Activation = "silu"
	}
}

// constantNorm reports whether p is a thin matrix of DoRA, whose gradient by
// definition takes the norm of the sum as a constant.
func constantNorm(o *lm.Overlay, p *nn.Param) bool {
	for _, l := range o.LowRank {
		if l.Magnitude != nil && (p == l.A || p == l.B) {
			return true
		}
	}
	return false
}
