// Package optim updates trained parameters from their gradients: AdamW with
// PyTorch's semantics, clipping by global norm, learning-rate schedules.
package optim

import (
	"fmt"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/tensor"
)

// AdamWConfig are the optimiser's constants.
type AdamWConfig struct {
	Beta1, Beta2, Eps float64
	WeightDecay       float64
	// GradientClip bounds the global norm of the gradient; 0 does not.
	GradientClip float64
}

// DefaultAdamW has PyTorch's constants, no decay and no clipping.
func DefaultAdamW() AdamWConfig { return AdamWConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8} }

// AdamW keeps the moments of a set of parameters.
//
//	m = β1·m + (1-β1)·g        v = β2·v + (1-β2)·g²
//	w = w - lr·decay·w - lr·(m/(1-β1ᵗ)) / (√(v/(1-β2ᵗ)) + eps)
//
// Source: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2.
type AdamW struct {
	config AdamWConfig
	params []*nn.Param
	m, v   []*tensor.Tensor
	steps  []int

	norm, clip *tensor.Tensor // [1,1]
	arena      *tensor.Arena
	block      *tensor.Tensor // of a sparse gradient
}

// NewAdamW gives every parameter moments and room for a gradient, in a.
func NewAdamW(a *tensor.Arena, params []*nn.Param, c AdamWConfig) *AdamW {
	o := &AdamW{config: c, params: params, steps: make([]int, len(params)), arena: a, norm: a.Zeros(1, 1), clip: a.Zeros(1, 1)}
	for _, p := range params {
		p.Train(a)
		o.m = append(o.m, a.Zeros(p.Value.Rows, p.Value.Cols))
		o.v = append(o.v, a.Zeros(p.Value.Rows, p.Value.Cols))
	}
	return o
}

// StartStep empties the gradients. progress in [0,1) decides which parameters
// move already.
func (o *AdamW) StartStep(progress float64) {
	for _, p := range o.params {
		p.Pause(progress < p.Since)
		p.StartStep()
	}
}

// Step applies the gradients with learning rate lr.
func (o *AdamW) Step(lr float64) {
	tensor.Fill(o.norm, 0)
	var scale *tensor.Tensor
	if o.config.GradientClip > 0 {
		for _, p := range o.params {
			if !p.Trained() {
				continue
			}
			g := p.Grad
			if _, values, ok := p.SparseGrad(); ok {
				g = func() *tensor.Tensor { return values }
			}
			tensor.SquaredNorm(o.norm, g(), true)
		}
		tensor.ClipFactor(o.clip, o.norm, float32(o.config.GradientClip))
		scale = o.clip
	}
	for i, p := range o.params {
		if p.Trained() {
			o.steps[i]++
			o.update(i, scale, lr)
		}
	}
}

// update moves one parameter.
func (o *AdamW) update(i int, scale *tensor.Tensor, lr float64) {
	c, p := o.config, o.params[i]
	decay := c.WeightDecay
	if p.NoDecay {
		decay = 0
	}
	step := func(w, m, v, g *tensor.Tensor) {
		tensor.AdamW(w, m, v, g, scale, float32(lr*p.LRScale), float32(c.Beta1), float32(c.Beta2), float32(c.Eps), float32(decay), o.steps[i])
	}
	rows, values, sparse := p.SparseGrad()
	if !sparse {
		step(p.Value, o.m[i], o.v[i], p.Grad())
		return
	}
	// Rows without a gradient move too, as their moments decay, so a block of
	// rows at a time gets its gradient written out.
	for from := 0; from < p.Value.Rows; from += blockRows {
		to := min(from+blockRows, p.Value.Rows)
		g := o.zeros(to-from, p.Value.Cols)
		n := 0
		for ; n < len(rows) && int(rows[n]) < to; n++ {
			at := int(rows[n]) - from
			tensor.Copy(g.RowsView(at, at+1), values.RowsView(n, n+1))
		}
		rows, values = rows[n:], values.RowsView(n, len(rows))
		step(p.Value.RowsView(from, to), o.m[i].RowsView(from, to), o.v[i].RowsView(from, to), g)
	}
}

// blockRows is how many rows of a sparse gradient are written out at a time.
const blockRows = 256

// zeros returns the optimiser's one block of gradient, emptied.
func (o *AdamW) zeros(rows, cols int) *tensor.Tensor {
	if o.block == nil || o.block.Rows < rows*cols {
		o.block = o.arena.New(rows*cols, 1)
	}
	g := o.block.RowsView(0, rows*cols).Reshape(rows, cols)
	tensor.Fill(g, 0)
	return g
}

// Close takes the gradient buffers away from the parameters.
func (o *AdamW) Close() {
	for _, p := range o.params {
		p.Freeze()
	}
}

// State lists the parameters and moments for a checkpoint, in order.
func (o *AdamW) State() []safetensors.Named {
	var list []safetensors.Named
	add := func(kind string, i int, x *tensor.Tensor) {
		list = append(list, safetensors.Named{
			Name: stateName(kind, i), Shape: []int64{int64(x.Rows), int64(x.Cols)}, Data: x.Slice(),
		})
	}
	for i, p := range o.params {
		add("w", i, p.Value)
		add("m", i, o.m[i])
		add("v", i, o.v[i])
	}
	return list
}

// Steps is how often each parameter has moved.
func (o *AdamW) Steps() []int { return o.steps }

// Restore reads what State listed.
func (o *AdamW) Restore(f *safetensors.File, steps []int) error {
	if len(steps) != len(o.params) {
		return fmt.Errorf("optimiser state: %d parameters, expected %d", len(steps), len(o.params))
	}
	for i, p := range o.params {
		for kind, x := range map[string]*tensor.Tensor{"w": p.Value, "m": o.m[i], "v": o.v[i]} {
			if err := f.Read(stateName(kind, i), x.Slice()); err != nil {
				return err
			}
		}
	}
	copy(o.steps, steps)
	return nil
}

func stateName(kind string, i int) string { return fmt.Sprintf("%s/%06d", kind, i) }
