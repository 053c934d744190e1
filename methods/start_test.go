package methods

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// With a share of 1 nothing changes; with 0 the hidden states are the base's;
// between, they are neither.
func TestRewind(t *testing.T) {
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		o := adaptCase(t, c, base)
		for i, p := range o.Params() {
			noise(p.Value, 0.1, testKey.At(uint64(i)))
		}
		if o.Prefix != nil || o.Soft != nil {
			if _, err := Rewind(base, o, 0.5); err == nil {
				t.Error("trained tokens can be rewound")
			}
			return
		}
		head := o.Head.Out.Value.Slice()
		for _, share := range []float64{0, 0.5, 1} {
			r, err := Rewind(base, o, share)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Free()
			if !slices.Equal(r.Head.Out.Value.Slice(), head) {
				t.Errorf("share %v changes the head", share)
			}
			fromBase, fromTrained := furthest(hidden(base, r), hidden(base, nil)), furthest(hidden(base, r), hidden(base, o))
			headOnly := c.name == "fine_tuning head"
			switch {
			case share == 0 && fromBase > 1e-5, share == 1 && fromTrained != 0:
				t.Errorf("share %v: hidden states are %g from the base's and %g from the trained ones", share, fromBase, fromTrained)
			case share == 0.5 && !headOnly && (fromBase < 1e-4 || fromTrained < 1e-4):
				t.Errorf("share %v: hidden states are %g from the base's and %g from the trained ones", share, fromBase, fromTrained)
			}
		}
	})
}

// A head that a probe starts predicts as the probe does, whatever the model.
func TestAdaptStartsFromAProbe(t *testing.T) {
	for name, base := range tinyModels(t) {
		for _, classes := range []int{2, 3} {
			_, labels := contractBatch()
			f := Features{Rows: len(labels), Cols: 16, X: hidden(base, nil)}
			for _, l := range labels {
				f.Targets = append(f.Targets, Target{Class: int(l) % classes})
			}
			m := probing(func(m *Probing) { m.Strengths = []float64{1} })
			probe := fitProbe(t, m, f, Features{}, Task{Kind: Classification, Outputs: classes})
			want := probe.PredictFeatures(f)

			setup := Setup{Head: nn.HeadSpec{Task: Classification, Outputs: classes}, Probe: probe.(LinearPredictor), ProbePooling: "last", Dropout: -1}
			o, err := NewFineTuning().Adapt(base, setup, testKey)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Free()
			logits := float64sOf(outputs(base, o))
			for i := range want {
				row := logits[i*classes : (i+1)*classes]
				softmax(row)
				for c := range row {
					if math.Abs(row[c]-want[i][c]) > 1e-5 {
						t.Errorf("%s: row %d has probabilities %v, the probe's are %v", name, i, row, want[i])
					}
				}
			}
			if o.Replaced["bert.pooler.dense.weight"] != nil {
				t.Errorf("%s: fine-tuning trains a pooler that the head does not read", name)
			}
			count, err := NewFineTuning().Trainable(base, setup)
			if all, head := o.Count(); err != nil || count.Head != head || count.Trained != all-head {
				t.Errorf("%s: %d and %d parameters, the formula says %+v, %v", name, all-head, head, count, err)
			}
		}
	}
}

func TestLinearProbeOfUnseenClasses(t *testing.T) {
	f := clouds(40, false, testKey)
	m := probing(func(m *Probing) { m.Strengths = []float64{1} })
	for _, seen := range []int{1, 2} {
		for i := range f.Targets {
			f.Targets[i].Class = 1 + i%seen
		}
		p := fitProbe(t, m, f, Features{}, Task{Kind: Classification, Outputs: 4})
		weights, bias := p.(LinearPredictor).Linear()
		logits := make([]float64, 4)
		for c := range logits {
			logits[c] = float64(bias[c]) + dot32(weights[c], f.Row(0))
		}
		softmax(logits)
		want := p.PredictFeatures(f)[0]
		if argmax(logits) != argmax(want) || logits[0] > 0.1 || logits[3] > 0.1 {
			t.Errorf("%d classes seen: probabilities %v, the probe's are %v", seen, logits, want)
		}
	}
}

func TestSchedulesAndLayers(t *testing.T) {
	base := tinyModels(t)["bert"]
	embedding, layer0, layer1, pooler := "bert.embeddings.LayerNorm.bias", "bert.encoder.layer.0.output.dense.bias",
		"bert.encoder.layer.1.output.dense.bias", "bert.pooler.dense.bias"
	tests := []struct {
		layers   int
		decay    float64
		schedule string
		since    map[string]float64
		rate     map[string]float64
	}{
		{-1, 1, "linear", map[string]float64{embedding: 0, layer1: 0}, map[string]float64{embedding: 1}},
		{-1, 1, "head_first", map[string]float64{embedding: 0.5, layer1: 0.5, pooler: 0.5}, nil},
		// Four stages: what is above the layers, layer 1, layer 0, embeddings.
		{-1, 1, "gradual", map[string]float64{pooler: 0, layer1: 0.25, layer0: 0.5, embedding: 0.75}, nil},
		{1, 1, "gradual", map[string]float64{pooler: 0, layer1: 0.5}, nil},
		{-1, 0.5, "linear", nil, map[string]float64{pooler: 1, layer1: 0.5, layer0: 0.25, embedding: 0.125}},
	}
	for _, test := range tests {
		setup := contractSetup()
		setup.Schedule = test.schedule
		o, err := (&FineTuning{Layers: test.layers, LayerDecay: test.decay}).Adapt(base, setup, testKey)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Free()
		for name, want := range test.since {
			if got := o.Replaced[name].Since; got != want {
				t.Errorf("%+v: %s moves from %v on, want %v", test, name, got, want)
			}
		}
		for name, want := range test.rate {
			if got := o.Replaced[name].LRScale; got != want {
				t.Errorf("%+v: %s has rate %v, want %v", test, name, got, want)
			}
		}
		if o.Head.Out.Since != 0 {
			t.Errorf("%+v: the head moves from %v on", test, o.Head.Out.Since)
		}
		if trained := o.Replaced[layer0] != nil; trained != (test.layers < 0) {
			t.Errorf("%+v: layer 0 is trained: %v", test, trained)
		}
	}
}

func TestMistakesSayWhatIsThere(t *testing.T) {
	bases := tinyModels(t)
	setup := contractSetup()
	twice := unite(NewLoRA(), NewLoRA())
	both := unite(&BitFit{}, &LayerNorm{})
	tests := []struct {
		name, model string
		method      Adapter
		field, want string
	}{
		{"target", "bert", lora(func(m *LoRA) { m.Targets = []string{"query", "qeury"} }), "targets", `No linear layer is named "qeury"`},
		{"target", "gpt2", lora(func(m *LoRA) { m.Targets = []string{"query"} }), "targets", "attn.c_attn"},
		{"ia3", "llama", &IA3{Targets: []string{"qkv"}}, "targets", "self_attn.k_proj"},
		{"bias", "llama", &BitFit{}, "", "no biases"},
		{"bias name", "bert", &BitFit{Biases: []string{"gate"}}, "biases", `"gate"`},
		{"reduction", "bert", &Bottleneck{Kind: "houlsby", Reduction: 17}, "reduction", "hidden size 16"},
		{"positions", "bert", prompt(40), "tokens", "positions"},
		{"union", "bert", twice, "", "two parts add low-rank matrices"},
		{"union", "bert", both, "", "two parts train"},
		{"text", "bert", &PromptTuning{Tokens: 2, Start: "text", InitText: " "}, "init_text", "no tokens"},
	}
	for _, test := range tests {
		o, err := test.method.Adapt(bases[test.model], setup, testKey)
		if err == nil {
			o.Free()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s on %s: error %v, want one with %q", test.name, test.model, err, test.want)
		}
		var field *FieldError
		if errors.As(err, &field); test.field != "" && (field == nil || field.Field() != test.field) {
			t.Errorf("%s on %s: error %v is not about %q", test.name, test.model, err, test.field)
		}
	}
	setup.Words = nil
	if _, err := (&PromptTuning{Tokens: 2, Start: "label_words"}).Adapt(bases["bert"], setup, testKey); err == nil || !strings.Contains(err.Error(), "format with words") {
		t.Errorf("label words without words: error %v", err)
	}
}

// The vectors of a prompt start where init says.
func TestPromptStarts(t *testing.T) {
	base := tinyModels(t)["bert"]
	table := base.Weights[base.Arch.WordEmbedding()].Value
	row := func(x *tensor.Tensor, i int) []float32 { return x.Slice()[i*x.Cols : (i+1)*x.Cols] }
	setup := contractSetup()
	start := func(init, text string) *tensor.Tensor {
		o, err := (&PromptTuning{Tokens: 6, Start: init, InitText: text, Position: "start", Reads: "cls"}).Adapt(base, setup, testKey)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.Free)
		return o.Soft.Embedding.Value
	}
	x := start("label_words", "")
	for i, id := range []int{7, 9, 10, 8} { // the first word of each label, then the second ones
		if !slices.Equal(row(x, i), row(table, id)) {
			t.Errorf("vector %d is not the embedding of token %d", i, id)
		}
	}
	ids := base.Tokenizer.Encode("the court")
	x = start("text", "the court")
	for i := range 6 {
		if !slices.Equal(row(x, i), row(table, int(ids[i%len(ids)]))) {
			t.Errorf("vector %d is not the embedding of token %d", i, ids[i%len(ids)])
		}
	}
	x = start("random", "")
	if m := slices.Max(x.Slice()); m > 0.5 || m < 0.4 {
		t.Errorf("the largest of 96 numbers uniform in ±0.5 is %v", m)
	}
}
