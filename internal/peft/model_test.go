package peft_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/peft"
	"runexp/methods"
)

func TestBottlenecksComeBackBitForBit(t *testing.T) {
	for _, family := range families {
		base := load(t, family)
		for _, kind := range []string{"houlsby", "pfeiffer", "parallel"} {
			for _, task := range []string{"classification", "multi_label", "tagging", "multiple_choice", "language_modeling"} {
				m := methods.NewBottleneck()
				m.Kind, m.Reduction = kind, 3
				o := adapted(t, base, m, task)
				dir := filepath.Join(t.TempDir(), "out")
				info := peft.Info{BaseModel: "some/model", Name: "mine"}
				if task == "classification" {
					info.Labels = []string{"a", "b", "c"}
				}
				if task == "multiple_choice" {
					if _, err := peft.ExportHub(dir, base, o, info); err == nil {
						t.Errorf("%s: a head for any number of choices was written", family)
					}
					info.Choices = 4
				}
				_, err := peft.ExportHub(dir, base, o, info)
				if base.Config().Causal() && (kind == "parallel" || task == "tagging" || task == "multiple_choice") {
					if err == nil {
						t.Errorf("%s, %s, %s: no error, though the library computes something else", family, kind, task)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				back, read, err := peft.Import(dir, base)
				if err != nil {
					t.Fatalf("%s, %s, %s: %v", family, kind, task, err)
				}
				if back.Head.Task != task || !slices.Equal(read.Labels, info.Labels) || read.Name != "mine" {
					t.Errorf("%s, %s: a %s task came back as %s, %+v", family, kind, task, back.Head.Task, read)
				}
				if !slices.Equal(logits(base, back), logits(base, o)) {
					t.Errorf("%s, %s, %s: other logits after import", family, kind, task)
				}
				back.Free()
			}
		}
	}
}

// mergeable are methods whose merged model computes the same.
var mergeable = map[string]func() methods.Method{
	"lora":       func() methods.Method { return methods.NewLoRA() },
	"rslora":     rslora,
	"dora":       dora,
	"ia3":        func() methods.Method { return &methods.IA3{} },
	"layer_norm": func() methods.Method { return &methods.LayerNorm{} },
	"bitfit":     func() methods.Method { return &methods.BitFit{} },
	"full":       func() methods.Method { return methods.NewFineTuning() },
	"head":       func() methods.Method { return &methods.FineTuning{Layers: 0, LayerDecay: 1} },
}

func TestSavedModelsComputeTheSame(t *testing.T) {
	for _, family := range families {
		base := load(t, family)
		for name, method := range mergeable {
			if name == "bitfit" && (family == "llama" || family == "mistral") {
				continue // these have no biases
			}
			t.Run(family+"/"+name, func(t *testing.T) {
				o := adapted(t, base, method(), "classification")
				merged, exact, err := peft.Merge(base, o)
				if err != nil {
					t.Fatal(err)
				}
				defer merged.Free()
				if want := len(o.LowRank)+len(o.Scales) == 0; exact != want {
					t.Errorf("exact = %v, want %v", exact, want)
				}
				dir := t.TempDir()
				if _, err := peft.SaveModel(dir, base, merged, peft.Info{Labels: []string{"no", "yes", "<maybe>"}}); err != nil {
					t.Fatal(err)
				}
				copyTokenizer(t, family, dir)
				again, err := lm.Load(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer again.Free()
				head, labels, err := peft.LoadHead(dir, again)
				if err != nil {
					t.Fatal(err)
				}
				defer head.Free()
				if !slices.Equal(labels, []string{"no", "yes", "<maybe>"}) || head.Head.Task != "classification" {
					t.Errorf("labels %q of a %s task", labels, head.Head.Task)
				}
				got, want := logits(again, head), logits(base, o)
				for i := range want {
					if d := math.Abs(float64(got[i] - want[i])); exact && d != 0 || d > 1e-5 {
						t.Errorf("logit %d is %v, want %v", i, got[i], want[i])
					}
				}
			})
		}
	}
}

// copyTokenizer copies what is not weights or shape beside a saved model.
func copyTokenizer(t *testing.T, family, dir string) {
	t.Helper()
	base := load(t, family)
	if err := base.Tokenizer.Save(dir); err != nil {
		t.Fatal(err)
	}
}

func TestConfigOfSavedModels(t *testing.T) {
	for _, c := range []struct{ family, task, class, problem string }{
		{"bert", "classification", "BertForSequenceClassification", "single_label_classification"},
		{"roberta", "multi_label", "RobertaForSequenceClassification", "multi_label_classification"},
		{"distilbert", "regression", "DistilBertForSequenceClassification", "regression"},
		{"gpt2", "classification", "GPT2ForSequenceClassification", "single_label_classification"},
		{"qwen2", "classification", "Qwen2ForSequenceClassification", "single_label_classification"},
		{"bert", "tagging", "BertForTokenClassification", ""},
		{"distilbert", "multiple_choice", "DistilBertForMultipleChoice", ""},
		{"gpt2", "language_modeling", "GPT2LMHeadModel", ""},
		{"roberta", "language_modeling", "RobertaForMaskedLM", ""},
		{"llama", "language_modeling", "LlamaForCausalLM", ""},
	} {
		base := load(t, c.family)
		dir := t.TempDir()
		if _, err := peft.SaveModel(dir, base, adapted(t, base, methods.NewFineTuning(), c.task), peft.Info{}); err != nil {
			t.Errorf("%s, %s: %v", c.family, c.task, err)
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Architectures []string          `json:"architectures"`
			ProblemType   string            `json:"problem_type"`
			ModelType     string            `json:"model_type"`
			ID2Label      map[string]string `json:"id2label"`
			Label2ID      map[string]int    `json:"label2id"`
			Pad           *int              `json:"pad_token_id"`
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Architectures) != 1 || got.Architectures[0] != c.class || got.ProblemType != c.problem || got.ModelType != c.family {
			t.Errorf("%s, %s: config says %v, %q, %q", c.family, c.task, got.Architectures, got.ProblemType, got.ModelType)
		}
		if c.task != "language_modeling" && c.task != "multiple_choice" && (len(got.ID2Label) != 3 || got.Label2ID["LABEL_2"] != 2) {
			t.Errorf("%s, %s: labels %v, %v", c.family, c.task, got.ID2Label, got.Label2ID)
		}
		if c.family == "gpt2" && c.task == "classification" && got.Pad == nil {
			t.Error("a causal classifier without pad_token_id refuses batches")
		}
		if err := base.Tokenizer.Save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := lm.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		head, _, err := peft.LoadHead(dir, again)
		if err != nil {
			t.Fatal(err)
		}
		if head.Head.Task != c.task {
			t.Errorf("%s: a %s task came back as %s", c.family, c.task, head.Head.Task)
		}
		head.Free()
		again.Free()
	}
}

func TestWhatCannotBeMerged(t *testing.T) {
	base := load(t, "bert")
	for want, m := range map[string]methods.Method{"bottleneck": methods.NewBottleneck(), "tokens": prompt(), "trained tokens": prefix()} {
		if _, _, err := peft.Merge(base, adapted(t, base, m, "classification")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Merge: error %v, want one that says %q", err, want)
		}
	}
	o := adapted(t, base, methods.NewFineTuning(), "classification")
	o.Head = &nn.Head{Task: "classification", Pooling: "max", Outputs: 3, Out: o.Head.Out, OutBias: o.Head.OutBias}
	if _, err := peft.SaveModel(t.TempDir(), base, o, peft.Info{}); err == nil || !strings.Contains(err.Error(), "max") {
		t.Errorf("SaveModel with a mean head: error %v", err)
	}
}
