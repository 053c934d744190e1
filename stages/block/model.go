package block

import (
	"math"

	"runexp/internal/lm/nn"
	"runexp/pipeline/config"
)

// Model is a model block; it has exactly one source.
type Model struct {
	Name     string
	From     config.Ref   `hcl:"from,optional" ref:"model" doc:"model to continue pretraining from"`
	Path     config.Path  `hcl:"path,optional" doc:"a folder in the Hugging Face layout, or a llama2.c .bin file"`
	Hub      string       `hcl:"hub,optional" doc:"org/name@revision, downloaded once, checked and cached"`
	Pretrain *Pretraining `hcl:"pretrain,block" doc:"train it here on declared text"`
	Random   *Random      `hcl:"random,block" doc:"an untrained model of a given shape, for benchmarks and counting"`
}

// Validate checks that there is one source.
func (m *Model) Validate() []error {
	sources := 0
	for _, given := range []bool{m.Path.Text != "", m.Hub != "", m.Pretrain != nil, m.Random != nil} {
		if given {
			sources++
		}
	}
	switch {
	case sources == 0:
		return []error{wrong("", "A model needs one source: path, hub, a pretrain block or a random block.")}
	case sources > 1:
		return []error{wrong("", "A model has exactly one source: path, hub, a pretrain block or a random block.")}
	case !m.From.IsZero() && m.Pretrain == nil:
		return []error{wrong("from", "Only a pretrain block continues from another model.")}
	}
	if m.Pretrain == nil {
		return nil
	}
	return m.Pretrain.check(!m.From.IsZero())
}

// Random is an untrained model.
type Random struct {
	Config config.Path `hcl:"config" doc:"a config.json in the Hugging Face layout"`
	Seed   int         `hcl:"seed,optional" doc:"draws the weights"`
}

// Pretraining trains a small model from nothing, or goes on from another one.
type Pretraining struct {
	Architecture string        `hcl:"architecture,optional" doc:"bert, gpt2 or llama"`
	Layers       int           `hcl:"layers,optional" doc:"transformer layers"`
	HiddenSize   int           `hcl:"hidden_size,optional" doc:"width of the hidden states"`
	Heads        int           `hcl:"heads,optional" doc:"attention heads"`
	KVHeads      int           `hcl:"kv_heads,optional" doc:"key-value heads (llama); 0 is as many as heads"`
	Intermediate int           `hcl:"intermediate_size,optional" doc:"width of the feed-forward layers; 0 is 4 × hidden_size"`
	Vocabulary   int           `hcl:"vocabulary,optional" doc:"size of the vocabulary that is trained on the text"`
	MaxPositions int           `hcl:"max_positions,optional" unit:"tokens" doc:"longest input of the model"`
	Dropout      float64       `hcl:"dropout,optional" doc:"dropout rate of the model"`
	Steps        int           `hcl:"steps,optional" doc:"optimiser steps"`
	BatchSize    int           `hcl:"batch_size,optional" unit:"sequences" doc:"sequences of one step"`
	Length       int           `hcl:"length,optional" unit:"tokens" doc:"longest sequence in pretraining"`
	LearningRate float64       `hcl:"learning_rate,optional" doc:"peak learning rate"`
	WeightDecay  float64       `hcl:"weight_decay,optional" doc:"decoupled weight decay"`
	Warmup       float64       `hcl:"warmup,optional" unit:"fraction of steps" doc:"share of the steps in which the learning rate rises"`
	Heldout      float64       `hcl:"heldout,optional" unit:"fraction" doc:"share of the text that is kept for measuring retention"`
	Seed         int           `hcl:"seed,optional" doc:"seed of initial weights, order and masks; the experiment's seeds never touch it"`
	Text         []config.Path `hcl:"text,optional" doc:"text files"`
	Generator    *Generator    `hcl:"generator,block" doc:"built-in text"`

	fresh bool
}

// Init sets the defaults.
func (p *Pretraining) Init() error {
	*p = Pretraining{
		Steps: 1000, BatchSize: 32, Length: 64, LearningRate: 1e-3, WeightDecay: 0.01, Warmup: 0.1, Heldout: 0.02, Dropout: -1,
	}
	return nil
}

// check fills in the shape of a new model, or refuses one for a continued
// model, whose shape is given.
func (p *Pretraining) check(continued bool) []error {
	var errs []error
	if (len(p.Text) == 0) == (p.Generator == nil) {
		errs = append(errs, wrong("pretrain", "Pretraining reads either text files or one generator."))
	}
	if continued {
		for _, f := range []struct {
			name  string
			given bool
		}{
			{"architecture", p.Architecture != ""}, {"layers", p.Layers != 0}, {"hidden_size", p.HiddenSize != 0}, {"heads", p.Heads != 0},
			{"kv_heads", p.KVHeads != 0}, {"intermediate_size", p.Intermediate != 0}, {"vocabulary", p.Vocabulary != 0},
			{"max_positions", p.MaxPositions != 0}, {"dropout", p.Dropout != -1},
		} {
			if f.given {
				errs = append(errs, wrong("pretrain."+f.name, "The shape of a continued model is that of the model it starts from."))
			}
		}
		return append(errs, p.checkNumbers()...)
	}
	p.fresh = true
	setDefault(&p.Architecture, "bert")
	setDefault(&p.Layers, 2)
	setDefault(&p.HiddenSize, 128)
	setDefault(&p.Heads, 2)
	setDefault(&p.Vocabulary, 4000)
	setDefault(&p.MaxPositions, 512)
	if p.Dropout == -1 {
		p.Dropout = 0.1
	}
	for _, e := range oneOf("architecture", p.Architecture, "bert", "gpt2", "llama") {
		errs = append(errs, wrong("pretrain.architecture", "%v", e))
	}
	for _, f := range []struct {
		name      string
		value     int
		low, high int
	}{
		{"layers", p.Layers, 1, 200}, {"hidden_size", p.HiddenSize, 1, 1 << 14}, {"heads", p.Heads, 1, 1 << 10}, {"vocabulary", p.Vocabulary, 300, 1 << 20},
		{"max_positions", p.MaxPositions, 8, 1 << 16}, {"kv_heads", p.KVHeads, 0, 1 << 10}, {"intermediate_size", p.Intermediate, 0, 1 << 17},
	} {
		if f.value < f.low || f.value > f.high {
			errs = append(errs, wrong("pretrain."+f.name, "%d is not from %d to %d.", f.value, f.low, f.high))
		}
	}
	if p.Heads > 0 && p.HiddenSize%p.Heads != 0 {
		errs = append(errs, wrong("pretrain.heads", "The hidden size %d is not a multiple of %d heads.", p.HiddenSize, p.Heads))
	}
	return append(errs, p.checkNumbers()...)
}

func (p *Pretraining) checkNumbers() []error {
	var errs []error
	check := func(ok bool, name, text string) {
		if !ok {
			errs = append(errs, wrong("pretrain."+name, "%s", text))
		}
	}
	check(p.Steps >= 1, "steps", "Pretraining needs at least one step.")
	check(p.BatchSize >= 1, "batch_size", "A step needs at least one sequence.")
	check(p.Length >= 4 && (!p.fresh || p.Length <= p.MaxPositions), "length", "A sequence has at least 4 tokens and at most max_positions.")
	check(p.LearningRate > 0, "learning_rate", "The learning rate must be above 0.")
	check(p.WeightDecay >= 0, "weight_decay", "The weight decay must not be negative.")
	check(p.Warmup >= 0 && p.Warmup <= 1, "warmup", "The warm-up is a share of the steps, from 0 to 1.")
	check(p.Heldout >= 0 && p.Heldout < 1, "heldout", "The held-out share must be from 0 to below 1.")
	return errs
}

// Shape is the model that a new pretraining makes.
func (p *Pretraining) Shape(vocabulary int) *nn.Config {
	c := &nn.Config{
		ModelType: p.Architecture, Vocabulary: vocabulary, Hidden: p.HiddenSize, Layers: p.Layers, Heads: p.Heads, KVHeads: p.Heads,
		HeadDim: p.HiddenSize / p.Heads, Intermediate: p.Intermediate, MaxPositions: p.MaxPositions,
		Dropout: p.Dropout, AttnDropout: p.Dropout, HeadDropout: p.Dropout, LMHead: true,
		// BERT's 0.02 at its width of 768, and the same scale of outputs at others.
		InitStd: 0.02 * math.Sqrt(768/float64(p.HiddenSize)),
	}
	setDefault(&c.Intermediate, 4*p.HiddenSize)
	switch p.Architecture {
	case "bert":
		c.TypeVocab, c.Activation, c.Eps = 2, "gelu", 1e-12
	case "gpt2":
		c.Activation, c.Eps, c.TiedHead = "gelu_new", 1e-5, true
	case "llama":
		c.Activation, c.Eps, c.TiedHead, c.RopeTheta = "silu", 1e-5, true, 10000
		c.Dropout = 0
		if p.KVHeads > 0 {
			c.KVHeads = p.KVHeads
		}
	}
	return c
}

func setDefault[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}
