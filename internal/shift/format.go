package shift

import (
	"fmt"
	"math"
	"slices"
)

// format compares the shape of the inputs.
func (m *matched) format(in Input) []Measure {
	list := []Measure{m.length(in)}
	if in.Model {
		list = append(list, m.truncated())
		symptoms := []Measure{m.pieces(), m.unknown()}
		if in.Mass {
			symptoms = append(symptoms, m.mass())
		}
		for _, s := range symptoms {
			s.Symptom = !in.Paired
			list = append(list, s)
		}
	}
	if in.Losses && in.Paired {
		g, source, target := m.gap(Format, "own-task loss", lossOf)
		g.Meaning = fmt.Sprintf("The untouched model loses %.2f nats per token on rows in the format trained on and %.2f in the other.", source, target)
		list = append(list, g)
	}
	return list
}

func lossOf(r *Row) ratio { return ratio{r.Loss, float64(r.Scored)} }

// length compares the distributions of lengths by the Kolmogorov–Smirnov distance.
func (m *matched) length(in Input) Measure {
	lengths := make([]float64, len(m.rows))
	for i, r := range m.rows {
		lengths[i] = float64(r.Tokens)
	}
	order := make([]int, len(lengths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(lengths[a] - lengths[b]) })
	d := Measure{Axis: Format, Name: "length", Warning: m.warning()}
	d.Value, _, d.P = m.permute(func(side func(int) bool) float64 {
		largest, ahead := 0, 0
		for k, i := range order {
			if side(i) {
				ahead++
			} else {
				ahead--
			}
			if k+1 == len(order) || lengths[order[k+1]] != lengths[i] {
				largest = max(largest, ahead, -ahead)
			}
		}
		return float64(largest) / float64(m.n)
	})
	a, b := make([]float64, m.n), make([]float64, m.n)
	d.Low, d.High = around(d.Value, m.spread(func(source, target []int) float64 {
		for i := range a {
			a[i], b[i] = lengths[source[i]], lengths[target[i]]
		}
		return distance(a, b)
	}), 0, 1)
	d.Effect = d.Value
	unit := "sub-words"
	if !in.Model {
		unit = "words"
	}
	d.Meaning = fmt.Sprintf("Kolmogorov–Smirnov distance of lengths: %.1f %s on average in the source, %.1f in the target; a threshold on length tells the sides apart with %.0f %% accuracy.",
		mean(lengths[:m.n]), unit, mean(lengths[m.n:]), 50+50*d.Value)
	return d
}

func (m *matched) truncated() Measure {
	g, source, target := m.gap(Format, "share truncated", func(r *Row) ratio { return ratio{indicator(r.Truncated), 1} })
	g.Meaning = fmt.Sprintf("%.1f %% of source rows and %.1f %% of target rows are longer than the model reads.", 100*source, 100*target)
	return g
}

func (m *matched) pieces() Measure {
	g, source, target := m.gap(Format, "sub-words per word", func(r *Row) ratio { return ratio{float64(r.Pieces), float64(len(r.Words))} })
	g.Meaning = fmt.Sprintf("A word takes %.2f sub-words in the source and %.2f in the target: the more, the less the tokenizer knows the language.", source, target)
	return g
}

func (m *matched) unknown() Measure {
	g, source, target := m.gap(Format, "unknown rate", func(r *Row) ratio { return ratio{float64(r.Unknown), float64(r.Tokens)} })
	g.Meaning = fmt.Sprintf("%.2f %% of source tokens and %.2f %% of target tokens are not in the vocabulary.", 100*source, 100*target)
	return g
}

func (m *matched) mass() Measure {
	of := func(r *Row) ratio {
		if math.IsNaN(r.Mass) {
			return ratio{}
		}
		return ratio{r.Mass, 1}
	}
	g, source, target := m.gap(Format, "mass on legal labels", of)
	switch {
	case math.IsNaN(source) && math.IsNaN(target):
		g.Value, g.Meaning = 0, "No row could be asked for its label."
	case math.IsNaN(source):
		g = m.level(g, m.ratios(of)[m.n:], "other format; the one trained on has no label words")
	case math.IsNaN(target):
		g = m.level(g, m.ratios(of)[:m.n], "format trained on; the other has no label words")
	default:
		g.Meaning = fmt.Sprintf("Before training the model gives label words %.1f %% of its probability in the source and %.1f %% in the target.", 100*source, 100*target)
	}
	return g
}

// level describes one side alone; there is nothing to test.
func (m *matched) level(g Measure, v []ratio, where string) Measure {
	g.Value = total(v)
	g.Low, g.High = around(g.Value, standardError(v, g.Value), 0, 1)
	g.Meaning = fmt.Sprintf("Before training the model gives label words %.1f %% of its probability in the %s.", 100*g.Value, where)
	return g
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
