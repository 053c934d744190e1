// Package stats says what scores over seeds and test rows allow one to conclude.
//
// What goes in is one table of outcomes per seed (Rows): the same test rows,
// judged after training with different random draws. What comes out is an
// Estimate with an interval that covers both sources of chance, a Test of a
// difference between two methods on the same rows, or a group of methods that
// the data cannot tell apart.
//
// The one idea inside: seeds and rows are crossed. Every seed judges every row,
// so neither "n rows" nor "n seeds" is the sample size. A metric is turned into
// one value per row and seed (exactly, when it is a mean over rows; by the
// jackknife when it is not, as for macro-F1), and the two-way analysis of
// variance of that matrix gives the variance of the mean over both.
//
// Every number travels with its warnings: what an interval leaves out is said
// in Estimate.Warnings and Test.Warnings, never dropped. All randomness is
// counter-based and keyed by the caller, so results never depend on scheduling.
package stats

import (
	"math"
	"slices"
)

// Rows holds what happened to each test row in one run: parallel columns of
// equal length, except those that a task does not have, which are nil.
type Rows struct {
	IDs    []string    // row ids, unique; the pairing key
	Slices []string    // slice of each row, such as "year=2003"; nil: not sliced
	Gold   []float64   // class index or target value; nil for tasks without one label a row
	Pred   []float64   // predicted class index or value; nil likewise
	Score  []float64   // a row's own score (1 for correct, squared error, summed loss in nats, …)
	Weight []float64   // units behind each score, such as tokens; nil: one each
	Probs  [][]float32 // class probabilities; nil: not kept
}

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.IDs) }

// Subset returns the rows for which keep is true; columns are copied.
func (r *Rows) Subset(keep func(i int) bool) *Rows {
	var at []int
	for i := range r.IDs {
		if keep(i) {
			at = append(at, i)
		}
	}
	return r.Take(at)
}

// Slice returns the rows of one slice; "all" gives r itself.
func (r *Rows) Slice(name string) *Rows {
	if name == "all" {
		return r
	}
	return r.Subset(func(i int) bool { return r.Slices != nil && r.Slices[i] == name })
}

// Take returns the rows at the given places, in that order.
func (r *Rows) Take(at []int) *Rows {
	return &Rows{
		IDs: take(r.IDs, at), Slices: take(r.Slices, at), Gold: take(r.Gold, at), Pred: take(r.Pred, at),
		Score: take(r.Score, at), Weight: take(r.Weight, at), Probs: take(r.Probs, at),
	}
}

func take[T any](column []T, at []int) []T {
	if column == nil {
		return nil
	}
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = column[i]
	}
	return out
}

// Align brings several tables to the rows that all of them have, in the order
// of the first. It returns the aligned tables and how many rows of the largest
// table were left out.
func Align(tables []*Rows) (aligned []*Rows, dropped int) {
	if len(tables) == 0 {
		return nil, 0
	}
	same, largest := true, 0
	for _, t := range tables {
		same = same && equal(t.IDs, tables[0].IDs)
		largest = max(largest, t.Len())
	}
	if same {
		return tables, 0
	}
	places := make([]map[string]int, len(tables))
	for k, t := range tables {
		places[k] = make(map[string]int, t.Len())
		for i, id := range t.IDs {
			places[k][id] = i
		}
	}
	at := make([][]int, len(tables))
	for _, id := range tables[0].IDs {
		found := true
		for _, p := range places {
			_, ok := p[id]
			found = found && ok
		}
		if found {
			for k, p := range places {
				at[k] = append(at[k], p[id])
			}
		}
	}
	aligned = make([]*Rows, len(tables))
	for k, t := range tables {
		aligned[k] = t.Take(at[k])
	}
	return aligned, largest - len(at[0])
}

func equal[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Estimate is a number with what is known about its chance.
type Estimate struct {
	Mean      float64
	SD        float64  // over seeds; NaN with fewer than two
	Low, High float64  // 95 % interval; NaN when there is none
	SE        float64  // standard error behind the interval; NaN when there is none
	DF        float64  // Satterthwaite's degrees of freedom of SE
	Seeds     int      // seeds with a finite value
	Rows      int      // rows behind each value
	Warnings  []string // what the interval does not cover
	pivot     *pivot   // where seeds and rows are crossed, else nil
}

// HasInterval reports whether the estimate carries an interval.
func (e Estimate) HasInterval() bool { return !math.IsNaN(e.Low) && !math.IsNaN(e.High) }

// sum adds x from the first to the last, with Neumaier's compensation, so that
// the result does not depend on how large the early terms were.
func sum(x []float64) float64 {
	s, c := 0.0, 0.0
	for _, v := range x {
		t := s + v
		if math.Abs(s) >= math.Abs(v) {
			c += (s - t) + v
		} else {
			c += (v - t) + s
		}
		s = t
	}
	return s + c
}

func mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return sum(x) / float64(len(x))
}

// variance is the unbiased sample variance; NaN with fewer than two values, and
// 0 of equal ones, whose mean may be a rounding away from them.
func variance(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	if slices.Min(x) == slices.Max(x) {
		return 0
	}
	m := mean(x)
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = (v - m) * (v - m)
	}
	return sum(d) / float64(len(x)-1)
}
