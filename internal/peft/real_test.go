package peft_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/peft"
	"runexp/internal/testkit"
)

// Adapters that PEFT wrote, over the published shapes of their models.
func TestRealAdaptersComeBackByteForByte(t *testing.T) {
	for _, c := range []struct {
		folder string
		shape  nn.Config
		sites  int
		labels int
	}{
		{"peft-lora-gpt2", nn.Config{ModelType: "gpt2", Vocabulary: 50257, Hidden: 768, Layers: 12, Heads: 12, KVHeads: 12, Intermediate: 3072,
			MaxPositions: 1024, Activation: "gelu_new", Eps: 1e-5, InitStd: 0.02, TiedHead: true, LMHead: true}, 12, 6},
		{"peft-lora-distilbert-imdb", nn.Config{ModelType: "distilbert", Vocabulary: 30522, Hidden: 768, Layers: 6, Heads: 12, KVHeads: 12, Intermediate: 3072,
			MaxPositions: 512, Activation: "gelu", Eps: 1e-12, InitStd: 0.02, LMHead: true}, 12, 2},
	} {
		t.Run(c.folder, func(t *testing.T) {
			real := testkit.Shared(t, c.folder)
			base, err := lm.NewDry(&c.shape)
			if err != nil {
				t.Fatal(err)
			}
			defer base.Free()
			o, info, err := peft.Import(real, base)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Free()
			if len(o.LowRank) != c.sites || o.Head.Outputs != c.labels {
				t.Errorf("%d adapted layers and %d labels, want %d and %d", len(o.LowRank), o.Head.Outputs, c.sites, c.labels)
			}
			dir := t.TempDir()
			if _, err := peft.Export(dir, base, o, info); err != nil {
				t.Fatal(err)
			}
			sameFiles(t, real, dir, "adapter_model.safetensors")
			theirs := config(t, real)
			for name, ours := range config(t, dir) {
				if !sameValue(ours, theirs[name]) {
					t.Errorf("%s = %v, in the real file %v", name, ours, theirs[name])
				}
			}
		})
	}
}

// sameValue compares JSON values; PEFT writes sets as lists in any order.
func sameValue(a, b any) bool {
	x, ok := a.([]any)
	y, ok2 := b.([]any)
	if !ok || !ok2 {
		return reflect.DeepEqual(a, b)
	}
	key := func(list []any) []string {
		var s []string
		for _, v := range list {
			s = append(s, fmt.Sprint(v))
		}
		slices.Sort(s)
		return s
	}
	return slices.Equal(key(x), key(y))
}

// A damaged real file is an error that says where.
func TestTruncatedAdapterIsAnError(t *testing.T) {
	real := testkit.Shared(t, "peft-lora-gpt2")
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(real, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(real, "adapter_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"adapter_config.json": text, "adapter_model.safetensors": weights[:len(weights)/2]} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := peft.Import(dir, load(t, "gpt2")); err == nil {
		t.Error("half a file was read")
	}
}
