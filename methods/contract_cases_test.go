package methods

import (
	"slices"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
)

// What the contract is tested with: models, methods and a batch.

// tinyModels are shapes small enough to differentiate numerically. Their
// weights are large, so that every part matters to the output.
func tinyModels(t *testing.T) map[string]*lm.Base {
	t.Helper()
	shape := func(modelType string, change func(*nn.Config)) *nn.Config {
		c := &nn.Config{ModelType: modelType, Vocabulary: 40, Hidden: 16, Layers: 2, Heads: 2, KVHeads: 2, Intermediate: 24,
			MaxPositions: 40, Eps: 1e-5, InitStd: 0.25, LMHead: true, Activation: "gelu"}
		change(c)
		return c
	}
	bases := map[string]*lm.Base{}
	for name, c := range map[string]*nn.Config{
		"bert":       shape("bert", func(c *nn.Config) { c.TypeVocab, c.Pooler = 2, true }),
		"distilbert": shape("distilbert", func(*nn.Config) {}),
		"gpt2":       shape("gpt2", func(c *nn.Config) { c.Activation, c.TiedHead = "gelu_new", true }),
		"llama":      shape("llama", func(c *nn.Config) { c.Activation, c.KVHeads, c.RopeTheta = "silu", 1, 10000 }),
	} {
		base, err := lm.New(c, tokenizer.NewHashing(c.Vocabulary), tensor.NewKey(5, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(base.Free)
		for _, s := range base.Arch.Specs() {
			if len(s.Shape) == 1 { // biases of zero and norms of one hide mistakes
				noise(base.Weights[s.Name].Value, 0.2, tensor.NewKey(6, s.Name))
			}
		}
		bases[name] = base
	}
	return bases
}

// noise adds N(0, std) to x.
func noise(x *tensor.Tensor, std float64, key tensor.Key) {
	for i := range x.Slice() {
		x.Slice()[i] += float32(std * key.Normal(uint64(i)))
	}
}

type contractCase struct {
	name   string
	method Adapter
	// start says how the adapted hidden states compare to the base's at step
	// 0: "equal" to the bit, "close", or "other" by definition.
	start string
}

func contractCases() []contractCase {
	reparameterized := prefix(3)
	reparameterized.Reparameterize, reparameterized.Hidden = true, 5
	shifted := prefix(3)
	shifted.ShiftPositions = true
	words := prefix(3)
	words.Start = "label_words"
	// A scale of one; more would curve the loss too much for differences.
	small := func(change func(*LoRA)) *LoRA {
		m := &LoRA{Rank: 2, Alpha: 2, Bias: "none", Variant: "lora"}
		change(m)
		return m
	}
	prompts := func(change func(*PromptTuning)) *PromptTuning {
		m := prompt(4)
		change(m)
		return m
	}
	return []contractCase{
		{"fine_tuning", NewFineTuning(), "equal"},
		{"fine_tuning top 1", &FineTuning{Layers: 1, LayerDecay: 0.5}, "equal"},
		{"fine_tuning head", &FineTuning{Layers: 0, LayerDecay: 1}, "equal"},
		{"lora", small(func(*LoRA) {}), "equal"},
		{"lora all-linear", small(func(m *LoRA) { m.Targets = []string{allLinear}; m.Variant = "rslora" }), "equal"},
		{"dora", small(func(m *LoRA) { m.Variant = "dora" }), "close"},
		{"houlsby", &Bottleneck{Kind: "houlsby", Reduction: 4}, "equal"},
		{"pfeiffer", &Bottleneck{Kind: "pfeiffer", Reduction: 4}, "equal"},
		{"parallel", &Bottleneck{Kind: "parallel", Reduction: 4}, "equal"},
		{"prefix", prefix(3), "other"},
		{"prefix shifted", shifted, "other"},
		{"prefix of words", words, "other"},
		{"prefix by network", reparameterized, "other"},
		{"bitfit", &BitFit{}, "equal"},
		{"ia3", &IA3{}, "equal"},
		{"layer_norm", &LayerNorm{}, "equal"},
		{"prompt", prompts(func(*PromptTuning) {}), "other"},
		{"prompt after first", prompts(func(m *PromptTuning) { m.Position = "after_first"; m.Start = "random" }), "other"},
		{"prompt first read", prompts(func(m *PromptTuning) { m.Reads = "first"; m.Start = "label_words" }), "other"},
		{"prompt text", prompts(func(m *PromptTuning) { m.Start = "text"; m.InitText = "the court finds" }), "other"},
		{"union", unite(small(func(*LoRA) {}), &LayerNorm{}, prompts(func(*PromptTuning) {})), "other"},
	}
}

// eachCase runs f for every method on every model that it supports.
func eachCase(t *testing.T, f func(t *testing.T, c contractCase, base *lm.Base)) {
	bases := tinyModels(t)
	for _, c := range contractCases() {
		for _, model := range []string{"bert", "distilbert", "gpt2", "llama"} {
			base := bases[model]
			if c.method.SupportsModel(base.Config()) != nil {
				continue
			}
			t.Run(c.name+"/"+model, func(t *testing.T) { f(t, c, base) })
		}
	}
}

// contractSetup is a classification into three, for which words are known.
func contractSetup() Setup {
	return Setup{Head: nn.HeadSpec{Task: Classification, Outputs: 3}, Words: [][]int32{{7, 8}, {9}, {10}}, Dropout: -1}
}

// contractBatch has sequences of different lengths; the label of each is
// decided by its second token.
func contractBatch() (*nn.Batch, []int32) {
	var rows [][]int32
	var labels []int32
	key := tensor.NewKey(8, "batch")
	for i := range 12 {
		row := []int32{2}
		for j := range 3 + i%4 {
			row = append(row, 6+int32(key.At(uint64(i)).Float64(uint64(j))*30))
		}
		label := int32(i % 3)
		row[1] = 20 + label
		rows, labels = append(rows, row), append(labels, label)
	}
	return nn.NewBatch(rows, nil), labels
}

func adaptCase(t *testing.T, c contractCase, base *lm.Base) *lm.Overlay {
	t.Helper()
	o, err := c.method.Adapt(base, contractSetup(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Free)
	return o
}

// outputs runs the model with o and returns the head's scores.
func outputs(base *lm.Base, o *lm.Overlay) []float32 {
	b, _ := contractBatch()
	a := tensor.NewArena()
	defer a.Free()
	return slices.Clone(base.Pass(autodiff.New(a, false), o).Forward(base.Arch, b).Value.Slice())
}

// hidden runs the model with o and returns what the head would read of each
// sequence's last hidden states.
func hidden(base *lm.Base, o *lm.Overlay) []float32 {
	b, _ := contractBatch()
	a := tensor.NewArena()
	defer a.Free()
	return slices.Clone(base.Pass(autodiff.New(a, false), o).Pooled(base.Arch, b, "last").Value.Slice())
}

// lossOf returns the mean cross entropy; with step it also computes gradients
// and lets step use them.
func lossOf(base *lm.Base, o *lm.Overlay, train bool, step func()) float64 {
	b, labels := contractBatch()
	a := tensor.NewArena()
	defer a.Free()
	tape := autodiff.New(a, step != nil)
	p := base.Pass(tape, o)
	p.Train = train
	loss := tape.CrossEntropy(p.Forward(base.Arch, b), a.Ints(labels), 0, nil, float32(len(labels)))
	value := float64(loss.Value.Slice()[0])
	if step != nil {
		tape.Backward(loss)
		step()
	}
	return value
}

func values(params []*nn.Param) [][]float32 {
	var all [][]float32
	for _, p := range params {
		all = append(all, slices.Clone(p.Value.Slice()))
	}
	return all
}

func baseParams(base *lm.Base) []*nn.Param {
	var all []*nn.Param
	for _, s := range base.Arch.Specs() {
		all = append(all, base.Weights[s.Name])
	}
	return all
}
