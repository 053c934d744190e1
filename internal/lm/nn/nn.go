// Package nn holds what a language model is made of, and what an adaptation
// lays over it.
//
// An Architecture (bert, gpt2, llama) describes its parameters and computes
// hidden states; it never touches a weight directly but asks a Pass for it.
// The Pass looks into an Overlay first: replaced parameters, low-rank
// additions, scales, bottlenecks, prefixes, soft tokens, a head. So one
// forward pass, written once per architecture, serves every method, and the
// base model is never changed.
package nn

import "runexp/internal/lm/tensor"

// A Param is a named matrix. The parameters of a base model are read-only and
// have no gradient; those of an Overlay get one while they are trained.
type Param struct {
	Name  string
	Value *tensor.Tensor
	// NoDecay exempts biases, norms and embeddings of a prompt from weight
	// decay.
	NoDecay bool
	// LRScale multiplies the learning rate (layer-wise decay); NewParam sets 1.
	LRScale float64
	// Since is the fraction of training after which the parameter moves
	// (gradual unfreezing, head first); 0 is from the start.
	Since float64
	// Frozen keeps what an earlier method trained as it is: the parameter is
	// part of the overlay and is not trained again.
	Frozen bool

	grad   *tensor.Tensor
	filled bool
	paused bool
}

// NewParam returns a parameter with an undefined value of that shape.
func NewParam(a *tensor.Arena, name string, rows, cols int) *Param {
	return &Param{Name: name, Value: a.New(rows, cols), LRScale: 1}
}

// Train gives p a gradient buffer in a.
func (p *Param) Train(a *tensor.Arena) { p.grad = a.Zeros(p.Value.Rows, p.Value.Cols) }

// Freeze takes the gradient away again.
func (p *Param) Freeze() { p.grad, p.filled, p.paused = nil, false, false }

// Pause makes p a constant for the time being; it keeps its buffer.
func (p *Param) Pause(on bool) { p.paused = on }

// Trained reports whether p collects a gradient.
func (p *Param) Trained() bool { return p.grad != nil && !p.paused }

// StartStep marks the gradient as empty; the first contribution overwrites it.
func (p *Param) StartStep() { p.filled = false }

// Grad is the gradient of this step, zero if nothing contributed to it.
func (p *Param) Grad() *tensor.Tensor {
	if !p.filled {
		tensor.Fill(p.grad, 0)
		p.filled = true
	}
	return p.grad
}

// Buffer and MarkFilled implement autodiff.Gradient.
func (p *Param) Buffer() (*tensor.Tensor, bool) { return p.grad, p.filled }

// MarkFilled says that the buffer holds a contribution of this step.
func (p *Param) MarkFilled() { p.filled = true }

// Count is the number of scalars in p.
func (p *Param) Count() int64 { return int64(p.Value.Rows) * int64(p.Value.Cols) }
