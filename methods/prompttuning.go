package methods

import (
	"errors"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// PromptTuning trains vectors that stand among the embedded words of every
// input, and nothing else of the model. The head is a trained one, or, with a
// format that has label words, the model's own language-modelling head.
//
//	[e_1 … e_Tokens, embed(x)]    e [Tokens, H]
//
// The start decides much: vocabulary takes the embeddings of random words,
// label_words those of the labels' words (and random words for the rest),
// text those of InitText, over and over, and random is uniform in ±0.5.
//
// On encoders the head reads the real CLS token wherever it stands;
// reads = "first" is the choice of the reference implementation PEFT, whose
// pooler reads the first row, which is a trained vector.
//
// Source: Lester et al. 2021, arXiv:2104.08691, section 2.
type PromptTuning struct {
	Tokens   int    `hcl:"tokens,optional" doc:"number of trained vectors"`
	Start    string `hcl:"init,optional" doc:"what they start from: vocabulary, label_words, text or random"`
	InitText string `hcl:"init_text,optional" doc:"the text that init = \"text\" starts from"`
	Position string `hcl:"position,optional" doc:"where they stand: start, or after_first, that is after CLS or the beginning-of-sequence token"`
	Reads    string `hcl:"reads,optional" doc:"what a head on CLS reads: cls, or first, the first row as in PEFT"`
}

// NewPromptTuning returns 20 vectors before the input, from random words.
func NewPromptTuning() *PromptTuning {
	return &PromptTuning{Tokens: 20, Start: "vocabulary", Position: "start", Reads: "cls"}
}

// Type returns "prompt_tuning".
func (*PromptTuning) Type() string { return "prompt_tuning" }

// Draws returns true.
func (*PromptTuning) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*PromptTuning) Supports(kind string) error { return supportsTraining("prompt_tuning", kind) }

// NeedsWords reports whether the vectors start from label words.
func (m *PromptTuning) NeedsWords() bool { return m.Start == "label_words" }

// SupportsModel returns an error if the vectors leave no room for text.
func (m *PromptTuning) SupportsModel(c *nn.Config) error {
	if m.Tokens >= c.MaxPositions {
		return fieldErrorf("tokens", "%d vectors leave no positions for the text: the model has %d.", m.Tokens, c.MaxPositions)
	}
	return nil
}

// Defaults returns a rate of AdamW that corresponds to the paper's 0.3 of
// Adafactor.
func (*PromptTuning) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 3e-2, Epochs: 10, BatchSize: 32, WeightDecay: 0, Warmup: 0.06}
}

// Validate returns what is wrong with the attributes.
func (m *PromptTuning) Validate() []error {
	errs := slices.Concat(
		atLeast("tokens", m.Tokens, 1, "The prompt has a number of trained vectors"),
		oneOf("init", m.Start, "vocabulary", "label_words", "text", "random"),
		oneOf("position", m.Position, "start", "after_first"),
		oneOf("reads", m.Reads, "cls", "first"))
	if (m.Start == "text") != (m.InitText != "") {
		errs = append(errs, &FieldError{"init_text", `The text goes with init = "text"; one without the other has no meaning.`})
	}
	if m.Reads == "first" && m.Position != "start" {
		errs = append(errs, &FieldError{"reads", `reads = "first" differs from "cls" only if the vectors stand at the start.`})
	}
	return errs
}

// Adapt makes the vectors and a head.
func (m *PromptTuning) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is Tokens·H.
func (m *PromptTuning) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

func (m *PromptTuning) count(base *lm.Base, _ *nn.Head) (Count, error) {
	c := base.Config()
	n := int64(m.Tokens) * int64(c.Hidden)
	return Count{Trained: n, Stored: n}, m.SupportsModel(c)
}

func (m *PromptTuning) extend(o *nn.Overlay, base *lm.Base, setup Setup, key tensor.Key) error {
	if o.Soft != nil {
		return errors.New("two parts put vectors before the input")
	}
	if err := m.SupportsModel(base.Config()); err != nil {
		return err
	}
	p := nn.NewParam(o.Arena, "prompt", m.Tokens, base.Config().Hidden)
	p.NoDecay = true
	o.Soft = &nn.Soft{Embedding: p, PoolFirst: m.Reads == "first"}
	if m.Position == "after_first" {
		o.Soft.At = 1
	}
	if isDry(base) {
		return nil // a shape has no words to start from
	}
	if m.Start == "random" {
		tensor.FillUniform(p.Value, -0.5, 0.5, key)
		return nil
	}
	ids, err := m.words(base, setup, key)
	if err != nil {
		return err
	}
	tensor.Embedding(p.Value, base.Weights[base.Arch.WordEmbedding()].Value, o.Arena.Ints(ids))
	return nil
}

// words returns the token ids that the vectors start from.
func (m *PromptTuning) words(base *lm.Base, setup Setup, key tensor.Key) ([]int32, error) {
	var ids []int32
	switch m.Start {
	case "label_words":
		if len(setup.Words) == 0 {
			return nil, fieldErrorf("init", `init = "label_words" needs a format with words.`)
		}
		ids = interleave(setup.Words)
	case "text":
		if base.Tokenizer == nil {
			return nil, fieldErrorf("init", `init = "text" needs a model with a tokenizer.`)
		}
		text := base.Tokenizer.Encode(m.InitText)
		if len(text) == 0 {
			return nil, fieldErrorf("init_text", "The text %q has no tokens.", m.InitText)
		}
		for len(ids) < m.Tokens {
			ids = append(ids, text...)
		}
	}
	ordinary := ordinaryTokens(base)
	for i := uint64(0); len(ids) < m.Tokens; i++ {
		ids = append(ids, ordinary[int(key.Float64(i)*float64(len(ordinary)))])
	}
	return ids[:m.Tokens], nil
}

// interleave takes the first word of each label, then the second of each.
func interleave(words [][]int32) []int32 {
	var ids []int32
	for i := 0; ; i++ {
		before := len(ids)
		for _, w := range words {
			if i < len(w) {
				ids = append(ids, w[i])
			}
		}
		if len(ids) == before {
			return ids
		}
	}
}

// ordinaryTokens lists the vocabulary without special tokens.
func ordinaryTokens(base *lm.Base) []int32 {
	n, special := base.Config().Vocabulary, []int32(nil)
	if t := base.Tokenizer; t != nil {
		s := t.Special()
		n, special = min(n, t.Size()), []int32{s.PAD, s.UNK, s.CLS, s.SEP, s.MASK, s.BOS, s.EOS}
	}
	ids := make([]int32, 0, n)
	for id := range int32(n) {
		if !slices.Contains(special, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
