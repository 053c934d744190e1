package train

import (
	"slices"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// newBERT is a small untrained encoder with dropout.
func newBERT(t *testing.T) *lm.Base {
	t.Helper()
	return newBase(t, &nn.Config{
		ModelType: "bert", Vocabulary: 60, Hidden: 32, Layers: 2, Heads: 4, KVHeads: 4, Intermediate: 48, MaxPositions: 32, TypeVocab: 2,
		Activation: "gelu", Eps: 1e-12, Dropout: 0.1, AttnDropout: 0.1, HeadDropout: 0.1, InitStd: 0.2, Pooler: true, LMHead: true,
	})
}

// newLlama is a small untrained decoder.
func newLlama(t *testing.T) *lm.Base {
	t.Helper()
	return newBase(t, &nn.Config{
		ModelType: "llama", Vocabulary: 60, Hidden: 32, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 8, Intermediate: 48, MaxPositions: 32,
		Activation: "silu", Eps: 1e-5, RopeTheta: 1e4, InitStd: 0.2, TiedHead: true, LMHead: true,
	})
}

func newBase(t *testing.T, c *nn.Config) *lm.Base {
	t.Helper()
	b, err := lm.New(c, tokenizer.NewHashing(c.Vocabulary), tensor.NewKey(1, "test"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// newOverlay replaces the query weights and adds LoRA, soft tokens and a head.
func newOverlay(t *testing.T, b *lm.Base, seed uint64) *nn.Overlay {
	t.Helper()
	o := nn.NewOverlay(false)
	t.Cleanup(o.Free)
	key := tensor.NewKey(seed, "overlay")
	draw := func(name string, rows, cols int) *nn.Param {
		p := nn.NewParam(o.Arena, name, rows, cols)
		tensor.FillNormal(p.Value, 0, 0.2, key.At(uint64(len(o.Params()))))
		return p
	}
	for _, s := range b.Arch.Sites() {
		switch s.Role {
		case "query":
			p := nn.NewParam(o.Arena, s.WeightName(), s.Out, s.In)
			tensor.Copy(p.Value, b.Weights[s.WeightName()].Value)
			o.Replaced[s.WeightName()] = p
		case "value":
			o.LowRank[s.Name] = &nn.LowRank{A: draw("A", 2, s.In), B: draw("B", s.Out, 2), Scale: 2, Dropout: 0.1}
		}
	}
	o.Soft = &nn.Soft{Embedding: draw("soft", 2, b.Config().Hidden), At: 1}
	head, err := nn.NewHead(o.Arena, b.Config(), nn.HeadSpec{Task: "classification", Outputs: 2}, tensor.NewKey(seed, "head"))
	if err != nil {
		t.Fatal(err)
	}
	o.Head = head
	return o
}

// newRows draws rows of two classes that differ in how often two words occur.
func newRows(n int, seed uint64) []*Example {
	key := tensor.NewKey(seed, "rows")
	var rows []*Example
	for i := range n {
		k := key.At(uint64(i))
		label := int32(i % 2)
		ids := []int32{2}
		for j := range 3 + k.Uint64(0)%8 {
			id := int32(7 + k.Uint64(j+1)%40)
			if k.Float64(100+j) < 0.4 {
				id = 5 + label
			}
			ids = append(ids, id)
		}
		rows = append(rows, &Example{Sequences: []Sequence{{IDs: append(ids, 3), Mask: -1}}, Label: label})
	}
	return rows
}

var twoClasses = Task{Kind: "classification", Outputs: 2}

func accuracy(rows []*Example) Score {
	return func(out []float32) float64 {
		right := 0
		for i, e := range rows {
			if (out[2*i+1] > out[2*i]) == (e.Label == 1) {
				right++
			}
		}
		return float64(right) / float64(len(rows))
	}
}

// state is all bits of an overlay.
func state(o *nn.Overlay) [][]float32 {
	var all [][]float32
	for _, p := range o.Params() {
		all = append(all, slices.Clone(p.Value.Slice()))
	}
	return all
}

// trained is the outcome of a run.
type trained struct {
	State  [][]float32
	Result Result
}

func run(t *testing.T, b *lm.Base, data Data, c Config, o Options) trained {
	t.Helper()
	overlay := newOverlay(t, b, 3)
	r, _, err := Run(t.Context(), b, overlay, data, c, 3, o)
	if err != nil {
		t.Fatal(err)
	}
	return trained{state(overlay), *r}
}

func smallConfig() Config {
	c := NewConfig()
	c.Epochs, c.BatchSize, c.LearningRate = 3, 6, 5e-3
	return c
}
