package nn

import (
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// Dropout masks are keyed by slot: layer·slotsPerLayer + place, so that a
// recomputed layer drops the same elements.
const (
	slotsPerLayer = 16
	slotEmbedding = -1
	slotHead      = -8
	slotLowRank   = 1 << 20
)

// Slot numbers the places of dropout inside a layer.
func Slot(layer, place int) int { return layer*slotsPerLayer + place }

func (p *Pass) key(slot int) tensor.Key {
	return tensor.NewKey(p.Seed, "dropout/"+itoa(slot)).At(p.Step)
}

// Dropout drops elements of x in training, if anything below x is trained.
func (p *Pass) Dropout(x *autodiff.Var, rate float32, slot int) *autodiff.Var {
	rate = p.rate(rate)
	if rate == 0 {
		return x
	}
	return p.Tape.Dropout(x, rate, p.key(slot))
}

// rate is the dropout rate that acts where the model's own is own.
func (p *Pass) rate(own float32) float32 {
	switch {
	case !p.Train:
		return 0
	case p.DropoutRate != nil:
		return float32(*p.DropoutRate)
	}
	return own
}

// DropoutAdd is Dropout(x) + residual.
func (p *Pass) DropoutAdd(x, residual *autodiff.Var, rate float32, slot int) *autodiff.Var {
	return p.Tape.DropoutAdd(x, residual, p.rate(rate), p.key(slot))
}

// EmbeddingDropout is the dropout after the embeddings.
func (p *Pass) EmbeddingDropout(x *autodiff.Var, rate float32) *autodiff.Var {
	return p.Dropout(x, rate, slotEmbedding)
}
