package stats

import (
	"cmp"
	"math"
	"slices"
)

// moments are sums over pairs (x gold, y predicted), from which correlation-like
// metrics follow; leaving out a row is a subtraction.
type moments struct{ n, x, y, xx, yy, xy float64 }

func (m *moments) add(x, y, sign float64) {
	m.n += sign
	m.x += sign * x
	m.y += sign * y
	m.xx += sign * x * x
	m.yy += sign * y * y
	m.xy += sign * x * y
}

// ofMoments lifts a function of the sums to a functional. Values are centred
// first where the function does not mind, by being taken from the mean of gold.
func ofMoments(value func(m moments) float64) functional {
	return func(r *Rows) (float64, []float64, bool) {
		if len(r.Gold) != r.Len() || len(r.Pred) != r.Len() {
			return 0, nil, false
		}
		return jackknifePairs(r.Gold, r.Pred, value)
	}
}

func jackknifePairs(gold, pred []float64, value func(m moments) float64) (float64, []float64, bool) {
	// One shift for both keeps differences; it avoids cancellation far from zero.
	shift := mean(gold)
	var m moments
	for i := range gold {
		m.add(gold[i]-shift, pred[i]-shift, 1)
	}
	n, theta := m.n, value(m)
	values := make([]float64, len(gold))
	for i := range values {
		less := m
		less.add(gold[i]-shift, pred[i]-shift, -1)
		values[i] = n*theta - (n-1)*value(less)
		if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return theta, nil, false
		}
	}
	return theta, values, true
}

// pearson is the product-moment correlation, 0 where undefined.
func pearson(m moments) float64 {
	d := math.Sqrt(m.xx-m.x*m.x/m.n) * math.Sqrt(m.yy-m.y*m.y/m.n)
	if !(d > 0) {
		return 0
	}
	return (m.xy - m.x*m.y/m.n) / d
}

// spearman is Pearson's correlation of mid-ranks. Its row values keep the ranks
// of all rows when one is left out, which changes them by O(1/n²).
func spearman(r *Rows) (float64, []float64, bool) {
	if len(r.Gold) != r.Len() || len(r.Pred) != r.Len() {
		return 0, nil, false
	}
	return jackknifePairs(midRanks(r.Gold), midRanks(r.Pred), pearson)
}

// midRanks gives tied values their mean rank, from 1.
func midRanks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) }) // ties share a rank: their order is free
	ranks := make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for k := from; k < to; k++ {
			ranks[order[k]] = float64(from+to+1) / 2
		}
		from = to
	}
	return ranks
}
