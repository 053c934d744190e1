package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A pivot is how far chance carries a mean over seeds and rows from the truth:
// what a gate tests with, where an interval takes Satterthwaite's t.
//
// With two or three seeds their mean square is now and then far too small, and
// Satterthwaite's formula then claims many degrees of freedom: a test at 5 % that
// trusts it raises up to 8 % false alarms. The pivot takes the mean square of
// seeds for what it is, one draw of a χ² with few degrees of freedom, and averages
// over the variances that may have given it:
//
//	T = t(rows − 1) · √V,  V = B + max(0, A·ν/χ²(ν) − E),  ν = seeds − 1
//
// where A, B and E are the mean squares of seeds, rows and rest over seeds × rows.
// It holds its level at any size of the seeds' variance, and gives some of it
// away where seeds do not differ.
//
// Source: Weerahandi, JASA 88 (1993), generalized confidence intervals.
type pivot struct {
	seeds, rows, rest float64 // A, B, E
	dfSeeds, dfRows   float64
}

// pivotStep is the step, in log χ², of the trapezoid rule over χ².
const pivotStep = 0.125

// tail is the probability that chance alone exceeds x.
func (p pivot) tail(x float64) float64 {
	chi := distuv.ChiSquared{K: p.dfSeeds}
	mass, total := 0.0, 0.0
	for at := -30.0; at < math.Log(p.dfSeeds)+5; at += pivotStep {
		w := math.Exp(at)
		density := w * chi.Prob(w)
		if density < 1e-12 {
			continue
		}
		v := p.rows + math.Max(0, p.seeds*p.dfSeeds/w-p.rest)
		mass += density
		total += density * tTail(x/math.Sqrt(v), p.dfRows)
	}
	return total / mass
}

// tail is the probability that chance alone carries the mean more than x above the
// truth: by the pivot where seeds and rows are crossed, else by Student's t.
func (e Estimate) tail(x float64) float64 {
	if e.pivot != nil {
		return e.pivot.tail(x)
	}
	return tTail(x/e.SE, e.DF)
}

// above is the error that chance exceeds with probability p, at most ½.
func (e Estimate) above(p float64) float64 {
	if e.pivot == nil {
		return tQuantile(1-p, e.DF) * e.SE
	}
	low, high := 0.0, e.SE
	for e.tail(high) > p {
		low, high = high, 2*high
	}
	for high-low > 1e-6*high {
		if middle := (low + high) / 2; e.tail(middle) > p {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
