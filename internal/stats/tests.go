package stats

import (
	"math"
	"math/bits"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// McNemar tests whether two classifiers err equally often, from the rows that
// only one of them got right: under no difference the smaller count is a
// binomial with p = ½. P is exact and two-sided.
//
// Source: McNemar, Psychometrika 12 (1947).
func McNemar(onlyA, onlyB int) Test {
	n := onlyA + onlyB
	t := Test{Name: "exact McNemar", Statistic: float64(onlyA - onlyB), P: 1, N: n}
	if n > 0 {
		t.P = math.Min(1, 2*binomialTail(min(onlyA, onlyB), n))
	}
	if n < 6 {
		t.Warnings = append(t.Warnings, "fewer than 6 rows differ: no outcome could be significant at 5 %")
	}
	return t
}

// binomialTail is P(X ≤ k) for n fair coins, summed from the smallest term.
func binomialTail(k, n int) float64 {
	total := 0.0
	for i := range k + 1 {
		total += math.Exp(logChoose(n, i) - float64(n)*math.Ln2)
	}
	return total
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// PermutationConfig says how many random rounds a permutation test takes, and
// which stream of random numbers.
type PermutationConfig struct {
	Rounds int
	Key    Key
}

// exactFlips bounds the non-zero differences for which all sign patterns are
// counted instead of drawn.
const exactFlips = 14

// SignFlip tests whether paired differences are centred at zero: under no
// difference each may as well have the other sign. P is two-sided; with few
// non-zero differences all patterns are counted, else (1+hits)/(1+Rounds).
//
// Source: Fisher, The Design of Experiments (1935), section 21.
func SignFlip(d []float64, c PermutationConfig) Test {
	t := Test{Name: "sign-flip permutation", Statistic: mean(d), N: len(d), P: math.NaN()}
	moved := slices.DeleteFunc(slices.Clone(d), func(v float64) bool { return v == 0 })
	if len(d) == 0 {
		t.Warnings = append(t.Warnings, "no rows")
		return t
	}
	observed := math.Abs(plainSum(moved))
	// Sums that differ by rounding alone count as equal.
	threshold := observed - 1e-12*absoluteSum(moved)
	if len(moved) <= exactFlips {
		patterns, hits := 1<<len(moved), 0
		for p := range patterns {
			s := 0.0
			for i, v := range moved {
				if p>>i&1 == 1 {
					v = -v
				}
				s += v
			}
			if math.Abs(s) >= threshold {
				hits++
			}
		}
		t.P = float64(hits) / float64(patterns)
		return t
	}
	hits := 0
	for round := range c.Rounds {
		if math.Abs(flippedSum(moved, c.Key.At(uint64(round)))) >= threshold {
			hits++
		}
	}
	t.P = float64(1+hits) / float64(1+c.Rounds)
	return t
}

// flippedSum draws 64 signs from each random number.
func flippedSum(d []float64, key Key) float64 {
	s := 0.0
	for from := 0; from < len(d); from += 64 {
		signs := key.Uint64(uint64(from / 64))
		for _, v := range d[from:min(from+64, len(d))] {
			s += math.Float64frombits(math.Float64bits(v) ^ signs<<63)
			signs = bits.RotateLeft64(signs, -1)
		}
	}
	return s
}

func plainSum(d []float64) float64 {
	s := 0.0
	for _, v := range d {
		s += v
	}
	return s
}

func absoluteSum(d []float64) float64 {
	s := 0.0
	for _, v := range d {
		s += math.Abs(v)
	}
	return s
}

// Holm adjusts p-values so that the chance of any false rejection stays at the
// level. NaN stays NaN and does not count.
//
// Source: Holm, Scandinavian Journal of Statistics 6 (1979).
func Holm(p []float64) []float64 {
	out, order := ranked(p)
	running := 0.0
	for k, i := range order {
		running = math.Max(running, math.Min(1, float64(len(order)-k)*p[i]))
		out[i] = running
	}
	return out
}

// BenjaminiHochberg adjusts p-values so that the expected share of false
// rejections stays at the level. NaN stays NaN and does not count.
//
// Source: Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995).
func BenjaminiHochberg(p []float64) []float64 {
	out, order := ranked(p)
	running := 1.0
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		running = math.Min(running, float64(len(order))/float64(k+1)*p[i])
		out[i] = running
	}
	return out
}

// ranked returns a copy of p and the places of its numbers, smallest first.
func ranked(p []float64) (out []float64, order []int) {
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return p[order[a]] < p[order[b]] })
	return slices.Clone(p), order
}

// ChiSquare tests whether two samples of counts over the same categories come
// from one distribution. Categories that are empty in both are left out.
func ChiSquare(a, b []float64) Test {
	if len(a) != len(b) {
		panic("stats: ChiSquare: a and b have different lengths")
	}
	t := Test{Name: "chi-square", P: math.NaN()}
	na, nb := sum(a), sum(b)
	t.N = int(na + nb)
	categories, thin := 0, 0
	for i := range a {
		row := a[i] + b[i]
		if row == 0 {
			continue
		}
		categories++
		ea, eb := row*na/(na+nb), row*nb/(na+nb)
		if math.Min(ea, eb) < 5 {
			thin++
		}
		t.Statistic += (a[i]-ea)*(a[i]-ea)/ea + (b[i]-eb)*(b[i]-eb)/eb
	}
	if na == 0 || nb == 0 {
		t.Statistic = math.NaN()
		t.Warnings = append(t.Warnings, "one sample is empty")
		return t
	}
	if categories < 2 {
		t.P = 1
		t.Warnings = append(t.Warnings, "only one category occurs")
		return t
	}
	if thin > 0 {
		t.Warnings = append(t.Warnings, "some expected counts are below 5: P is approximate")
	}
	t.P = distuv.ChiSquared{K: float64(categories - 1)}.Survival(t.Statistic)
	return t
}
