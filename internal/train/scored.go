package train

import (
	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// scoredText is a text, as it is fed to the model, with the tokens that are
// scored in each of its sequences and what is expected there.
type scoredText struct {
	batch  *nn.Batch
	index  [][]int
	labels []int32
}

// logitBytes bounds the scores of one batch, unless one text has more.
const logitBytes = 64 << 20

// scoreTexts returns the loss of each text. How they are batched changes speed
// and memory only.
func scoreTexts(base *lm.Base, overlay *nn.Overlay, a *tensor.Arena, texts []scoredText) []RowLoss {
	losses := make([]RowLoss, 0, len(texts))
	scoredChunks(base, texts, func(part []scoredText) {
		a.Reset()
		losses = append(losses, scorePart(base, overlay, a, part)...)
	})
	return losses
}

// scoredChunks cuts texts into runs of at most chunkTokens tokens whose scores
// fit into logitBytes, but of one text at least.
func scoredChunks(base *lm.Base, texts []scoredText, f func(part []scoredText)) {
	limit := logitBytes / 4 / base.Config().Vocabulary
	for len(texts) > 0 {
		n, tokens, scored := 0, 0, 0
		for _, t := range texts {
			tokens, scored = tokens+t.batch.Tokens(), scored+len(t.labels)
			if n > 0 && (tokens > chunkTokens || scored > limit) {
				break
			}
			n++
		}
		f(texts[:n])
		texts = texts[n:]
	}
}

// scorePart scores the texts of one batch.
func scorePart(base *lm.Base, overlay *nn.Overlay, a *tensor.Arena, texts []scoredText) []RowLoss {
	var ids, types [][]int32
	var index [][]int
	var labels []int32
	for _, t := range texts {
		for s := range t.batch.Len() {
			from, to := t.batch.Offsets[s], t.batch.Offsets[s+1]
			ids = append(ids, t.batch.IDs[from:to])
			if t.batch.Types == nil {
				types = append(types, nil)
			} else {
				types = append(types, t.batch.Types[from:to])
			}
		}
		index, labels = append(index, t.index...), append(labels, t.labels...)
	}
	losses := make([]RowLoss, len(texts))
	if len(labels) == 0 {
		return losses
	}
	pass := base.Pass(autodiff.New(a, false), overlay)
	logits := pass.LMLogits(base.Arch, nn.NewBatch(ids, types), func(s int) []int { return index[s] })
	each := a.New(len(labels), 1)
	tensor.CrossEntropy(each, logits.Value, logits.Value, a.Ints(labels), 0, nil)
	if each.Dry() {
		return losses
	}
	values := each.Slice()
	for i, t := range texts {
		losses[i].Tokens = len(t.labels)
		for _, v := range values[:len(t.labels)] {
			losses[i].Sum += float64(v)
		}
		values = values[len(t.labels):]
	}
	return losses
}
