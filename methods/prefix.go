package methods

import (
	"errors"
	"math"
	"slices"

	"runexp/internal/lm"
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
// is not the base model.
//
// Sources: Li and Liang 2021, arXiv:2101.00190, sections 4.2 and 4.3; Liu et
// al. 2022, arXiv:2110.07602.
type PrefixTuning struct {
	Tokens         int  `hcl:"tokens,optional" doc:"length of the prefix in every layer"`
	Reparameterize bool `hcl:"reparameterize,optional" doc:"train the prefix through a small network that is folded away afterwards"`
	Hidden         int  `hcl:"hidden,optional" doc:"width of that network"`
	ShiftPositions bool `hcl:"shift_positions,optional" doc:"count the positions of the real tokens from the prefix on, as PEFT does"`
}

// NewPrefixTuning returns 30 tokens, trained directly.
func NewPrefixTuning() *PrefixTuning { return &PrefixTuning{Tokens: 30, Hidden: 512} }

// Type returns "prefix_tuning".
func (*PrefixTuning) Type() string { return "prefix_tuning" }

// Draws returns true.
func (*PrefixTuning) Draws() bool { return true }

// Supports returns nil for every kind of task.
func (*PrefixTuning) Supports(kind string) error { return supportsTraining("prefix_tuning", kind) }

// SupportsModel returns an error if shifted positions leave no room for text.
func (m *PrefixTuning) SupportsModel(c *nn.Config) error {
	if m.ShiftPositions && m.Tokens >= c.MaxPositions {
		return fieldErrorf("tokens", "A prefix of %d leaves no positions for the text: the model has %d.", m.Tokens, c.MaxPositions)
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
		atLeast("hidden", m.Hidden, 1, "The network that makes the prefix has a width"))
	if !m.Reparameterize && m.Hidden != NewPrefixTuning().Hidden {
		errs = append(errs, &FieldError{"hidden", "Only a prefix with reparameterize = true is made by a network; this one has no width."})
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

func (m *PrefixTuning) extend(o *nn.Overlay, base *lm.Base, _ Setup, key tensor.Key) error {
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
		return nil
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
