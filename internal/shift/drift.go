package shift

import (
	"fmt"
	"maps"
	"slices"
)

// A drifting is the rows of both sides with the half of their own side's years that
// they lie in.
type drifting struct {
	bags       [][]int32
	vocabulary int
	side       []int
	strata     [][]int // of one side and label; halves are exchanged within
	late       []bool
	terms      terms
}

// newDrifting is false where neither side has two periods.
func newDrifting(in Input) (*drifting, bool) {
	d, all, groups := &drifting{}, &matched{}, map[[2]int][]int{}
	for side, rows := range [][]Row{in.Source, in.Target} {
		var years []float64
		for i := range rows {
			years = append(years, rows[i].Period)
		}
		slices.Sort(years)
		if len(years) == 0 || years[0] == years[len(years)-1] {
			continue
		}
		middle := years[len(years)/2]
		for i := range rows {
			key := [2]int{side, rows[i].Label}
			groups[key] = append(groups[key], len(all.rows))
			all.rows, d.side, d.late = append(all.rows, &rows[i]), append(d.side, side), append(d.late, rows[i].Period >= middle)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(groups), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		d.strata = append(d.strata, groups[key])
	}
	d.bags, d.vocabulary = all.bags()
	words := 0
	for _, b := range d.bags {
		words += len(b)
	}
	d.terms = newTerms(words)
	return d, len(all.rows) > 0
}

// divergence is the mean over the sides of that between the halves of their years,
// of the rows at the given places.
func (d *drifting) divergence(rows []int, late []bool) float64 {
	counts := [2][2][]int{}
	for side := range counts {
		counts[side] = [2][]int{make([]int, d.vocabulary), make([]int, d.vocabulary)}
	}
	for k, i := range rows {
		half := counts[d.side[i]][0]
		if late[k] {
			half = counts[d.side[i]][1]
		}
		for _, w := range d.bags[i] {
			half[w]++
		}
	}
	return (jensenShannon(counts[0][0], counts[0][1], d.terms) + jensenShannon(counts[1][0], counts[1][1], d.terms)) / 2
}

// drift asks whether words move on within the years of each side, with years
// exchanged within a label. If they do, the divergence between the sides, which the
// years divide, is time's as well, so the effect is not below it.
func drift(in Input, between float64) (Measure, bool) {
	d, ok := newDrifting(in)
	if !ok {
		return Measure{}, false
	}
	rows := make([]int, len(d.bags))
	for i := range rows {
		rows[i] = i
	}
	m := Measure{Axis: Time, Name: "word drift"}
	observed, null, hits := d.divergence(rows, d.late), 0.0, 0
	mixed := slices.Clone(d.late)
	for r := range in.Rounds {
		key := in.Key.At(8).At(uint64(r))
		for k, s := range d.strata {
			for i, at := range permutation(len(s), key.At(uint64(k))) {
				mixed[s[i]] = d.late[s[at]]
			}
		}
		v := d.divergence(rows, mixed)
		null += v / float64(in.Rounds)
		if v >= observed-1e-12 {
			hits++
		}
	}
	m.Value, m.P = observed-null, float64(1+hits)/float64(1+in.Rounds)
	m.Low, m.High = around(m.Value, d.spread(in), -1, 1)
	m.Effect = max(0, m.Value, between)
	m.Meaning = fmt.Sprintf("Between the earlier and the later years of a side unigrams diverge by %.3f bits, of which rearranged years show %.3f; the value is the difference.", observed, null)
	return m, true
}

// spread is the standard error of the divergence, by resampling the rows of every
// side and label.
func (d *drifting) spread(in Input) float64 {
	const rounds = 200
	values := make([]float64, rounds)
	for r := range values {
		key, at := in.Key.At(9).At(uint64(r)), uint64(0)
		var rows []int
		var late []bool
		for _, s := range d.strata {
			for range s {
				i := s[key.Below(at, len(s))]
				rows, late = append(rows, i), append(late, d.late[i])
				at++
			}
		}
		values[r] = d.divergence(rows, late)
	}
	return deviation(values)
}
