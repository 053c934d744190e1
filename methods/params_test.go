package methods

import (
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
)

// Shapes of published models; no weights are allocated for them.
func bertBase() *nn.Config {
	return &nn.Config{ModelType: "bert", Vocabulary: 30522, Hidden: 768, Layers: 12, Heads: 12, KVHeads: 12, Intermediate: 3072,
		MaxPositions: 512, TypeVocab: 2, Activation: "gelu", Eps: 1e-12, InitStd: 0.02, Pooler: true, LMHead: true}
}

func robertaBase() *nn.Config {
	c := bertBase()
	c.ModelType, c.Vocabulary, c.MaxPositions, c.TypeVocab, c.Pooler = "roberta", 50265, 514, 1, false
	return c
}

func distilbertBase() *nn.Config {
	c := bertBase()
	c.ModelType, c.Layers, c.TypeVocab, c.Pooler = "distilbert", 6, 0, false
	return c
}

func gpt2Small() *nn.Config {
	return &nn.Config{ModelType: "gpt2", Vocabulary: 50257, Hidden: 768, Layers: 12, Heads: 12, KVHeads: 12, Intermediate: 3072,
		MaxPositions: 1024, Activation: "gelu_new", Eps: 1e-5, InitStd: 0.02, TiedHead: true, LMHead: true}
}

func lora(change func(*LoRA)) *LoRA {
	m := NewLoRA()
	change(m)
	return m
}

func prefix(tokens int) *PrefixTuning {
	m := NewPrefixTuning()
	m.Tokens = tokens
	return m
}

func prompt(tokens int) *PromptTuning {
	m := NewPromptTuning()
	m.Tokens = tokens
	return m
}

// Published or recomputed counts; the table is CONVENTIONS.md 3.1.
func TestTrainableEqualsTheTable(t *testing.T) {
	six := []string{allLinear}
	reparameterized := prefix(30)
	reparameterized.Reparameterize = true
	tests := []struct {
		name            string
		model           *nn.Config
		method          Adapter
		trained, stored int64
		head            int64
	}{
		{"full", bertBase(), NewFineTuning(), 109482240, 109482240, 1538},
		{"full RoBERTa", robertaBase(), NewFineTuning(), 124055040, 124055040, 592130},
		{"full DistilBERT", distilbertBase(), NewFineTuning(), 66362880, 66362880, 592130},
		{"full GPT-2", gpt2Small(), NewFineTuning(), 124439808, 124439808, 1536},
		{"head alone", bertBase(), &FineTuning{Layers: 0, LayerDecay: 1}, 0, 0, 1538},
		{"lora r=1", bertBase(), lora(func(m *LoRA) { m.Rank = 1 }), 36864, 36864, 1538},
		{"lora r=4", bertBase(), lora(func(m *LoRA) { m.Rank = 4 }), 147456, 147456, 1538},
		{"lora r=8", bertBase(), NewLoRA(), 294912, 294912, 1538},
		{"lora r=16", bertBase(), lora(func(m *LoRA) { m.Rank = 16 }), 589824, 589824, 1538},
		{"lora all linear", bertBase(), lora(func(m *LoRA) { m.Targets = six }), 1327104, 1327104, 1538},
		{"lora bias all", bertBase(), lora(func(m *LoRA) { m.Bias = "all" }), 294912 + 102912, 294912 + 102912, 1538},
		{"lora bias lora_only", bertBase(), lora(func(m *LoRA) { m.Bias = "lora_only" }), 294912 + 24*768, 294912 + 24*768, 1538},
		{"dora", bertBase(), lora(func(m *LoRA) { m.Variant = "dora" }), 313344, 313344, 1538},
		{"lora GPT-2", gpt2Small(), NewLoRA(), 294912, 294912, 1536},
		{"houlsby", bertBase(), NewBottleneck(), 1789056, 1789056, 1538},
		{"pfeiffer", bertBase(), &Bottleneck{Kind: "pfeiffer", Reduction: 16}, 894528, 894528, 1538},
		{"parallel", bertBase(), &Bottleneck{Kind: "parallel", Reduction: 2}, 7091712, 7091712, 1538},
		{"bitfit", bertBase(), &BitFit{}, 102912, 102912, 1538},
		{"bitfit query", bertBase(), &BitFit{Biases: []string{"query"}}, 9216, 9216, 1538},
		{"bitfit query, intermediate", bertBase(), &BitFit{Biases: []string{"query", "intermediate"}}, 46080, 46080, 1538},
		{"prefix 20", bertBase(), prefix(20), 368640, 368640, 1538},
		{"prefix 30", bertBase(), prefix(30), 552960, 552960, 1538},
		{"prefix 100", bertBase(), prefix(100), 1843200, 1843200, 1538},
		{"prefix by network", bertBase(), reparameterized, 9872384, 552960, 1538},
		{"prompt 10", bertBase(), prompt(10), 7680, 7680, 1538},
		{"prompt 20", bertBase(), prompt(20), 15360, 15360, 1538},
		{"prompt 100", bertBase(), prompt(100), 76800, 76800, 1538},
		{"ia3", bertBase(), &IA3{}, 64512, 64512, 1538},
		{"ia3 of the paper", bertBase(), &IA3{Targets: []string{"key", "value", "output"}}, 55296, 55296, 1538},
		{"ia3 GPT-2", gpt2Small(), &IA3{}, 64512, 64512, 1536},
		{"layer_norm", bertBase(), &LayerNorm{}, 38400, 38400, 1538},
		{"union", bertBase(), unite(NewLoRA(), &IA3{}), 294912 + 64512, 294912 + 64512, 1538},
	}
	for _, test := range tests {
		base, err := lm.NewDry(test.model)
		if err != nil {
			t.Fatal(err)
		}
		setup := Setup{Head: nn.HeadSpec{Task: Classification, Outputs: 2}, Dropout: -1}
		got, err := test.method.Trainable(base, setup)
		if want := (Count{test.trained, test.stored, test.head}); err != nil || got != want {
			t.Errorf("%s: Trainable = %+v, %v, want %+v", test.name, got, err, want)
		}
		o, err := test.method.Adapt(base, setup, testKey)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if all, head := o.Count(); all-head != test.trained || head != test.head {
			t.Errorf("%s: the overlay has %d and %d parameters, want %d and %d", test.name, all-head, head, test.trained, test.head)
		}
		if n := o.Arena.Bytes(); !o.Arena.Dry() {
			t.Errorf("%s: a dry base gives an overlay that takes %d bytes", test.name, n)
		}
	}
}

func TestProbeHeadsAreCounted(t *testing.T) {
	for _, test := range []struct {
		head string
		want int64
	}{{"linear", 768*2 + 2}, {"mlp", 64*769 + 2*65}, {"centroid", 768 * 2}, {"knn", 0}} {
		if got := probing(func(m *Probing) { m.Head = test.head }).HeadParams(768, 2); got != test.want {
			t.Errorf("%s: HeadParams = %d, want %d", test.head, got, test.want)
		}
	}
}

func TestProbesKnowTheModel(t *testing.T) {
	bert, gpt2 := bertBase(), gpt2Small()
	cls := probing(func(m *Probing) { m.Pooling = "cls" })
	deep := probing(func(m *Probing) { m.Layer = 13 })
	if err := cls.SupportsModel(bert); err != nil {
		t.Errorf("cls on an encoder: %v", err)
	}
	if cls.SupportsModel(gpt2) == nil || deep.SupportsModel(bert) == nil {
		t.Error("cls of a causal model, or layer 13 of 12, is no error")
	}
}

// A head that does not go through the pooler leaves it out of the count, and
// one that reads label words brings the language-modelling head in.
func TestFineTuningTrainsWhatTheHeadReads(t *testing.T) {
	base, err := lm.NewDry(bertBase())
	if err != nil {
		t.Fatal(err)
	}
	pooler := int64(768*768 + 768)
	words := [][]int32{{1}, {2}}
	tests := []struct {
		spec nn.HeadSpec
		want Count
	}{
		{nn.HeadSpec{Task: Classification, Outputs: 2, Pooling: "mean"}, Count{109482240 - pooler, 109482240 - pooler, 1538}},
		{nn.HeadSpec{Task: Tagging, Outputs: 2}, Count{109482240 - pooler, 109482240 - pooler, 1538}},
		{nn.HeadSpec{Task: Classification, Outputs: 2, Words: words}, Count{109514298, 109514298, 0}},
		{nn.HeadSpec{Task: LanguageModeling}, Count{109514298, 109514298, 0}},
	}
	for _, test := range tests {
		got, err := NewFineTuning().Trainable(base, Setup{Head: test.spec})
		if err != nil || got != test.want {
			t.Errorf("%+v: Trainable = %+v, %v, want %+v", test.spec, got, err, test.want)
		}
	}
}

func unite(parts ...Method) *Union {
	m := &Union{}
	for _, p := range parts {
		m.Parts = append(m.Parts, &Part{Name: p.Type(), Method: p})
	}
	return m
}
