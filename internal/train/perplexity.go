package train

import (
	"math"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// LanguageLoss is the mean cross entropy in nats per scored token of a causal
// model, or of a masked model under a mask that depends on key, the text and
// its number alone, and each example's own sum. It is NaN if no token is scored.
func LanguageLoss(base *lm.Base, overlay *nn.Overlay, examples []*Example, key tensor.Key) (loss float64, rows []RowLoss) {
	a := tensor.NewArena()
	defer a.Free()
	texts := make([]scoredText, len(examples))
	for i, e := range examples {
		// Each text's mask is drawn for it alone, so that it does not depend on
		// how texts are batched.
		b, index, labels := languageTargets(base, []*Example{e}, key.At(uint64(i)))
		texts[i] = scoredText{b, index, labels}
	}
	rows = scoreTexts(base, overlay, a, texts)
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

// PseudoPerplexity masks each token of a masked model alone (Salazar et al.
// 2020, arXiv:1910.14659) and sums the losses; for a causal model it is the
// loss of tokens 2 … n.
func PseudoPerplexity(base *lm.Base, e *Example) RowLoss {
	a := tensor.NewArena()
	defer a.Free()
	if base.Config().Causal() {
		b, index, labels := languageTargets(base, []*Example{e}, tensor.Key{})
		return scoreTexts(base, nil, a, []scoredText{{b, index, labels}})[0]
	}
	tok := base.Tokenizer
	var texts []scoredText
	whole := e.Sequences[0]
	for i, id := range whole.IDs {
		if tok.IsSpecial(id) {
			continue
		}
		masked := whole
		masked.IDs = slices.Clone(whole.IDs)
		masked.IDs[i] = tok.Special().MASK
		texts = append(texts, scoredText{pack([]*Example{{Sequences: []Sequence{masked}}}), [][]int{{i}}, []int32{id}})
	}
	total := RowLoss{}
	for _, r := range scoreTexts(base, nil, a, texts) {
		total.Sum, total.Tokens = total.Sum+r.Sum, total.Tokens+r.Tokens
	}
	return total
}
