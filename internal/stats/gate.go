package stats

import (
	"math"
	"sort"
)

// Gate is a one-sided test of whether a loss exceeds a margin.
type Gate struct {
	Loss     float64 // how much worse the new invocation is; positive is worse
	Low      float64 // lower end of the one-sided (1 − alpha) interval of the loss
	Margin   float64
	P        float64 // of a loss at most Margin; small means a regression
	Adjusted float64 // P after Holm's correction over the methods gated
	Smallest float64 // the smallest loss that would have been caught with 80 % probability
	Failed   bool    // set by Gates: Adjusted is at or below alpha
	Warnings []string
}

// gatePower is the probability that Gate.Smallest is stated for.
const gatePower = 0.8

// NewGate tests the paired difference d of old minus new (new minus old when
// lower is better), so that positive is a loss. Without a standard error there
// is no test: P is NaN, and the warnings of d say why.
func NewGate(d Difference, margin, alpha float64) Gate {
	g := Gate{Loss: d.Mean, Margin: margin, Low: math.NaN(), P: math.NaN(), Adjusted: math.NaN(), Smallest: math.NaN(), Warnings: d.Warnings}
	switch {
	case math.IsNaN(d.SE):
		return g
	case d.SE == 0:
		g.Low, g.P, g.Smallest = d.Mean, 1, margin
		if d.Mean > margin {
			g.P = 0
		}
	default:
		g.Low = d.Mean - d.above(alpha)
		g.P = d.tail(d.Mean - margin)
		g.Smallest = margin + d.above(alpha) + d.above(1-gatePower)
	}
	g.Adjusted = g.P
	return g
}

// Gates applies Holm's correction over all gates and sets Adjusted and Failed.
func Gates(gates []Gate, alpha float64) {
	p := make([]float64, len(gates))
	for k := range gates {
		p[k] = gates[k].P
	}
	for k, adjusted := range Holm(p) {
		gates[k].Adjusted = adjusted
		gates[k].Failed = adjusted <= alpha
	}
}

// MinimumDetectable is the smallest true difference that a two-sided test at
// level alpha finds with the given power, for an estimate with this standard
// error:
//
//	(t(1−α/2) + t(power)) · SE
func MinimumDetectable(se, df, alpha, power float64) float64 {
	if math.IsNaN(se) || math.IsNaN(df) {
		return math.NaN()
	}
	return (tQuantile(1-alpha/2, df) + tQuantile(power, df)) * se
}

// ExpectedBest is the expected best of k configurations drawn without
// replacement from those tried: what a search of k trials would have reported.
// It is NaN unless 1 ≤ k ≤ len(values).
//
// Source: Dodge et al., EMNLP 2019, in the unbiased form of Tang et al., ACL 2020.
func ExpectedBest(values []float64, k int, lowerIsBetter bool) float64 {
	n := len(values)
	if k < 1 || k > n {
		return math.NaN()
	}
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	if lowerIsBetter {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			sorted[i], sorted[j] = sorted[j], sorted[i]
		}
	}
	total := 0.0
	for i := k; i <= n; i++ { // the i-th smallest is the best of C(i−1, k−1) subsets
		total += sorted[i-1] * math.Exp(logChoose(i-1, k-1)-logChoose(n, k))
	}
	return total
}

// Trend is a least-squares line with the interval of its slope.
type Trend struct {
	Slope, Intercept float64
	Low, High        float64 // 95 % interval of the slope
	P                float64 // two-sided, of no slope
	Warnings         []string
}

// Slope fits y = intercept + slope·x. The interval takes the points as
// independent around the line, with n − 2 degrees of freedom.
func Slope(x, y []float64) Trend {
	if len(x) != len(y) {
		panic("stats: Slope: x and y have different lengths")
	}
	t := Trend{Slope: math.NaN(), Intercept: math.NaN(), Low: math.NaN(), High: math.NaN(), P: math.NaN()}
	n := float64(len(x))
	mx, my := mean(x), mean(y)
	var sxx, sxy float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if len(x) < 2 || sxx == 0 {
		t.Warnings = append(t.Warnings, "fewer than two periods: no slope")
		return t
	}
	t.Slope = sxy / sxx
	t.Intercept = my - t.Slope*mx
	if len(x) < 3 {
		t.Warnings = append(t.Warnings, "two periods: a slope without an interval")
		return t
	}
	rest := 0.0
	for i := range x {
		e := y[i] - t.Intercept - t.Slope*x[i]
		rest += e * e
	}
	se := math.Sqrt(rest / (n - 2) / sxx)
	h := tQuantile((1+Level)/2, n-2) * se
	t.Low, t.High = t.Slope-h, t.Slope+h
	t.P = 2 * tTail(math.Abs(t.Slope)/se, n-2)
	if se == 0 {
		t.P = b2f(t.Slope == 0)
	}
	if len(x) < 5 {
		t.Warnings = append(t.Warnings, "fewer than five periods: the interval of the slope is wide or accidental")
	}
	return t
}
