package train

import (
	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// maskShare is the share of tokens that a masked language model predicts; of
// these 80 % become the mask token, 10 % a random token, 10 % stay (Devlin et
// al. 2019, section 3.1).
const maskShare = 0.15

// lmLoss is next-token or masked-token cross entropy, averaged over the
// predicted tokens of the batch; 0 where there are none.
func (o *objective) lmLoss(p *nn.Pass, examples []*Example) *autodiff.Var {
	key := tensor.NewKey(p.Seed, "mask").At(p.Step)
	b, rows, labels := languageTargets(o.base, examples, key)
	return o.tokenLoss(p, b, rows, labels)
}

// tokenLoss is the mean loss of the tokens at rows, sequence by sequence.
func (o *objective) tokenLoss(p *nn.Pass, b *nn.Batch, rows [][]int, labels []int32) *autodiff.Var {
	logits := p.LMLogits(o.base.Arch, b, func(s int) []int { return rows[s] })
	return p.Tape.CrossEntropy(logits, p.Tape.Arena().Ints(labels), o.smoothing, nil, float32(max(1, len(labels))))
}

// languageTargets builds a batch, the token indices at which each sequence is
// scored, and the tokens expected there. At least one token of the batch is
// scored.
func languageTargets(base *lm.Base, examples []*Example, key tensor.Key) (b *nn.Batch, rows [][]int, labels []int32) {
	b = pack(examples)
	rows = make([][]int, b.Len())
	if base.Config().Causal() {
		for s := range b.Len() {
			from, to := int(b.Offsets[s]), int(b.Offsets[s+1])
			for i := from; i+1 < to; i++ {
				rows[s] = append(rows[s], i-from)
				labels = append(labels, b.IDs[i+1])
			}
		}
		return b, rows, labels
	}
	tok := base.Tokenizer
	mask, vocabulary := tok.Special().MASK, uint64(tok.Size())
	first := -1
	for s := range b.Len() {
		from, to := int(b.Offsets[s]), int(b.Offsets[s+1])
		for i := from; i < to; i++ {
			if tok.IsSpecial(b.IDs[i]) {
				continue
			}
			if first < 0 {
				first = i
			}
			if key.Float64(uint64(3*i)) >= maskShare {
				continue
			}
			rows[s] = append(rows[s], i-from)
			labels = append(labels, b.IDs[i])
			switch u := key.Float64(uint64(3*i + 1)); {
			case u < 0.8:
				b.IDs[i] = mask
			case u < 0.9:
				b.IDs[i] = int32(key.Uint64(uint64(3*i+2)) % vocabulary)
			}
		}
	}
	if len(labels) == 0 && first >= 0 {
		for s := range b.Len() {
			if from := int(b.Offsets[s]); first >= from && first < int(b.Offsets[s+1]) {
				rows[s], labels = []int{first - from}, []int32{b.IDs[first]}
				b.IDs[first] = mask
			}
		}
	}
	return b, rows, labels
}
