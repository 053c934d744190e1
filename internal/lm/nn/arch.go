package nn

import (
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

// An Architecture computes hidden states and knows the names of its parts.
type Architecture interface {
	Config() *Config
	// Specs lists every parameter in checkpoint order.
	Specs() []Spec
	// Sites lists the linear layers of the backbone.
	Sites() []Site
	// Encode returns the last hidden states. rows, if not nil, says which of
	// them are read: [len(rows), H] comes back and the last layer computes
	// nothing else. Otherwise [N, H].
	Encode(p *Pass, in *Input, rows *Rows) *autodiff.Var
	// Pool applies the checkpoint's pooler to [S, H]; only if Config.Pooler.
	Pool(p *Pass, h *autodiff.Var) *autodiff.Var
	// LMTransform maps hidden states to what the decoder matrix multiplies.
	LMTransform(p *Pass, h *autodiff.Var) *autodiff.Var
	// Decoder names the output embedding [V, H] and its bias ("" if none).
	Decoder() (weight, bias string)
	// WordEmbedding names the input embedding [V, H].
	WordEmbedding() string
}

// Rows selects rows of the last hidden states, sequence by sequence.
type Rows struct {
	Index   *tensor.Ints // rows of the packed batch, ascending and distinct
	Offsets *tensor.Ints // [S+1], where each sequence's selection starts
}
