package methods

import (
	"slices"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// A prefix that starts from words is what the model computes of them: a causal
// model whose positions are shifted reads the text as if the words stood before
// it.
func TestAPrefixOfWordsReadsAsTheWordsThemselves(t *testing.T) {
	bases := tinyModels(t)
	words := []int32{9, 7, 30, 9}
	for _, model := range []string{"gpt2", "llama"} {
		base := bases[model]
		m := prefix(len(words))
		m.ShiftPositions = true
		o, err := m.Adapt(base, contractSetup(), testKey)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Free()
		fillKeysValues(o.Prefix.Table.Value, base, words)

		a := tensor.NewArena()
		defer a.Free()
		b, _ := contractBatch()
		var rows [][]int32
		for s := range b.Len() {
			rows = append(rows, slices.Concat(words, b.IDs[b.Offsets[s]:b.Offsets[s+1]]))
		}
		pass := base.Pass(autodiff.New(a, false), nil)
		want := pass.Pooled(base.Arch, nn.NewBatch(rows, nil), "last").Value.Slice()
		if d := furthest(hidden(base, o), want); d > 1e-5 {
			t.Errorf("%s: hidden states are %g from those after the words", model, d)
		}
	}
}

func TestAPrefixThroughANetworkStartsAtRandom(t *testing.T) {
	m := prefix(3)
	m.Reparameterize = true
	if errs := m.Validate(); len(errs) > 0 {
		t.Errorf("it is refused: %v", errs)
	}
	m.Start = "label_words"
	if errs := m.Validate(); len(errs) != 1 {
		t.Errorf("start from words: %v, want one error", errs)
	}
}

// Trained vectors among the words are not read by a head that averages.
func TestAMeanIsThatOfTheText(t *testing.T) {
	for model, base := range tinyModels(t) {
		o, err := prompt(4).Adapt(base, contractSetup(), testKey)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Free()
		b, _ := contractBatch()
		pooled := func(how string) []float32 {
			a := tensor.NewArena()
			defer a.Free()
			return slices.Clone(base.Pass(autodiff.New(a, false), o).Pooled(base.Arch, b, how).Value.Slice())
		}
		h, tokens := base.Config().Hidden, pooled("tokens")
		want := make([]float32, b.Len()*h)
		for s := range b.Len() {
			n := b.Offsets[s+1] - b.Offsets[s]
			for i := b.Offsets[s]; i < b.Offsets[s+1]; i++ {
				for j := range h {
					want[s*h+j] += tokens[int(i)*h+j] / float32(n)
				}
			}
		}
		if d := furthest(pooled("mean"), want); d > 1e-5 {
			t.Errorf("%s: the mean is %g from that over the real tokens", model, d)
		}
	}
}
