package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the confidence level of every two-sided interval in this package.
const Level = 0.95

// Components are the variance components of a matrix of values by seed and row,
// under the model y[s][r] = μ + seed_s + row_r + rest_sr.
type Components struct {
	Seeds, Rows, Rest float64 // variances; Seeds and Rows are not clipped at zero
	SE                float64 // standard error of the mean over both
	DF                float64 // Satterthwaite's degrees of freedom of SE
	Warnings          []string
	pivot             *pivot
}

// Crossed analyses y [seeds][rows] by the two-way analysis of variance without
// replication:
//
//	Var(ȳ) ≈ (MS_seeds + MS_rows − MS_rest) / (S·R)
//
// whose degrees of freedom Satterthwaite's formula gives. A component that
// comes out negative counts as zero in SE. One seed leaves only the rows, one
// row only the seeds, and the warnings say so. Rows of y have equal length.
//
// Source: Searle, Casella and McCulloch, Variance Components (1992), chapter 4;
// Satterthwaite, Biometrics Bulletin 2 (1946).
func Crossed(y [][]float64) Components {
	S := len(y)
	if S == 0 || len(y[0]) == 0 {
		return Components{SE: math.NaN(), DF: math.NaN(), Warnings: []string{"no rows"}}
	}
	R := len(y[0])
	if S == 1 {
		return rowsOnly(y[0])
	}
	seedMeans := make([]float64, S)
	for s := range y {
		seedMeans[s] = mean(y[s])
	}
	if R == 1 {
		c := seedsOnly(seedMeans)
		c.Warnings = append(c.Warnings, "one test row: the interval covers seeds only")
		return c
	}
	rowMeans := make([]float64, R)
	column := make([]float64, S)
	for r := range R {
		for s := range S {
			column[s] = y[s][r]
		}
		rowMeans[r] = mean(column)
	}
	grand := mean(seedMeans)
	rest := make([]float64, 0, S*R)
	for s := range S {
		for r := range R {
			e := y[s][r] - seedMeans[s] - rowMeans[r] + grand
			rest = append(rest, e*e)
		}
	}
	fS, fR := float64(S), float64(R)
	dfSeeds, dfRows := fS-1, fR-1
	dfRest := dfSeeds * dfRows
	msSeeds := fR * variance(seedMeans)
	msRows := fS * variance(rowMeans)
	msRest := sum(rest) / dfRest

	c := Components{Seeds: (msSeeds - msRest) / fR, Rows: (msRows - msRest) / fS, Rest: msRest}
	n := fS * fR
	a, b, e := msSeeds/n, msRows/n, msRest/n
	v := a + b - e
	c.DF = v * v / (a*a/dfSeeds + b*b/dfRows + e*e/dfRest)
	// A negative component counts as zero; then the other mean square alone
	// estimates the variance, with its own degrees of freedom.
	if v < b && b >= a {
		v, c.DF = b, dfRows
	} else if v < a {
		v, c.DF = a, dfSeeds
	}
	if v == 0 {
		c.DF = dfRest
	}
	c.SE = math.Sqrt(v)
	if v > 0 {
		c.pivot = &pivot{a, b, e, dfSeeds, dfRows}
	}
	if S == 2 {
		c.Warnings = append(c.Warnings, "two seeds tell little about how seeds vary: the interval may cover less than it says")
	}
	return c
}

// rowsOnly is the analysis of a single seed.
func rowsOnly(y []float64) Components {
	c := Components{Seeds: math.NaN(), Rows: variance(y), DF: float64(len(y) - 1)}
	c.SE = math.Sqrt(c.Rows / float64(len(y)))
	c.Warnings = []string{"one seed: the interval covers test rows only"}
	if len(y) == 1 {
		c.SE, c.DF = math.NaN(), math.NaN()
		c.Warnings = []string{"one seed and one test row: no interval"}
	}
	return c
}

// seedsOnly is the analysis of one value per seed.
func seedsOnly(values []float64) Components {
	c := Components{Seeds: variance(values), Rows: math.NaN(), DF: float64(len(values) - 1)}
	c.SE = math.Sqrt(c.Seeds / float64(len(values)))
	if len(values) < 2 {
		c.SE, c.DF = math.NaN(), math.NaN()
	}
	return c
}

// halfWidth is t(DF)·SE at a two-sided level; NaN without a standard error.
func (c Components) halfWidth(level float64) float64 {
	if math.IsNaN(c.SE) || math.IsNaN(c.DF) {
		return math.NaN()
	}
	return tQuantile((1+level)/2, c.DF) * c.SE
}

// tQuantile is the p-quantile of Student's t with df degrees of freedom.
func tQuantile(p, df float64) float64 {
	if df > 1e6 {
		return distuv.UnitNormal.Quantile(p)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}

// tTail is the probability that Student's t exceeds x.
func tTail(x, df float64) float64 {
	if df > 1e6 {
		return distuv.UnitNormal.Survival(x)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Survival(x)
}

// Summarize turns the values of a metric, one per seed, and its row values
// (see RowValues; nil when the metric has none) into an estimate. Values that
// are not finite are left out with a warning. drawless says that the seeds are
// copies of one run, so that only rows vary.
func Summarize(metric string, values []float64, rows [][]float64, drawless bool) Estimate {
	e := Estimate{Mean: math.NaN(), SD: math.NaN(), Low: math.NaN(), High: math.NaN(), SE: math.NaN(), DF: math.NaN()}
	var kept []float64
	var matrix [][]float64
	for s, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		kept = append(kept, v)
		if rows != nil {
			matrix = append(matrix, rows[s])
		}
	}
	e.Seeds = len(kept)
	if left := len(values) - len(kept); left > 0 {
		e.warn("%d of %d seeds have no finite value and are left out", left, len(values))
	}
	if len(kept) == 0 {
		return e
	}
	e.Mean, e.SD = mean(kept), math.Sqrt(variance(kept))
	if matrix != nil {
		e.Rows = len(matrix[0])
	}
	var c Components
	switch {
	case matrix == nil && drawless:
		e.warn("nothing is drawn and single rows are unknown: no interval")
		return e
	case matrix == nil:
		c = seedsOnly(kept)
		if len(kept) < 2 {
			e.warn("one seed and unknown rows: no interval")
		} else {
			e.warn("the interval covers seeds only, not test rows")
		}
	case drawless:
		c = rowsOnly(matrix[0])
		c.Warnings = []string{"nothing is drawn: the interval covers test rows only"}
	default:
		c = Crossed(matrix)
	}
	e.Warnings = append(e.Warnings, c.Warnings...)
	e.SE, e.DF, e.pivot = c.SE, c.DF, c.pivot
	if h := c.halfWidth(Level); !math.IsNaN(h) {
		e.Low, e.High = e.Mean-h, e.Mean+h
	}
	if c.SE == 0 && e.Rows > 0 {
		e.alike(metric)
	}
	if low, high := bounds(metric); e.HasInterval() {
		e.Low, e.High = math.Max(e.Low, low), math.Min(e.High, high)
	}
	return e
}

func (e *Estimate) warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

// alike replaces the empty interval of rows that do not vary, which say little
// about the next row: by the exact binomial bound where rows are right or
// wrong, else by none.
func (e *Estimate) alike(metric string) {
	if slices.Contains([]string{"accuracy", "error", "exact_match"}, metric) && (e.Mean == 0 || e.Mean == 1) {
		e.Low, e.High = clopperPearson(e.Mean, e.Rows)
		e.warn("every row has the same outcome: exact binomial bound on %d rows", e.Rows)
		return
	}
	e.Low, e.High = math.NaN(), math.NaN()
	e.warn("no row changes the value: no interval")
}

// clopperPearson is the exact 95 % interval of a share of n rows that is 0 or 1.
func clopperPearson(share float64, n int) (low, high float64) {
	edge := math.Pow((1-Level)/2, 1/float64(n))
	if share == 0 {
		return 0, 1 - edge
	}
	return edge, 1
}
