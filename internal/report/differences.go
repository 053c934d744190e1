package report

import (
	"fmt"
	"math"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// pairLimit is the number of methods up to which every pair is tested; beyond
// it each method is tested against the best only, which keeps Holm's price low.
const pairLimit = 7

// differences is the table of paired tests on every test split.
func (g *group) differences(d *Document) {
	if len(g.entries) < 2 {
		return
	}
	g.sectionTitle(d)
	for _, split := range []string{inDistribution, shifted} {
		if g.has(split) {
			d.add(g.differenceTable(split))
		}
	}
}

// pair is a comparison of entries a and b.
type pair struct {
	a, b int
	diff stats.Difference
}

// pairs tests the pairs of a split and corrects them by Holm.
func (g *group) pairs(split string) []pair {
	var pairs []pair
	samples := g.samples(split)
	best := g.ranking[split].Best
	for a := range g.entries {
		for b := a + 1; b < len(g.entries); b++ {
			if len(g.entries) <= pairLimit || a == best || b == best {
				pairs = append(pairs, pair{a, b, stats.Paired(g.metric(), samples[a], samples[b])})
			}
		}
	}
	p := make([]float64, len(pairs))
	for k := range pairs {
		p[k] = pairs[k].diff.P
	}
	for k, adjusted := range stats.Holm(p) {
		pairs[k].diff.Adjusted = adjusted
	}
	return pairs
}

func (g *group) differenceTable(split string) Table {
	m := g.metric()
	t := Table{
		Caption: fmt.Sprintf("Paired differences %s, %s", splitName(split), metricUnit(m)),
		Head: []Column{{"first", false}, {"second", false}, {"first − second", true}, {"95 % interval", true}, {"P", true}, {"P, Holm", true}, {"P, BH", true},
			{"bootstrap, rows", true}, {"permutation P", true}, {"McNemar P", true}, {"detectable", true}},
	}
	pairs := g.pairs(split)
	raw := make([]float64, len(pairs))
	for k := range pairs {
		raw[k] = pairs[k].diff.P
	}
	discovery := stats.BenjaminiHochberg(raw)
	for k, p := range pairs {
		rows := p.diff.Bootstrap()
		significant := difference(m, p.diff.Mean)
		cell := plain(significant)
		if p.diff.Adjusted <= stats.Alpha {
			cell = Text{{significant, Strong}}
		}
		t.Rows = append(t.Rows, []Text{
			write(name(g.label(g.entries[p.a]))), write(name(g.label(g.entries[p.b]))), cell, plain(interval(m, p.diff.Low, p.diff.High)),
			plain(show.Probability(p.diff.P)), plain(show.Probability(p.diff.Adjusted)), plain(show.Probability(discovery[k])),
			plain(interval(m, rows.Low, rows.High)), plain(show.Probability(p.diff.Permutation.P)), plain(show.Probability(p.diff.McNemar.P)),
			plain(score(m, detectableDifference(p.diff))),
		})
	}
	which := "all pairs"
	if len(g.entries) > pairLimit {
		which = "each method against the best mean"
	}
	t.Notes = append(t.Notes, fmt.Sprintf("P: paired over seeds and rows (crossed analysis of variance); corrected over this table (%s, %d tests) by Holm, for any false finding, and by Benjamini and Hochberg, for their share. Bold: P by Holm ≤ %g. "+
		"Bootstrap (95 %% interval), permutation and exact McNemar take the trained models as given and look at rows only, McNemar at the majority vote of the seeds. Detectable: the true difference that a single test finds in 8 of 10 experiments.", which, len(pairs), stats.Alpha))
	return t
}

func detectableDifference(d stats.Difference) float64 {
	if math.IsNaN(d.SE) || d.SE == 0 {
		return math.NaN()
	}
	return stats.MinimumDetectable(d.SE, d.DF, stats.Alpha, 0.8)
}
