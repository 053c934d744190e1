package methods

import (
	"errors"
	"math"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// PrefixTuning puts trained keys and values before those of every sequence,
// in every layer; the model itself is frozen. P-tuning v2 is the same with a
// classification head.
//
//	attention over [Pk; K], [Pv; V]    Pk, Pv [Tokens, kv] per layer
//
// With Reparameterize the table is the output of a small network while it is
// trained, which steadies training, and FoldPrefix computes it once and for
// all afterwards:
//
//	table = tanh(E·W1ᵀ + b1)·W2ᵀ + b2    E [Tokens, H], W1 [Hidden, H]
//
// A prefix changes the attention from the start: at step 0 the adapted model
// is not the base model. What it starts from decides much: the keys and values
// that the model computes of words (vocabulary, label_words, text, as in prompt
// tuning), or N(0, InitStd) (random). Near-zero keys draw attention away from
// the text and give nothing for it; those of words are such as the model has
// seen. With ShiftPositions a causal model starts as if the words stood before
// the text.
//
// Sources: Li and Liang 2021, arXiv:2101.00190, sections 4.2, 4.3 and 7.4
// (init); Liu et al. 2022, arXiv:2110.07602.
type PrefixTuning struct {
	Tokens         int    `hcl:"tokens,optional" doc:"length of the prefix in every layer"`
	Start          string `hcl:"init,optional" doc:"what its keys and values start from: those of words (vocabulary, label_words or text), or random" source:"Li and Liang 2021, section 7.4"`
	InitText       string `hcl:"init_text,optional" doc:"the text that init = \"text\" starts from"`
	Reparameterize bool   `hcl:"reparameterize,optional" doc:"train the prefix through a small network that is folded away afterwards; starts at random"`
	Hidden         int    `hcl:"hidden,optional" doc:"width of that network"`
	ShiftPositions bool   `hcl:"shift_positions,optional" doc:"count the positions of the real tokens from the prefix on, as PEFT does"`
}

// NewPrefixTuning returns 30 tokens, trained directly.
func NewPrefixTuning() *PrefixTuning {
	return &PrefixTuning{Tokens: 30, Start: "random", Hidden: 512}
}

// Type returns "prefix_tuning".
func (*PrefixTuning) Type() string { return "prefix_tuning" }

// Draws returns true.
func (*PrefixTuning) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*PrefixTuning) Supports(kind string) error { return supportsTraining("prefix_tuning", kind) }

// NeedsWords reports whether the prefix starts from label words.
func (m *PrefixTuning) NeedsWords() bool { return m.Start == "label_words" }

func (m *PrefixTuning) start() wordStart { return wordStart{m.Start, m.InitText} }

// SupportsModel returns an error if shifted positions leave no room for text,
// or if the model cannot read as many words as the prefix starts from.
func (m *PrefixTuning) SupportsModel(c *nn.Config) error {
	switch {
	case m.ShiftPositions && m.Tokens >= c.MaxPositions:
		return fieldErrorf("tokens", "A prefix of %d leaves no positions for the text: the model has %d.", m.Tokens, c.MaxPositions)
	case m.Start != "random" && m.Tokens > c.MaxPositions:
		return fieldErrorf("tokens", "A prefix of %d words is longer than the %d positions of the model; a longer one starts at random.", m.Tokens, c.MaxPositions)
	}
	return nil
}

// Defaults returns the rate of P-tuning v2, with fewer epochs.
func (*PrefixTuning) Defaults() TrainDefaults {
	return TrainDefaults{LearningRate: 5e-3, Epochs: 10, BatchSize: 32, WeightDecay: 0, Warmup: 0.06}
}

// Validate returns what is wrong with the attributes.
func (m *PrefixTuning) Validate() []error {
	errs := slices.Concat(
		atLeast("tokens", m.Tokens, 1, "The prefix has a length in tokens"),
		m.start().validate(),
		atLeast("hidden", m.Hidden, 1, "The network that makes the prefix has a width"))
	if !m.Reparameterize && m.Hidden != NewPrefixTuning().Hidden {
		errs = append(errs, &FieldError{"hidden", "Only a prefix with reparameterize = true is made by a network; this one has no width."})
	}
	if m.Reparameterize && m.Start != "random" {
		errs = append(errs, &FieldError{"init", "A prefix with reparameterize = true is made by a network, which starts at random; it cannot start from words."})
	}
	return errs
}

// Adapt makes the prefix and a head.
func (m *PrefixTuning) Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	return adapt(m, base, setup, key)
}

// Trainable is Tokens·L·2·kv; in training through the network instead
// Tokens·H + Hidden·(H + 1) + L·2·kv·(Hidden + 1).
func (m *PrefixTuning) Trainable(base *lm.Base, setup Setup) (Count, error) {
	return trainable(m, base, setup)
}

// columns is the width of the prefix table: keys and values of all layers.
func (m *PrefixTuning) columns(c *nn.Config) int { return c.Layers * 2 * c.KVDim() }

func (m *PrefixTuning) extend(o *nn.Overlay, base *lm.Base, setup Setup, key tensor.Key) error {
	c := base.Config()
	if o.Prefix != nil {
		return errors.New("two parts make a prefix")
	}
	if err := m.SupportsModel(c); err != nil {
		return err
	}
	o.Prefix = &nn.Prefix{Len: m.Tokens, Shift: m.ShiftPositions}
	normal := func(name string, rows, cols int, draw uint64) *nn.Param {
		p := nn.NewParam(o.Arena, "prefix."+name, rows, cols)
		tensor.FillNormal(p.Value, 0, float32(c.InitStd), key.At(draw))
		return p
	}
	if !m.Reparameterize {
		o.Prefix.Table = normal("table", m.Tokens, m.columns(c), 0)
		o.Prefix.Table.NoDecay = true
		if m.Start == "random" || isDry(base) {
			return nil
		}
		ids, err := m.start().ids(m.Tokens, base, setup, key)
		if err == nil {
			fillKeysValues(o.Prefix.Table.Value, base, ids)
		}
		return err
	}
	uniform := func(name string, rows, cols, in int, draw uint64) *nn.Param {
		p := nn.NewParam(o.Arena, "prefix."+name, rows, cols)
		bound := float32(1 / math.Sqrt(float64(in)))
		tensor.FillUniform(p.Value, -bound, bound, key.At(draw))
		p.NoDecay = rows == 1
		return p
	}
	o.Prefix.Embedding = normal("embedding", m.Tokens, c.Hidden, 0)
	o.Prefix.Embedding.NoDecay = true
	o.Prefix.W1 = uniform("w1", m.Hidden, c.Hidden, c.Hidden, 1)
	o.Prefix.Bias1 = uniform("bias1", 1, m.Hidden, c.Hidden, 2)
	o.Prefix.W2 = uniform("w2", m.columns(c), m.Hidden, m.Hidden, 3)
	o.Prefix.Bias2 = uniform("bias2", 1, m.columns(c), m.Hidden, 4)
	return nil
}

func (m *PrefixTuning) count(base *lm.Base, _ *nn.Head) (Count, error) {
	c := base.Config()
	if err := m.SupportsModel(c); err != nil {
		return Count{}, err
	}
	tokens, columns, hidden := int64(m.Tokens), int64(m.columns(c)), int64(m.Hidden)
	n := Count{Trained: tokens * columns, Stored: tokens * columns}
	if m.Reparameterize {
		n.Trained = tokens*int64(c.Hidden) + hidden*int64(c.Hidden+1) + columns*(hidden+1)
	}
	return n, nil
}

// fillKeysValues sets row i of table [P, L·2·kv] to the keys and values that
// the model computes of token i of a text with these P tokens.
func fillKeysValues(table *tensor.Tensor, base *lm.Base, ids []int32) {
	a := tensor.NewArena()
	defer a.Free()
	pass := base.Pass(autodiff.New(a, false), nil)
	kv := base.Config().KVDim()
	pass.ObserveKV = func(layer int, k, v *autodiff.Var) {
		for i := range ids {
			row := table.Slice()[i*table.Cols+layer*2*kv:]
			copy(row[:kv], k.Value.Slice()[i*kv:(i+1)*kv])
			copy(row[kv:2*kv], v.Value.Slice()[i*kv:(i+1)*kv])
		}
	}
	batch := nn.NewBatch([][]int32{ids}, nil)
	base.Arch.Encode(pass, pass.Begin(base.Arch, batch), nil)
}

// FoldPrefix replaces the network behind a trained prefix by the table that
// it computes; outputs stay bit-identical. It leaves other overlays alone.
func FoldPrefix(o *lm.Overlay) {
	p := o.Prefix
	if p == nil || p.Table != nil {
		return
	}
	table := nn.NewParam(o.Arena, "prefix.table", p.Len, p.W2.Value.Rows)
	table.NoDecay = true
	h := o.Arena.New(p.Len, p.W1.Value.Rows)
	tensor.GemmBias(h, p.Embedding.Value, p.W1.Value, p.Bias1.Value, false, true)
	tensor.Activate(h, h, tensor.Tanh)
	tensor.GemmBias(table.Value, h, p.W2.Value, p.Bias2.Value, false, true)
	o.Prefix = &nn.Prefix{Table: table, Shift: p.Shift, Len: p.Len}
}
