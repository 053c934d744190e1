package train

import (
	"math"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// LanguageLoss is the mean cross entropy in nats per scored token of a causal
// model, or of a masked model under a mask that depends on key, the text and
// its number alone, and each example's own sum. It is NaN if no token is scored.
func LanguageLoss(base *lm.Base, overlay *nn.Overlay, examples []*Example, key tensor.Key) (loss float64, rows []RowLoss) {
	a := tensor.NewArena()
	defer a.Free()
	rows = make([]RowLoss, len(examples))
	// One example at a time decides the mask, so that it does not depend on
	// how examples are batched.
	for i, e := range examples {
		a.Reset()
		b, index, labels := languageTargets(base, []*Example{e}, key.At(uint64(i)))
		rows[i] = scoreTokens(base, overlay, a, b, index, labels)
	}
	sum, n := 0.0, 0
	for _, r := range rows {
		sum, n = sum+r.Sum, n+r.Tokens
	}
	if n == 0 {
		return math.NaN(), rows
	}
	return sum / float64(n), rows
}

// RowLoss is the language-modelling loss of one text.
type RowLoss struct {
	Sum    float64 // nats
	Tokens int
}

func scoreTokens(base *lm.Base, overlay *nn.Overlay, a *tensor.Arena, b *nn.Batch, index [][]int, labels []int32) RowLoss {
	if len(labels) == 0 {
		return RowLoss{}
	}
	pass := base.Pass(autodiff.New(a, false), overlay)
	logits := pass.LMLogits(base.Arch, b, func(s int) []int { return index[s] })
	losses := a.New(len(labels), 1)
	tensor.CrossEntropy(losses, logits.Value, logits.Value, a.Ints(labels), 0, nil)
	r := RowLoss{Tokens: len(labels)}
	for _, v := range losses.Slice() {
		r.Sum += float64(v)
	}
	return r
}

// PseudoPerplexity masks each token of a masked model alone (Salazar et al.
// 2020, arXiv:1910.14659) and sums the losses; for a causal model it is the
// loss of tokens 2 … n.
func PseudoPerplexity(base *lm.Base, e *Example) RowLoss {
	a := tensor.NewArena()
	defer a.Free()
	if base.Config().Causal() {
		b, index, labels := languageTargets(base, []*Example{e}, tensor.Key{})
		return scoreTokens(base, nil, a, b, index, labels)
	}
	tok := base.Tokenizer
	var masked []*Example
	var at []int
	for i, id := range e.Sequences[0].IDs {
		if tok.IsSpecial(id) {
			continue
		}
		s := e.Sequences[0]
		s.IDs = append([]int32(nil), s.IDs...)
		s.IDs[i] = tok.Special().MASK
		masked, at = append(masked, &Example{Sequences: []Sequence{s}}), append(at, i)
	}
	total := RowLoss{}
	chunks(masked, func(from int, part []*Example) {
		a.Reset()
		index, labels := make([][]int, len(part)), make([]int32, len(part))
		for i := range part {
			index[i] = []int{at[from+i]}
			labels[i] = e.Sequences[0].IDs[at[from+i]]
		}
		r := scoreTokens(base, nil, a, pack(part), index, labels)
		total.Sum, total.Tokens = total.Sum+r.Sum, total.Tokens+r.Tokens
	})
	return total
}
