package peft_test

import (
	"encoding/json"
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

// plainHead leaves an overlay a head that reads hidden states alone.
func plainHead(o *nn.Overlay, base *lm.Base, pooling string) {
	h := o.Head
	h.Pooling, h.UsePooler, h.Dense, h.DenseBias, h.DenseActivation = pooling, false, nil, nil, ""
	if h.OutBias == nil {
		panic("the head has no bias")
	}
}

// TestHeadsThatTokenClassesCompute: a head for rows that no sequence class has is
// written as the token class's. Read as that class, the logits that the file names
// are the head's outputs; read here, so is everything, bit for bit.
func TestHeadsThatTokenClassesCompute(t *testing.T) {
	behind := methods.NewPromptTuning()
	behind.Tokens = 4
	for _, family := range []string{"bert", "roberta", "distilbert"} {
		base := load(t, family)
		for name, c := range map[string]struct {
			method  methods.Method
			pooling string
		}{
			"lora/cls":   {methods.NewLoRA(), "cls"},
			"lora/mean":  {methods.NewLoRA(), "mean"},
			"prompt/cls": {behind, "cls"},
			"first/cls":  {prompt(), "cls"},
		} {
			t.Run(family+"/"+name, func(t *testing.T) {
				o := adapted(t, base, c.method, "multi_label")
				plainHead(o, base, c.pooling)
				dir := t.TempDir()
				warnings, err := peft.Export(dir, base, o, peft.Info{})
				if err != nil || !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "ForTokenClassification") }) {
					t.Fatalf("%v, warnings %q", err, warnings)
				}
				back, _, err := peft.Import(dir, base)
				if err != nil {
					t.Fatal(err)
				}
				defer back.Free()
				want := logits(base, o)
				if got := logits(base, back); back.Head.Task != "multi_label" || !slices.Equal(got, want) {
					t.Errorf("a head for %s with other outputs came back", back.Head.Task)
				}
				var file struct{ Token int }
				text, err := os.ReadFile(filepath.Join(dir, peft.ReadingFile))
				if err != nil || json.Unmarshal(text, &file) != nil || file.Token != map[string]int{"prompt/cls": 4}[name] {
					t.Fatalf("token %d of %s: %v", file.Token, text, err)
				}
				if c.pooling == "mean" || name == "first/cls" {
					return // a mean is summed in another order; here a tagging head reads no trained vectors
				}
				if err := os.Remove(filepath.Join(dir, peft.ReadingFile)); err != nil {
					t.Fatal(err)
				}
				tokens, _, err := peft.Import(dir, base)
				if err != nil || tokens.Head.Task != "tagging" {
					t.Fatalf("as the class for tokens: %v", err)
				}
				defer tokens.Free()
				if got := firstTokens(logits(base, tokens)); !slices.Equal(got, want) {
					t.Errorf("the token class's logits %v are not the head's outputs %v", got, want)
				}
			})
		}
	}
}

// firstTokens picks the logits of the first token of each of the test's sequences.
func firstTokens(all []float32) []float32 {
	var out []float32
	for _, start := range []int{0, 4, 10} {
		out = append(out, all[3*start:3*start+3]...)
	}
	return out
}

// TestModelsOfTokenClasses: the same for whole models.
func TestModelsOfTokenClasses(t *testing.T) {
	base := load(t, "bert")
	o := adapted(t, base, methods.NewFineTuning(), "classification")
	plainHead(o, base, "cls")
	dir := filepath.Join(t.TempDir(), "model")
	if _, err := peft.SaveModel(dir, base, o, peft.Info{Labels: []string{"a", "b", "c"}}); err != nil {
		t.Fatal(err)
	}
	again, back := loadSaved(t, base, dir)
	if back.Head.Task != "classification" || !slices.Equal(logits(again, back), logits(base, o)) {
		t.Error("the model that was saved computes something else")
	}
	for change, want := range map[string]string{
		`{"class": "RobertaForTokenClassification", "pooling": "cls", "task": "classification"}`:          "the files are Bert",
		`{"class": "BertForTokenClassification", "pooling": "max", "task": "classification"}`:             "neither cls nor mean",
		`{"class": "BertForTokenClassification", "pooling": "cls", "token": 3, "task": "classification"}`: "token 3",
		`{"class": "BertForTokenClassification", "pooling": "cls", "task": "tagging"}`:                    "no outputs for rows",
		`{"class": `: "unexpected end",
	} {
		if err := os.WriteFile(filepath.Join(dir, peft.ReadingFile), []byte(change), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := peft.LoadHead(dir, again); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
}

// loadSaved loads a model that was saved without its tokenizer's files.
func loadSaved(t *testing.T, base *lm.Base, dir string) (*lm.Base, *nn.Overlay) {
	t.Helper()
	if err := base.Tokenizer.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := lm.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Free)
	back, _, err := peft.LoadHead(dir, again)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.Free)
	return again, back
}
