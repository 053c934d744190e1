package shift

import (
	"fmt"
	"math"
	"strings"
	"unicode"
)

// Words splits a text at everything that is neither a letter nor a digit, in lower
// case: what unigrams are counted in, whatever the tokenizer.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// bags are the rows' words as numbers.
func (m *matched) bags() (rows [][]int32, vocabulary int) {
	ids := map[string]int32{}
	for _, r := range m.rows {
		bag := make([]int32, len(r.Words))
		for k, w := range r.Words {
			id, ok := ids[w]
			if !ok {
				id = int32(len(ids))
				ids[w] = id
			}
			bag[k] = id
		}
		rows = append(rows, bag)
	}
	return rows, len(ids)
}

const wordDivergence = "Jensen–Shannon divergence"

// divergence is the Jensen–Shannon divergence of the sides' unigrams in bits, each
// side weighted by its words, less what sides of rearranged rows have: finite
// samples of one language diverge too.
//
// Source: Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Inf.
// Theory 37 (1991).
func (m *matched) divergence() Measure {
	bags, vocabulary := m.bags()
	words := 0
	for _, b := range bags {
		words += len(b)
	}
	terms := newTerms(words)
	a, b := make([]int, vocabulary), make([]int, vocabulary)
	d := Measure{Axis: Topic, Name: wordDivergence, Warning: m.warning()}
	observed, null, p := m.permute(func(side func(int) bool) float64 {
		clear(a)
		clear(b)
		for i, bag := range bags {
			count := b
			if side(i) {
				count = a
			}
			for _, w := range bag {
				count[w]++
			}
		}
		return jensenShannon(a, b, terms)
	})
	d.Value, d.P = observed-null, p
	d.Low, d.High = around(d.Value, m.spread(func(source, target []int) float64 {
		clear(a)
		clear(b)
		for i := range source {
			for _, w := range bags[source[i]] {
				a[w]++
			}
			for _, w := range bags[target[i]] {
				b[w]++
			}
		}
		return jensenShannon(a, b, terms)
	}), -1, 1)
	d.Effect = max(0, d.Value)
	d.Meaning = fmt.Sprintf("Unigrams of source and target diverge by %.3f bits (1 is the most), of which two halves of the same text show %.3f; the value is the difference.", observed, null)
	return d
}

// terms looks up c·log2 c.
type terms []float64

func newTerms(largest int) terms {
	t := make(terms, largest+1)
	for c := 2; c <= largest; c++ {
		t[c] = float64(c) * math.Log2(float64(c))
	}
	return t
}

func (t terms) of(c int) float64 {
	if c < len(t) {
		return t[c]
	}
	return float64(c) * math.Log2(float64(c)) // a resampled row may repeat a word more often than the text has words
}

// jensenShannon is the entropy of the pooled counts less the sides' own, by their
// shares.
func jensenShannon(a, b []int, t terms) float64 {
	na, nb, pooled, apart := 0, 0, 0.0, 0.0
	for w := range a {
		na, nb = na+a[w], nb+b[w]
		pooled += t.of(a[w] + b[w])
		apart += t.of(a[w]) + t.of(b[w])
	}
	if na == 0 || nb == 0 {
		return 0
	}
	return (t.of(na+nb) - pooled - (t.of(na) + t.of(nb) - apart)) / float64(na+nb)
}

// unseen compares how much of the held-out source and of the target was not in the
// training rows.
func (m *matched) unseen(known map[string]bool) Measure {
	g, source, target := m.gap(Time, "unseen words", func(r *Row) ratio {
		n := 0
		for _, w := range r.Words {
			if !known[w] {
				n++
			}
		}
		return ratio{float64(n), float64(len(r.Words))}
	})
	g.Meaning = fmt.Sprintf("%.1f %% of the words of held-out rows before the cut are in no training row, and %.1f %% after it.", 100*source, 100*target)
	return g
}
