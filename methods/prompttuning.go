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

func (m *PromptTuning) start() wordStart { return wordStart{m.Start, m.InitText} }

// SupportsModel returns an error if the vectors leave no room for text, or if
// the model has no CLS token that a head could read.
func (m *PromptTuning) SupportsModel(c *nn.Config) error {
	if m.Reads == "first" && c.Causal() {
		return fieldErrorf("reads", "A head on a causal model reads the last token; reads = %q says what a head on CLS reads.", m.Reads)
	}
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
		m.start().validate(),
		oneOf("position", m.Position, "start", "after_first"),
		oneOf("reads", m.Reads, "cls", "first"))
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
	ids, err := m.start().ids(m.Tokens, base, setup, key)
	if err != nil {
		return err
	}
	tensor.Embedding(p.Value, base.Weights[base.Arch.WordEmbedding()].Value, o.Arena.Ints(ids))
	return nil
}
