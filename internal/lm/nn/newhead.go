package nn

import (
	"fmt"

	"runexp/internal/lm/tensor"
)

// HeadSpec says what head to make.
type HeadSpec struct {
	Task    string
	Outputs int
	Pooling string // "" is the architecture's own: cls, or last for causal models
	Words   [][]int32
}

// NewHead makes the head that the architecture's own sequence classifier has:
// BERT a linear layer on the pooler (or on CLS, if the checkpoint has no
// trained pooler), RoBERTa and DistilBERT a dense layer first, causal models
// a linear layer without bias on the last token. Matrices are N(0, InitStd)
// from key, biases zero.
func NewHead(a *tensor.Arena, c *Config, s HeadSpec, key tensor.Key) (*Head, error) {
	h := &Head{Task: s.Task, Pooling: s.Pooling, Outputs: s.Outputs, Dropout: float32(c.HeadDropout), Words: s.Words}
	switch {
	case s.Task == "language_modeling":
		h.Pooling = "tokens"
		return h, nil
	case s.Words != nil:
		h.Pooling = "last"
		if !c.Causal() {
			h.Pooling = "mask"
		}
		if !c.LMHead {
			return nil, fmt.Errorf("head: label words need a language-modelling head, and the checkpoint has none")
		}
		return h, nil
	case s.Task == "tagging":
		h.Pooling = "tokens"
	case s.Pooling == "":
		h.Pooling = "cls"
		if c.Causal() {
			h.Pooling = "last"
		}
	}
	if s.Outputs < 1 {
		return nil, fmt.Errorf("head: %d outputs", s.Outputs)
	}
	matrix := func(name string, rows, cols int, k tensor.Key) *Param {
		p := NewParam(a, name, rows, cols)
		tensor.FillNormal(p.Value, 0, float32(c.InitStd), k)
		return p
	}
	sequence := h.Pooling != "tokens"
	h.UsePooler = sequence && c.Pooler && h.Pooling == "cls"
	if sequence && (c.ModelType == "roberta" || c.ModelType == "distilbert") {
		h.Dense, h.DenseBias = matrix("head.dense.weight", c.Hidden, c.Hidden, key.At(1)), headBias(a, "head.dense.bias", c.Hidden)
		h.DenseActivation = "tanh"
		if c.ModelType == "distilbert" {
			h.DenseActivation = "relu"
		}
	}
	h.Out = matrix("head.out.weight", s.Outputs, c.Hidden, key.At(0))
	if !c.Causal() {
		h.OutBias = headBias(a, "head.out.bias", s.Outputs)
	}
	return h, nil
}

// headBias makes biases that start at zero.
func headBias(a *tensor.Arena, name string, n int) *Param {
	p := NewParam(a, name, 1, n)
	p.NoDecay = true
	tensor.Fill(p.Value, 0)
	return p
}
