package stats

import (
	"fmt"
	"math"
)

// permutationRounds bounds P from below at 1/2000, well under any level that a
// table of some dozens of pairs, corrected by Holm, asks for.
const permutationRounds = 1999

// bootstrapRounds leave 25 resamples beyond either end of a 95 % interval.
const bootstrapRounds = 1000

// Sample is one side of a paired comparison: the same seeds in the same order
// as the other side.
type Sample struct {
	Rows     []*Rows   // by seed; nil where a seed has none
	Values   []float64 // recorded metric by seed; nil: computed from Rows
	Drawless bool      // the seeds are copies of one run
}

// Difference is a paired comparison of two methods: a minus b.
type Difference struct {
	Estimate
	P        float64 // two-sided, of no difference, over seeds and rows
	Adjusted float64 // P after Holm's correction over the table it stands in; P itself until then
	// On rows alone, given the trained models at hand:
	Permutation Test
	McNemar     Test // its P is NaN when outcomes are not right or wrong
	rows        []float64
}

// Bootstrap is the difference over resampled rows, given the trained models at
// hand; NaN where there are no row values.
func (d *Difference) Bootstrap() Bootstrapped {
	return PairedBootstrap(d.rows, BootstrapConfig{Rounds: bootstrapRounds, Key: 2})
}

// Test is a significance test.
type Test struct {
	Name      string
	Statistic float64
	P         float64
	N         int // units that it rests on
	Warnings  []string
}

// Paired compares two methods on the same rows and seeds. Rows that one side
// lacks are left out, seeds that failed on one side too, each with a warning.
//
// The interval and P come from the crossed analysis of the differences; a
// method that draws nothing takes part with its one run under every seed.
func Paired(metric string, a, b Sample) Difference {
	d := Difference{P: math.NaN(), Adjusted: math.NaN(), McNemar: Test{Name: "exact McNemar", P: math.NaN()}, Permutation: Test{Name: "sign-flip permutation", P: math.NaN()}}
	estimate, matrix, sides, dropped, missing := pairedEstimate(metric, a, b)
	d.Estimate = estimate
	if missing > 0 {
		d.warn("%d seeds failed on one side and are left out", missing)
	}
	if dropped > 0 {
		d.warn("%d rows are not on both sides and are left out", dropped)
	}
	if d.SE == 0 && d.Mean == 0 {
		d.P = 1
	} else if !math.IsNaN(d.SE) {
		d.P = 2 * tTail(math.Abs(d.Mean)/d.SE, d.DF)
	}
	d.Adjusted = d.P
	if matrix != nil {
		d.rows = columnMeans(matrix)
		d.Permutation = SignFlip(d.rows, PermutationConfig{Rounds: permutationRounds, Key: 1})
		d.McNemar = majorityMcNemar(sides)
	}
	return d
}

// pairedEstimate is the crossed analysis of a minus b, with the row values of the
// difference by seed (nil where there are none) and the rows behind them.
func pairedEstimate(metric string, a, b Sample) (e Estimate, matrix [][]float64, sides [2][]*Rows, dropped, missing int) {
	sides, values, dropped, missing := pairUp(metric, a, b)
	var diff []float64
	for s := range values[0] {
		diff = append(diff, values[0][s]-values[1][s])
	}
	matrix = crossDifferences(metric, sides, values)
	return Summarize("", diff, matrix, a.Drawless && b.Drawless), matrix, sides, dropped, missing
}

// pairUp keeps the seeds that both sides have and the rows that all have.
func pairUp(metric string, a, b Sample) (sides [2][]*Rows, values [2][]float64, dropped, missing int) {
	n := min(seedCount(a), seedCount(b))
	missing = max(seedCount(a), seedCount(b)) - n
	var tables []*Rows
	haveRows := true
	for s := range n {
		va, ra := a.at(metric, s)
		vb, rb := b.at(metric, s)
		if math.IsNaN(va) || math.IsNaN(vb) {
			missing++
			continue
		}
		values[0], values[1] = append(values[0], va), append(values[1], vb)
		haveRows = haveRows && ra != nil && rb != nil
		tables = append(tables, ra, rb)
	}
	if !haveRows || len(tables) == 0 {
		return sides, values, 0, missing
	}
	tables, dropped = Align(tables)
	for k := 0; k < len(tables); k += 2 {
		sides[0], sides[1] = append(sides[0], tables[k]), append(sides[1], tables[k+1])
		if dropped > 0 { // recorded values are of all rows, these are not
			for side := range 2 {
				values[side][k/2], _, _ = Measure(metric, tables[k+side])
			}
		}
	}
	return sides, values, dropped, missing
}

func seedCount(s Sample) int { return max(len(s.Rows), len(s.Values)) }

// at returns the value and rows of a seed; the value is NaN when there is none.
func (s Sample) at(metric string, seed int) (float64, *Rows) {
	var rows *Rows
	if seed < len(s.Rows) {
		rows = s.Rows[seed]
	}
	if s.Values != nil {
		v := s.Values[seed]
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		return v, rows
	}
	if rows == nil {
		return math.NaN(), nil
	}
	theta, _, ok := Measure(metric, rows)
	if !ok {
		return math.NaN(), rows
	}
	return theta, rows
}

// crossDifferences returns row values of a minus those of b by seed, or nil.
func crossDifferences(metric string, sides [2][]*Rows, values [2][]float64) [][]float64 {
	if len(sides[0]) == 0 || sides[0][0].Len() == 0 {
		return nil
	}
	matrix := make([][]float64, len(sides[0]))
	for s := range matrix {
		ya, ok := RowValues(metric, sides[0][s], values[0][s])
		if !ok {
			return nil
		}
		yb, ok := RowValues(metric, sides[1][s], values[1][s])
		if !ok {
			return nil
		}
		matrix[s] = make([]float64, len(ya))
		for i := range ya {
			matrix[s][i] = ya[i] - yb[i]
		}
	}
	return matrix
}

func columnMeans(y [][]float64) []float64 {
	means := make([]float64, len(y[0]))
	column := make([]float64, len(y))
	for r := range means {
		for s := range y {
			column[s] = y[s][r]
		}
		means[r] = mean(column)
	}
	return means
}

// majorityMcNemar calls a row right when most seeds got it right; rows on which
// the seeds of a side are evenly split are left out.
func majorityMcNemar(sides [2][]*Rows) Test {
	n := sides[0][0].Len()
	right := [2][]int{make([]int, n), make([]int, n)}
	for side := range 2 {
		for _, r := range sides[side] {
			if len(r.Gold) != n || len(r.Pred) != n {
				return Test{Name: "exact McNemar", P: math.NaN()}
			}
			for i := range n {
				if r.Gold[i] == r.Pred[i] {
					right[side][i]++
				} else {
					right[side][i]--
				}
			}
		}
	}
	onlyA, onlyB, even := 0, 0, 0
	for i := range n {
		a, b := right[0][i], right[1][i]
		switch {
		case a == 0 || b == 0:
			even++
		case a > 0 && b < 0:
			onlyA++
		case a < 0 && b > 0:
			onlyB++
		}
	}
	t := McNemar(onlyA, onlyB)
	if even > 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%d rows on which the seeds are evenly split are left out", even))
	}
	return t
}

// Measure computes a metric from rows, with its row values: by the first of the
// metric's definitions that the columns allow, or else the mean of the scores.
func Measure(metric string, r *Rows) (theta float64, values []float64, ok bool) {
	if r == nil || r.Len() == 0 {
		return math.NaN(), nil, false
	}
	for _, f := range append(functionals[metric], scoreRatio) {
		if theta, values, ok = f(r); ok {
			return theta, values, true
		}
	}
	return math.NaN(), nil, false
}
