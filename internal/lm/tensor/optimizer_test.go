package tensor

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestAdamWTakesPyTorchsSteps follows testdata/adamw.py, with and without
// clipping of the norm.
func TestAdamWTakesPyTorchsSteps(t *testing.T) {
	text, err := os.ReadFile("testdata/adamw.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		LR, Beta1, Beta2, Eps, Decay float32
		MaxNorm                      float32 `json:"max_norm"`
		Start                        []float32
		Gradients, Weights           [][]float32
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	a := NewArena()
	defer a.Free()
	for i, c := range cases {
		n := len(c.Start)
		w, m, v := a.From(1, n, c.Start), a.Zeros(1, n), a.Zeros(1, n)
		for s, gradient := range c.Gradients {
			g := a.From(1, n, gradient)
			var factor *Tensor
			if c.MaxNorm > 0 {
				factor = a.New(1, 1)
				SquaredNorm(factor, g, false)
				ClipFactor(factor, factor, c.MaxNorm)
			}
			AdamW(w, m, v, g, factor, c.LR, c.Beta1, c.Beta2, c.Eps, c.Decay, s+1)
			for j, want := range c.Weights[s] {
				// A step moves a weight by about lr; its few roundings are relative
				// to that, and the weight's own to the weight.
				allowed := 2e-7*math.Abs(float64(want)) + 1e-6*float64(c.LR)
				if d := math.Abs(float64(w.Slice()[j] - want)); d > allowed*float64(s+1) {
					t.Fatalf("case %d, step %d, weight %d is %v, PyTorch's %v", i, s+1, j, w.Slice()[j], want)
				}
			}
		}
	}
}

func TestClipFactor(t *testing.T) {
	a := NewArena()
	defer a.Free()
	for _, c := range []struct{ squared, limit, want float32 }{
		{25, 1, 1 / (5 + float32(1e-6))}, {0.25, 1, 1}, {0, 1, 1}, {4, 2, 2 / (2 + float32(1e-6))},
	} {
		d := a.New(1, 1)
		ClipFactor(d, a.From(1, 1, []float32{c.squared}), c.limit)
		if got := d.Slice()[0]; got != c.want {
			t.Errorf("ClipFactor(%v, %v) = %v, want %v", c.squared, c.limit, got, c.want)
		}
	}
	d := a.From(1, 1, []float32{float32(math.NaN())})
	if ClipFactor(d, d, 1); d.Slice()[0] == d.Slice()[0] {
		t.Errorf("ClipFactor of NaN = %v, want NaN", d.Slice()[0])
	}
}

func TestDecimalMeansWhatItPrints(t *testing.T) {
	for x, want := range map[float32]float64{0.999: 0.999, 0.9: 0.9, 5e-5: 5e-5, 0: 0, 1: 1} {
		if got := decimal(x); got != want {
			t.Errorf("decimal(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestPower(t *testing.T) {
	for n := range 2000 {
		if got, want := power(0.999, n), math.Pow(0.999, float64(n)); math.Abs(got-want) > 1e-12*want {
			t.Fatalf("power(0.999, %d) = %v, want %v", n, got, want)
		}
	}
}
