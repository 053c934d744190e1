package nn

import (
	"fmt"
	"slices"
	"strconv"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// A Head turns hidden states into what a task asks for.
//
//	pool → (checkpoint's pooler) → dropout → [Dense → activation → dropout] → Out
//
// With Words set there is no new matrix: the language-modelling head scores
// each label's words at the mask token, or after the last token.
type Head struct {
	Task    string // classification, regression, multi_label, tagging, multiple_choice, language_modeling
	Pooling string // cls, mean, max, last, tokens (every row), mask
	Outputs int
	Dropout float32

	UsePooler        bool
	Dense, DenseBias *Param // [H, H], [1, H] or nil
	DenseActivation  string
	Out, OutBias     *Param // [Outputs, H], [1, Outputs]; OutBias may be nil

	// Words has the token ids of each label's words.
	Words [][]int32
}

func (h *Head) params() []*Param {
	var list []*Param
	for _, p := range []*Param{h.Dense, h.DenseBias, h.Out, h.OutBias} {
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

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
	bias := func(name string, n int) *Param {
		p := NewParam(a, name, 1, n)
		p.NoDecay = true
		tensor.Fill(p.Value, 0)
		return p
	}
	sequence := h.Pooling != "tokens"
	h.UsePooler = sequence && c.Pooler && h.Pooling == "cls"
	if sequence && (c.ModelType == "roberta" || c.ModelType == "distilbert") {
		h.Dense, h.DenseBias = matrix("head.dense.weight", c.Hidden, c.Hidden, key.At(1)), bias("head.dense.bias", c.Hidden)
		h.DenseActivation = "tanh"
		if c.ModelType == "distilbert" {
			h.DenseActivation = "relu"
		}
	}
	h.Out = matrix("head.out.weight", s.Outputs, c.Hidden, key.At(0))
	if !c.Causal() {
		h.OutBias = bias("head.out.bias", s.Outputs)
	}
	return h, nil
}

// apply computes the head's outputs: [S, Outputs], for multiple choice [S, 1],
// for tagging [N, Outputs].
func (h *Head) apply(p *Pass, arch Architecture, in *Input) *autodiff.Var {
	t := p.Tape
	x := p.pooled(arch, in, h.Pooling)
	if h.Words != nil {
		return h.scoreWords(p, arch, x)
	}
	if h.UsePooler {
		x = arch.Pool(p, x)
	}
	x = p.Dropout(x, h.Dropout, slotHead)
	if h.Dense != nil {
		x = t.Linear(x, p.leaf(h.Dense), p.leaf(h.DenseBias), autodiff.OutIn)
		x = t.Activate(x, ActivationByName(h.DenseActivation))
		x = p.Dropout(x, h.Dropout, slotHead+1)
	}
	var bias *autodiff.Var
	if h.OutBias != nil {
		bias = p.leaf(h.OutBias)
	}
	return t.Linear(x, p.leaf(h.Out), bias, autodiff.OutIn)
}

// scoreWords gives each label the mean logit of its words.
func (h *Head) scoreWords(p *Pass, arch Architecture, x *autodiff.Var) *autodiff.Var {
	t, a := p.Tape, p.Tape.Arena()
	var ids []int32
	for _, words := range h.Words {
		ids = append(ids, words...)
	}
	mean := make([]float32, len(h.Words)*len(ids))
	k := 0
	for label, words := range h.Words {
		for range words {
			mean[label*len(ids)+k] = 1 / float32(len(words))
			k++
		}
	}
	weight, biasName := arch.Decoder()
	list := a.Ints(ids)
	var bias *autodiff.Var
	if biasName != "" {
		n := p.Param(biasName).Value.Len()
		bias = t.Reshape(t.Gather(t.Reshape(p.Param(biasName), n, 1), list), 1, len(ids))
	}
	scores := t.Linear(arch.LMTransform(p, x), t.Gather(p.Param(weight), list), bias, autodiff.OutIn)
	return t.Linear(scores, t.Const(a.From(len(h.Words), len(ids), mean)), nil, autodiff.OutIn)
}

// ActivationByName maps a checkpoint's name to the kernel; config loading has
// refused any other.
func ActivationByName(name string) tensor.Activation {
	switch name {
	case "gelu":
		return tensor.GELU
	case "gelu_new", "gelu_pytorch_tanh", "gelu_fast":
		return tensor.GELUTanh
	case "relu":
		return tensor.ReLU
	case "tanh":
		return tensor.Tanh
	case "silu", "swish":
		return tensor.SiLU
	}
	panic("nn: unknown activation " + strconv.Quote(name))
}

// SetOut starts the output layer from given weights [Outputs][H] and biases.
// A head without biases refuses biases that are not zero: they would be lost.
func (h *Head) SetOut(weights [][]float32, bias []float32) error {
	if len(weights) != h.Out.Value.Rows || len(weights[0]) != h.Out.Value.Cols {
		return fmt.Errorf("head: %d×%d weights for an output layer of %d×%d", len(weights), len(weights[0]), h.Out.Value.Rows, h.Out.Value.Cols)
	}
	if h.Dense != nil {
		return fmt.Errorf("head: this model's head has a layer before the output, which given weights do not fit")
	}
	if h.OutBias != nil {
		h.OutBias.Value.CopyFrom(bias)
	} else if slices.ContainsFunc(bias, func(b float32) bool { return b != 0 }) {
		return fmt.Errorf("head: this model's head has no bias to start from the given one")
	}
	h.Out.Value.CopyFrom(slices.Concat(weights...))
	return nil
}
