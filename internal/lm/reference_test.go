package lm

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

var families = []string{"bert", "roberta", "distilbert", "gpt2", "llama", "mistral", "qwen2", "llama2c"}

func loadFamily(t *testing.T, family string) *Base {
	t.Helper()
	path := filepath.Join("testdata", "checkpoints", family)
	if family == "llama2c" {
		path = filepath.Join(path, "model.bin")
	}
	b, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// Float32 against float64 through two layers: some hundred roundings of
// numbers near 1.
const forwardTolerance = 1e-5

func TestForwardAgreesWithPyTorch(t *testing.T) {
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			checkForward(t, loadFamily(t, family), openFixture(t, "checkpoints", family, "expected.safetensors"))
		})
	}
}

func checkForward(t *testing.T, b *Base, f fixture) {
	t.Helper()
	a := tensor.NewArena()
	defer a.Free()
	batch := f.batch("")
	n := batch.Len()
	pass := b.Pass(autodiff.New(a, false), nil)
	seen := 0
	pass.Observe = func(layer int, in *nn.Input, h *autodiff.Var) {
		seen++
		near(t, fmt.Sprintf("hidden states of layer %d", layer), h.Value.Slice(), f.perSequence("hidden", fmt.Sprint("/", layer), n), forwardTolerance)
	}
	b.Arch.Encode(pass, pass.Begin(b.Arch, batch), nil)
	if want := b.Config().Layers + 1; seen != want {
		t.Errorf("Observe saw %d states, want %d", seen, want)
	}
	pass = b.Pass(autodiff.New(a, false), nil)
	every := func(s int) []int {
		list := make([]int, batch.Offsets[s+1]-batch.Offsets[s])
		for i := range list {
			list[i] = i
		}
		return list
	}
	logits := pass.LMLogits(b.Arch, batch, every)
	near(t, "logits", logits.Value.Slice(), f.perSequence("logits", "", n), forwardTolerance)
	if !f.has("classify/0") {
		return
	}
	o := nn.NewOverlay(false)
	defer o.Free()
	o.Head = fixtureHead(t, o, b, f)
	out := b.Pass(autodiff.New(a, false), o).Forward(b.Arch, batch)
	near(t, "classifier", out.Value.Slice(), f.perSequence("classify", "", n), forwardTolerance)
}

// fixtureHead is the architecture's own classifier with the fixture's weights.
func fixtureHead(t *testing.T, o *nn.Overlay, b *Base, f fixture) *nn.Head {
	t.Helper()
	h, err := nn.NewHead(o.Arena, b.Config(), nn.HeadSpec{Task: "classification", Outputs: 3}, tensor.NewKey(1, "head"))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*nn.Param{"dense": h.Dense, "dense_bias": h.DenseBias, "out": h.Out, "out_bias": h.OutBias} {
		if (p != nil) != f.has("head/"+name) {
			t.Fatalf("head has %s: %v, in the fixture: %v", name, p != nil, f.has("head/"+name))
		}
		if p != nil {
			p.Value.CopyFrom(f.floats("head/" + name))
		}
	}
	return h
}

func TestSaveThenLoadIsIdentical(t *testing.T) {
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			b, dir := loadFamily(t, family), t.TempDir()
			if err := b.Save(dir, nil); err != nil {
				t.Fatal(err)
			}
			again, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Free()
			if got, want := *again.Config(), *b.Config(); got != want {
				t.Errorf("config after Save and Load = %+v, want %+v", got, want)
			}
			for name, p := range b.Weights {
				if !slices.Equal(again.Weights[name].Value.Slice(), p.Value.Slice()) {
					t.Errorf("%s changed", name)
				}
			}
			if family != "llama2c" {
				return
			}
			checkForward(t, again, openFixture(t, "checkpoints", family, "expected.safetensors"))
		})
	}
}
