package shift

import (
	"fmt"
	"math"
	"slices"

	"runexp/internal/stats"
)

// prior compares the label proportions: their total variation, with Pearson's χ²
// test of homogeneity, which is by rearrangement where cells are sparse. false: rows
// have no labels.
func prior(in Input) (Measure, bool) {
	var labels []int
	for _, side := range [][]Row{in.Source, in.Target} {
		for i := range side {
			if side[i].Label < 0 {
				return Measure{}, false
			}
			labels = append(labels, side[i].Label)
		}
	}
	classes := slices.Compact(slices.Sorted(slices.Values(labels)))
	at := map[int]int{}
	for i, c := range classes {
		at[c] = i
	}
	for i, l := range labels {
		labels[i] = at[l]
	}
	n := len(in.Source)
	t := tabulate(labels, n, len(classes))
	test := stats.ChiSquare(t[0], t[1])
	d := Measure{Axis: Prior, Name: "total variation", Value: t.variation(), P: test.P}
	if n < fewRows || len(labels)-n < fewRows {
		d.Warning = fmt.Sprintf("only %d rows in the source and %d in the target, so small changes go unseen", n, len(labels)-n)
	}
	kind := "χ²"
	dealt, null := rearranged(labels, n, len(classes), test.Statistic, in)
	if len(test.Warnings) > 0 { // the distribution of χ² is no guide
		kind, d.P = "χ² by rearrangement, as some labels are rare", dealt
	}
	d.Low, d.High = around(d.Value, resampled(labels, n, len(classes), in.Key.At(7)), 0, 1)
	d.Effect = math.Sqrt(max(0, d.Value*d.Value-null*null)) // samples of the same proportions differ too, and squares add
	d.Meaning = fmt.Sprintf("%.1f %% of the rows would need another label for both sides to have the same proportions (%s = %.1f with %d degrees of freedom).", 100*d.Value, kind, test.Statistic, max(0, len(classes)-1))
	return d, true
}

// rearranged is the p-value of χ², and the mean total variation, where labels are
// dealt to the sides at random.
func rearranged(labels []int, n, classes int, chi float64, in Input) (p, variation float64) {
	hits, mixed := 0, slices.Clone(labels)
	for r := range in.Rounds {
		for i, at := range permutation(len(labels), in.Key.At(6).At(uint64(r))) {
			mixed[i] = labels[at]
		}
		t := tabulate(mixed, n, classes)
		if stats.ChiSquare(t[0], t[1]).Statistic >= chi-1e-9 {
			hits++
		}
		variation += t.variation() / float64(in.Rounds)
	}
	return float64(1+hits) / float64(1+in.Rounds), variation
}

// resampled is the standard error of the total variation.
func resampled(labels []int, n, classes int, key stats.Key) float64 {
	const rounds = 200
	drawn := make([]int, len(labels))
	sum, squares := 0.0, 0.0
	for r := range rounds {
		k := key.At(uint64(r))
		for i := range drawn {
			if i < n {
				drawn[i] = labels[k.Below(uint64(i), n)]
			} else {
				drawn[i] = labels[n+k.Below(uint64(i), len(labels)-n)]
			}
		}
		v := tabulate(drawn, n, classes).variation()
		sum, squares = sum+v, squares+v*v
	}
	return math.Sqrt(max(0, squares-sum*sum/rounds) / (rounds - 1))
}

// table counts labels on each side.
type table [2][]float64

func tabulate(labels []int, n, classes int) table {
	t := table{make([]float64, classes), make([]float64, classes)}
	for i, l := range labels {
		if i < n {
			t[0][l]++
		} else {
			t[1][l]++
		}
	}
	return t
}

func (t table) sums() (a, b float64) {
	for k := range t[0] {
		a, b = a+t[0][k], b+t[1][k]
	}
	return a, b
}

func (t table) variation() float64 {
	a, b := t.sums()
	v := 0.0
	for k := range t[0] {
		v += math.Abs(t[0][k]/a-t[1][k]/b) / 2
	}
	return v
}
