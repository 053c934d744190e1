package tensor

import (
	"math"
	"sort"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// The limits of these tests are five standard deviations or more of what they
// measure; the streams are fixed, so they pass always or never.

func TestStreamsAreUniformAndUnrelated(t *testing.T) {
	const n = 100_000
	keys := map[string]Key{
		"seed 1": NewKey(1, "order"), "seed 2": NewKey(2, "order"), "purpose": NewKey(1, "head"),
		"step 0": NewKey(1, "order").At(0), "step 1": NewKey(1, "order").At(1), "nested": NewKey(1, "order").At(1).At(1),
	}
	streams := map[string][]float64{}
	for name, k := range keys {
		var x []float64
		var counts [256]int
		for i := range uint64(n) {
			x = append(x, k.Float64(i))
			counts[k.Uint64(i)&255]++
		}
		streams[name] = x
		if mean := naiveSum(x) / n; math.Abs(mean-0.5) > 5*math.Sqrt(1.0/12/n) {
			t.Errorf("%s: mean %v", name, mean)
		}
		chi := 0.0
		for _, c := range counts {
			chi += (float64(c) - n/256.0) * (float64(c) - n/256.0) / (n / 256.0)
		}
		if chi > 255+5*math.Sqrt(2*255) {
			t.Errorf("%s: χ² of the low byte %v over 255 degrees", name, chi)
		}
		lag := 0.0
		for i := 1; i < n; i++ {
			lag += (x[i] - 0.5) * (x[i-1] - 0.5) * 12
		}
		if math.Abs(lag/n) > 5/math.Sqrt(n) {
			t.Errorf("%s: neighbours correlate by %v", name, lag/n)
		}
	}
	for a, x := range streams {
		for b, y := range streams {
			r := 0.0
			for i := range x {
				r += (x[i] - 0.5) * (y[i] - 0.5) * 12
			}
			if a != b && math.Abs(r/n) > 5/math.Sqrt(n) {
				t.Errorf("%s and %s correlate by %v", a, b, r/n)
			}
		}
	}
}

// Streams are part of what a cached result means: they must never change.
func TestStreamsAreFixed(t *testing.T) {
	k := NewKey(42, "order")
	got := [3]uint64{k.Uint64(0), k.Uint64(1), k.At(7).Uint64(0)}
	if want := [3]uint64{0x7f03695f2c506572, 0x6d921e2a7b7d12aa, 0x70fa05a002632faf}; got != want {
		t.Errorf("numbers of (42, order) = %#x, want %#x", got, want)
	}
}

func TestNormalHasTheNormalDistribution(t *testing.T) {
	normal := distuv.UnitNormal
	for _, p := range []float64{1e-300, 1e-17, 1e-9, 0.01, 0.07, 0.0751, 0.3, 0.5, 0.9, 0.925, 0.999, 1 - 1e-12} {
		if got, want := normalQuantile(p), normal.Quantile(p); math.Abs(got-want) > 1e-11*math.Max(1, math.Abs(want)) {
			t.Errorf("normalQuantile(%v) = %v, want %v", p, got, want)
		}
	}
	const n = 50_000
	k := NewKey(3, "init")
	x := make([]float64, n)
	for i := range x {
		x[i] = k.Normal(uint64(i))
	}
	sort.Float64s(x)
	distance := 0.0
	for i, v := range x {
		distance = math.Max(distance, math.Abs(normal.CDF(v)-(float64(i)+0.5)/n))
	}
	if distance > 2.2/math.Sqrt(n) { // Kolmogorov: p < 1e-4
		t.Errorf("largest distance to the distribution function %v", distance)
	}
}

func TestPermIsAUniformPermutation(t *testing.T) {
	var counts [6][6]int
	const rounds = 6000
	for r := range uint64(rounds) {
		p := NewKey(1, "order").At(r).Perm(6)
		seen := [6]bool{}
		for i, v := range p {
			seen[v] = true
			counts[i][v]++
		}
		if seen != [6]bool{true, true, true, true, true, true} {
			t.Fatalf("Perm(6) = %v", p)
		}
	}
	for i := range counts {
		for v, c := range counts[i] {
			if math.Abs(float64(c)-rounds/6.0) > 5*math.Sqrt(rounds*5/36.0) {
				t.Errorf("%d stood at place %d %d times of %d", v, i, c, rounds)
			}
		}
	}
	if p := NewKey(1, "order").Perm(0); len(p) != 0 {
		t.Errorf("Perm(0) = %v", p)
	}
}

func TestFills(t *testing.T) {
	a := NewArena()
	defer a.Free()
	x := a.New(100, 100)
	FillUniform(x, -2, 3, NewKey(1, "u"))
	mean := naiveSum(widen(x.Slice())) / 1e4
	for _, v := range x.Slice() {
		if v < -2 || v > 3 {
			t.Fatalf("FillUniform(-2, 3) gave %v", v)
		}
	}
	if math.Abs(mean-0.5) > 5*5*math.Sqrt(1.0/12/1e4) {
		t.Errorf("mean of FillUniform(-2, 3) = %v", mean)
	}
	FillNormal(x, 1, 0.5, NewKey(1, "n"))
	y := widen(x.Slice())
	mean = naiveSum(y) / 1e4
	sd := math.Sqrt(naiveDot(y, y)/1e4 - mean*mean)
	if math.Abs(mean-1) > 5*0.005 || math.Abs(sd-0.5) > 5*0.5/math.Sqrt(2e4) {
		t.Errorf("FillNormal(1, 0.5): mean %v, standard deviation %v", mean, sd)
	}
	if got, want := x.Slice()[77], float32(1+0.5*NewKey(1, "n").Normal(77)); math.Abs(float64(got-want)) > 1e-7 {
		t.Errorf("element 77 = %v, want the 77th number, %v", got, want)
	}
}

func TestDropoutKeepsTheRightShare(t *testing.T) {
	a := NewArena()
	defer a.Free()
	const n = 1 << 18
	x := a.From(1, n, repeat(1, n))
	masks := map[string][]float32{}
	for name, key := range map[string]Key{"a": NewKey(1, "dropout/0"), "b": NewKey(1, "dropout/1"), "c": NewKey(1, "dropout/0").At(1)} {
		for _, p := range []float32{0, 0.1, 0.5, 0.9} {
			d := a.New(1, n)
			Dropout(d, x, p, key)
			kept := 0
			for _, v := range d.Slice() {
				switch {
				case v == 1/(1-p):
					kept++
				case v != 0:
					t.Fatalf("Dropout(1, p=%v) gave %v", p, v)
				}
			}
			want := n * (1 - float64(p))
			if math.Abs(float64(kept)-want) > 5*math.Sqrt(n*float64(p*(1-p))) {
				t.Errorf("key %s, p=%v: kept %d, want about %.0f", name, p, kept, want)
			}
			if p == 0.5 {
				masks[name] = append([]float32(nil), d.Slice()...)
			}
		}
	}
	for _, pair := range [][2]string{{"a", "b"}, {"a", "c"}, {"b", "c"}} {
		r := 0.0
		for i, v := range masks[pair[0]] {
			r += float64((v - 1) * (masks[pair[1]][i] - 1))
		}
		if math.Abs(r) > 5*math.Sqrt(n) {
			t.Errorf("masks %v correlate by %v", pair, r/n)
		}
	}
	for _, shift := range []int{1, 16, 64, 768} {
		r := 0.0
		m := masks["a"]
		for i := shift; i < n; i++ {
			r += float64((m[i] - 1) * (m[i-shift] - 1))
		}
		if math.Abs(r) > 5*math.Sqrt(n) {
			t.Errorf("mask and itself %d later correlate by %v", shift, r/n)
		}
	}
}
