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

	gradient gradient
}

// NewParam returns a parameter with an undefined value of that shape.
func NewParam(a *tensor.Arena, name string, rows, cols int) *Param {
	return &Param{Name: name, Value: a.New(rows, cols), LRScale: 1}
}

// Count is the number of scalars in p.
func (p *Param) Count() int64 { return int64(p.Value.Rows) * int64(p.Value.Cols) }
