// Package lm is the language model: checkpoints in, a read-only Base out, and
// forward passes through it with an Overlay on top.
//
// A Base is loaded once and shared by every run of the process. It is never
// written to: what adapting yields is an nn.Overlay, and a Pass reads the two
// together. The parts lie in packages of their own: tensor (kernels),
// autodiff (the tape), nn (parameters, overlays, heads), bert, gpt2 and llama
// (architectures), tokenizer, safetensors and torchbin (files), optim.
package lm

import (
	"fmt"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/bert"
	"runexp/internal/lm/gpt2"
	"runexp/internal/lm/llama"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// Overlay is what adapting yields; see nn.Overlay.
type Overlay = nn.Overlay

// A Base is a pretrained model: shape, weights, tokenizer. It is read-only
// and safe for concurrent use.
type Base struct {
	Arch      nn.Architecture
	Tokenizer *tokenizer.Tokenizer
	// Weights by canonical name.
	Weights map[string]*nn.Param
	// Sites by module path.
	Sites map[string]nn.Site
	// Unused lists tensors of the checkpoint that belong to no part of the
	// model, such as another task's head.
	Unused []string
	// Warnings is what a user of the model should know.
	Warnings []string

	config map[string]any // config.json as read or written
	arena  *tensor.Arena
}

// architecture returns the computation for a shape.
func architecture(c *nn.Config) (nn.Architecture, error) {
	switch c.ModelType {
	case "bert", "roberta", "distilbert":
		return bert.New(c), nil
	case "gpt2":
		return gpt2.New(c), nil
	case "llama", "mistral", "qwen2":
		return llama.New(c), nil
	}
	return nil, fmt.Errorf("model_type %q is not one of bert, roberta, distilbert, gpt2, llama, mistral, qwen2", c.ModelType)
}

// newBase allocates the weights of a shape without giving them values; dry
// allocates nothing.
func newBase(c *nn.Config, dry bool) (*Base, error) {
	arch, err := architecture(c)
	if err != nil {
		return nil, err
	}
	b := &Base{Arch: arch, Weights: map[string]*nn.Param{}, Sites: map[string]nn.Site{}}
	b.arena = tensor.NewArena()
	if dry {
		b.arena = tensor.NewDryArena()
	}
	for _, s := range arch.Specs() {
		rows, cols := s.Matrix()
		b.Weights[s.Name] = nn.NewParam(b.arena, s.Name, rows, cols)
	}
	for _, s := range arch.Sites() {
		b.Sites[s.Name] = s
	}
	return b, nil
}

// Config is the model's shape.
func (b *Base) Config() *nn.Config { return b.Arch.Config() }

// Pass starts a forward computation on tape with o, which may be nil, on top.
func (b *Base) Pass(tape *autodiff.Tape, o *nn.Overlay) *nn.Pass {
	return &nn.Pass{Tape: tape, Weights: b.Weights, Sites: b.Sites, Overlay: o}
}

// Count is the number of parameters: of the backbone with its pooler, and of
// the language-modelling head.
func (b *Base) Count() (backbone, lmHead int64) {
	for _, s := range b.Arch.Specs() {
		if s.Group == "lm_head" {
			lmHead += s.Count()
		} else {
			backbone += s.Count()
		}
	}
	return backbone, lmHead
}

// Bytes is the memory that the weights take.
func (b *Base) Bytes() int64 { return b.arena.Resident() }

// Free gives the weights' memory back; the base must not be used afterwards.
func (b *Base) Free() { b.arena.Free() }
