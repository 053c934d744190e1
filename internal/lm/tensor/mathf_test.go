package tensor

import (
	"math"
	"strings"
	"testing"
)

// TestElementaryFunctions compares with Go's float64 functions over a range,
// in units in the last place of the float32 result. Every instruction set has
// the same bits.
func TestElementaryFunctions(t *testing.T) {
	defer useISA(0)
	const points = 200_000
	for i, c := range []struct {
		name     string
		lo, hi   float64
		want     func(float64) float64
		ulps     float64
		relative bool // spread points evenly in the logarithm
	}{
		{"exp", -103, 88.7, math.Exp, 1.1, false},
		{"log", 1e-37, 1e37, math.Log, 1.1, true},
		{"log1p", 0, 1, math.Log1p, 1.6, false},
		{"tanh", -12, 12, math.Tanh, 1.6, false},
		{"erf", -5, 5, math.Erf, 1.6, false},
		{"sigmoid", -80, 80, naiveSigmoid, 2.6, false},
	} {
		a := NewArena()
		x, y := a.New(1, points), a.New(1, points)
		for j := range points {
			p := float64(j) / (points - 1)
			v := c.lo + (c.hi-c.lo)*p
			if c.relative {
				v = c.lo * math.Pow(c.hi/c.lo, p)
			}
			x.Slice()[j] = float32(v)
		}
		var first []float32
		for isa, name := range strings.Fields(CPUFeatures()) {
			useISA(isa)
			elementary(i, y, x)
			if first == nil {
				first = append(first, y.Slice()...)
			}
			for j, v := range y.Slice() {
				if v != first[j] {
					t.Fatalf("%s(%v) on %s = %v, elsewhere %v", c.name, x.Slice()[j], name, v, first[j])
				}
			}
		}
		worst, where := 0.0, float32(0)
		for j, v := range first {
			want := c.want(float64(x.Slice()[j]))
			if e := math.Abs(float64(v)-want) / ulp(want); e > worst {
				worst, where = e, x.Slice()[j]
			}
		}
		if worst > c.ulps {
			t.Errorf("%s is %.2f ulp off at %v, want at most %v", c.name, worst, where, c.ulps)
		} else {
			t.Logf("%s: at most %.2f ulp (at %v)", c.name, worst, where)
		}
		a.Free()
	}
}

// ulp is the distance between the float32 numbers around x.
func ulp(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-24, -149))
}

func TestElementaryFunctionsAtTheEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	a := NewArena()
	defer a.Free()
	for i, c := range []struct {
		name string
		at   map[float64]float64
	}{
		{"exp", map[float64]float64{0: 1, -inf: 0, inf: inf, 89: inf, -104: 0, nan: nan}},
		{"log", map[float64]float64{1: 0}},
		{"log1p", map[float64]float64{0: 0}},
		{"tanh", map[float64]float64{0: 0, inf: 1, -inf: -1, 50: 1, nan: nan}},
		{"erf", map[float64]float64{0: 0, inf: 1, -inf: -1, nan: nan}},
		{"sigmoid", map[float64]float64{0: 0.5, inf: 1, -inf: 0, 1000: 1, -1000: 0, nan: nan}},
	} {
		for x, want := range c.at {
			d := a.From(1, 1, []float32{float32(x)})
			elementary(i, d, d)
			if got := float64(d.Slice()[0]); got != want && !(got != got && want != want) {
				t.Errorf("%s(%v) = %v, want %v", c.name, x, got, want)
			}
		}
	}
}

func TestNaNPassesThroughEveryActivation(t *testing.T) {
	a := NewArena()
	defer a.Free()
	for f := GELU; f <= Sigmoid; f++ {
		d := a.From(1, 1, []float32{float32(math.NaN())})
		if Activate(d, d, f); d.Slice()[0] == d.Slice()[0] {
			t.Errorf("activation %d of NaN = %v", f, d.Slice()[0])
		}
	}
}
