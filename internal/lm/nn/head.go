package nn

import "runexp/internal/lm/autodiff"

// A Head turns hidden states into what a task asks for.
//
//	pool → (checkpoint's pooler) → dropout → [Dense → activation → dropout] → Out
//
// DistilBERT's head, whose dense layer ends in ReLU, drops nothing before it.
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
	if h.DenseActivation != "relu" {
		x = p.Dropout(x, h.Dropout, slotHead)
	}
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
