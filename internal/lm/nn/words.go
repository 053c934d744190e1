package nn

import "runexp/internal/lm/autodiff"

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
