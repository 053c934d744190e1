package shift

import (
	"fmt"
	"maps"
	"slices"

	"runexp/internal/lm/tensor"
	"runexp/internal/stats"
)

// matched are n rows of the source and then n of the target, with as many of each
// label from either side.
type matched struct {
	rows   []*Row
	n      int
	strata [][]int // places in rows that may exchange sides
	paired bool    // row i and row n+i are one row in two formats
	note   string  // what matching could not do
	key    stats.Key
	// sides [2n, 1+rounds]: +1 source, -1 target. The first column is how it is,
	// the others are rearranged within strata.
	sides  []float32
	rounds int
	arena  *tensor.Arena
}

// fewest is the number of rows a side below which labels are not matched.
const fewest = 20

// match draws the rows to compare.
func match(in Input) *matched {
	m := &matched{key: in.Key.At(1), rounds: in.Rounds, arena: tensor.NewArena()}
	if in.Paired {
		m.pairs(in)
		m.rearrange()
		return m
	}
	byLabel := func(r *Row) int { return r.Label }
	m.labels(in, byLabel)
	if m.n < min(fewest, len(in.Source), len(in.Target)) {
		m.rows, m.n, m.strata = nil, 0, nil
		m.note = "the sides share too few rows of the same label, so a change of label proportions is not taken out"
		m.labels(in, func(*Row) int { return 0 })
	}
	m.rearrange()
	return m
}

// wider is like m over more rows, of which only the words are known; m itself where
// there are none.
func (m *matched) wider(in Input) *matched {
	if len(in.More[0])+len(in.More[1]) == 0 {
		return m
	}
	return match(in.widened())
}

func (m *matched) free() { m.arena.Free() }

// grouped lists the places of rows by label, in a random order.
func grouped(rows []Row, label func(*Row) int, key stats.Key) map[int][]int {
	groups := map[int][]int{}
	for _, at := range permutation(len(rows), key) {
		l := label(&rows[at])
		groups[l] = append(groups[l], at)
	}
	return groups
}

func (m *matched) pairs(in Input) {
	m.n, m.paired = min(len(in.Source), len(in.Target)), true
	for i := range m.n {
		m.rows = append(m.rows, &in.Source[i])
		m.strata = append(m.strata, []int{i, m.n + i})
	}
	for i := range m.n {
		m.rows = append(m.rows, &in.Target[i])
	}
}

// labels takes as many rows of each label from either side as the smaller has.
func (m *matched) labels(in Input, label func(*Row) int) {
	source, target := grouped(in.Source, label, in.Key.At(2)), grouped(in.Target, label, in.Key.At(3))
	var other []*Row
	for _, l := range slices.Sorted(maps.Keys(source)) {
		k := min(len(source[l]), len(target[l]))
		if k == 0 {
			continue
		}
		var s []int
		for i := range k {
			s = append(s, m.n+i)
			m.rows, other = append(m.rows, &in.Source[source[l][i]]), append(other, &in.Target[target[l][i]])
		}
		m.strata, m.n = append(m.strata, s), m.n+k
	}
	m.rows = append(m.rows, other...)
	for k, s := range m.strata {
		for _, i := range s {
			m.strata[k] = append(m.strata[k], m.n+i)
		}
	}
}

// rearrange fills sides.
func (m *matched) rearrange() {
	columns := 1 + m.rounds
	m.sides = make([]float32, len(m.rows)*columns)
	column := make([]float32, len(m.rows))
	for r := range columns {
		for i := range column {
			column[i] = 1
			if i >= m.n {
				column[i] = -1
			}
		}
		if r > 0 {
			key, at := m.key.At(uint64(r)), uint64(0)
			for _, s := range m.strata {
				for i := len(s) - 1; i > 0; i-- {
					j := key.Below(at, i+1)
					column[s[i]], column[s[j]] = column[s[j]], column[s[i]]
					at++
				}
			}
		}
		for i, v := range column {
			m.sides[i*columns+r] = v
		}
	}
}

// permute compares a statistic of how it is with the rearrangements, where larger
// is further from nothing: p, and the mean of the rearranged.
func (m *matched) permute(statistic func(side func(i int) bool) float64) (observed, null, p float64) {
	columns, hits := 1+m.rounds, 0
	for r := range columns {
		v := statistic(func(i int) bool { return m.sides[i*columns+r] > 0 })
		if r == 0 {
			observed = v
			continue
		}
		null += v / float64(m.rounds)
		if v >= observed-1e-9*(1+abs(observed)) {
			hits++
		}
	}
	return observed, null, float64(1+hits) / float64(columns)
}

func abs(x float64) float64 { return max(x, -x) }

// warning says what limits every measure on the matched rows.
func (m *matched) warning() string {
	text := m.note
	if m.n < fewRows {
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("only %d rows a side, so small shifts go unseen", m.n)
	}
	return text
}

// permutation is a random order of 0 … n−1.
func permutation(n int, key stats.Key) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := key.Below(uint64(i), i+1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}
