package metric

import (
	"cmp"
	"math"
	"slices"
)

// ROCAUC is the area under the ROC curve, the probability that a random row of
// a class scores higher for it than a random row of the others (ties count a
// half). For two classes it is that of class 1; for more, the mean over the
// classes of each against the rest. A class that all rows or none have is left
// out with a flag; the value is 0.5 when none remains.
func ROCAUC(gold []int, probs []float64, classes int) Value {
	sameLength("ROCAUC", len(gold), rowsOf("ROCAUC", len(probs), classes))
	if len(gold) == 0 {
		return Value{Flag: FlagNoRows}
	}
	from, to := 0, classes
	if classes == 2 {
		from = 1
	}
	sum, used := 0.0, 0
	result := Value{}
	scores, positive := make([]float64, len(gold)), make([]bool, len(gold))
	for k := from; k < to; k++ {
		for i, g := range gold {
			scores[i], positive[i] = probs[i*classes+k], g == k
		}
		switch a := auc(positive, scores); a.Flag {
		case "":
			sum += a.V
			used++
		default:
			result.Flag = a.Flag
		}
	}
	if used == 0 {
		return Value{V: 0.5, Flag: result.Flag}
	}
	result.V = sum / float64(used)
	return result
}

// auc is the area for one class, by the rank sum of its rows.
func auc(positive []bool, scores []float64) Value {
	if !finite(scores) {
		return Value{Flag: FlagNotFinite}
	}
	rank := Ranks(scores)
	sum, p := 0.0, 0
	for i, yes := range positive {
		if yes {
			sum += rank[i]
			p++
		}
	}
	n := len(positive) - p
	if p == 0 || n == 0 {
		return Value{Flag: FlagOneClass}
	}
	return Value{V: (sum - float64(p)*float64(p+1)/2) / (float64(p) * float64(n))}
}

// averagePrecision is Σ (R_i - R_{i-1})·P_i over the thresholds from the
// highest score down, rows with equal scores entering together. It is 0 with a
// flag when no row is positive.
func averagePrecision(positive []bool, scores []float64) Value {
	if !finite(scores) {
		return Value{Flag: FlagNotFinite}
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	all := 0
	for _, yes := range positive {
		if yes {
			all++
		}
	}
	if all == 0 {
		return Value{Flag: FlagOneClass}
	}
	sum, hits, before := 0.0, 0, 0
	for i, row := range order {
		if positive[row] {
			hits++
		}
		if i+1 < len(order) && scores[order[i+1]] == scores[row] {
			continue
		}
		sum += float64(hits-before) / float64(all) * (float64(hits) / float64(i+1))
		before = hits
	}
	return Value{V: sum}
}

// Ranks gives each value its rank from 1, ascending; equal values share the
// mean of their ranks. The values must not hold NaN; v is not changed.
func Ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	rank := make([]float64, len(v))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && v[order[to]] == v[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			rank[i] = float64(from+1+to) / 2
		}
		from = to
	}
	return rank
}

// finite tells whether no value is NaN or infinite.
func finite(v []float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
