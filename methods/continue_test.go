package methods

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/tensor"
)

// left is what a method might leave: each of its parameters moved at random.
func left(t *testing.T, m Adapter, base *lm.Base) *lm.Overlay {
	t.Helper()
	o := adaptCase(t, contractCase{method: m}, base)
	for i, p := range o.Params() {
		noise(p.Value, 0.05, tensor.NewKey(uint64(i), "left"))
	}
	return o
}

func thin(rank int, variant string) *LoRA {
	return &LoRA{Rank: rank, Alpha: 3, Bias: "none", Variant: variant}
}

// A method that starts from another one first computes what that one left, and
// trains only what it would train by itself.
func TestContinuingStartsWhereTheOtherMethodEnded(t *testing.T) {
	from := map[string]Adapter{
		"fine_tuning": NewFineTuning(), "lora": thin(2, "lora"), "dora": thin(2, "dora"), "bitfit": &BitFit{}, "ia3": &IA3{},
		"adapter": &Bottleneck{Kind: "pfeiffer", Reduction: 4}, "prefix": prefix(3), "prompt": prompt(4), "layer_norm": &LayerNorm{},
	}
	to := map[string]Adapter{
		"fine_tuning": NewFineTuning(), "top layer": &FineTuning{Layers: 1, LayerDecay: 1}, "lora": thin(2, "lora"), "wider lora": thin(3, "lora"),
		"other scale": &LoRA{Rank: 2, Alpha: 6, Bias: "none", Variant: "rslora"}, "dora": thin(2, "dora"), "bitfit": &BitFit{}, "ia3": &IA3{},
		"adapter": &Bottleneck{Kind: "pfeiffer", Reduction: 4},
	}
	for name, base := range tinyModels(t) {
		for f, first := range from {
			for g, second := range to {
				if first.SupportsModel(base.Config()) != nil || second.SupportsModel(base.Config()) != nil {
					continue
				}
				t.Run(name+"/"+f+" to "+g, func(t *testing.T) {
					a := left(t, first, base)
					b := adaptCase(t, contractCase{method: second}, base)
					fresh := len(b.Trainable())
					if err := Continue(base, b, a); err != nil {
						t.Fatal(err)
					}
					want, got := outputs(base, a), outputs(base, b)
					for i := range want {
						if math.Abs(float64(want[i]-got[i])) > 2e-5*(1+math.Abs(float64(want[i]))) {
							t.Fatalf("output %d is %g after continuing, %g before", i, got[i], want[i])
						}
					}
					if n := len(b.Trainable()); n != fresh {
						t.Errorf("%d parameters are trained, %d without a start", n, fresh)
					}
					if name != "bert" {
						return
					}
					path := filepath.Join(t.TempDir(), "overlay.safetensors")
					if err := lm.SaveOverlay(path, b); err != nil {
						t.Fatal(err)
					}
					loaded, err := lm.LoadOverlay(path)
					if err != nil {
						t.Fatal(err)
					}
					defer loaded.Free()
					if !slices.Equal(outputs(base, loaded), got) || len(loaded.Trainable()) != fresh {
						t.Error("what is loaded differs from what was saved")
					}
				})
			}
		}
	}
}

func TestContinuingRefusesTwoMakersOfOnePlace(t *testing.T) {
	base := tinyModels(t)["bert"]
	for _, test := range []struct {
		from, to Adapter
		want     string
	}{
		{prefix(3), prefix(4), "differ in length"},
		{prompt(4), prompt(5), "differ in length"},
		{&Bottleneck{Kind: "pfeiffer", Reduction: 4}, &Bottleneck{Kind: "pfeiffer", Reduction: 2}, "of different kinds or sizes"},
	} {
		err := Continue(base, adaptCase(t, contractCase{method: test.to}, base), left(t, test.from, base))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s from %s: %v, want %q", test.to.Type(), test.from.Type(), err, test.want)
		}
	}
}

func TestContinuingTakesTheTrainedHead(t *testing.T) {
	base := tinyModels(t)["distilbert"]
	a := left(t, thin(2, "lora"), base)
	b := adaptCase(t, contractCase{method: NewFineTuning()}, base)
	if err := Continue(base, b, a); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Head.Out.Value.Slice(), b.Head.Out.Value.Slice()) || !slices.Equal(a.Head.Dense.Value.Slice(), b.Head.Dense.Value.Slice()) {
		t.Error("the head is not the one that was trained")
	}
}
