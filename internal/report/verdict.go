package report

import (
	"fmt"
	"math"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// verdict says in sentences what the tests allow one to conclude.
func (g *group) verdict(d *Document, f *Facts) {
	g.sectionTitle(d)
	r, ok := g.ranking[g.main]
	if !ok || r.Best < 0 {
		d.paragraph("No method has a score ", splitName(g.main), ", so there is nothing to conclude.")
		return
	}
	var items []Text
	items = append(items, g.top(r))
	cheapest := g.cheapest(r)
	if cheapest != nil {
		items = append(items, g.cheapestSentence(r, cheapest))
	}
	if s := g.fineTuning(); s != nil {
		items = append(items, s)
	}
	if s := g.baseline(r); s != nil {
		items = append(items, s)
	}
	for _, b := range f.Budgets {
		items = append(items, g.underBudget(b))
	}
	if s := g.detectable(r); s != nil {
		items = append(items, s)
	}
	d.add(List{items})
}

// top says which methods tie at the top.
func (g *group) top(r stats.Ranking) Text {
	best := g.entries[r.Best]
	s, _ := best.Score(g.main, allRows, g.metric())
	head := write(Span{"Top " + splitName(g.main) + ": ", Strong}, name(g.label(best)), " has the best mean ", metricName(g.metric()), ", ", scoreWithInterval(g.metric(), s.Estimate), ".")
	tied := g.names(func(k int) bool { return r.Tied[k] && k != r.Best })
	if len(tied) == 0 {
		if len(g.entries) == 1 {
			return write(head, " It is the only method compared.")
		}
		return write(head, fmt.Sprintf(" Every other method is significantly worse (paired over seeds and rows, Holm-adjusted P ≤ %g).", stats.Alpha))
	}
	return write(head, " The data cannot tell it from ", list(tied), fmt.Sprintf(" (paired over seeds and rows, Holm-adjusted P > %g).", stats.Alpha))
}

func scoreWithInterval(metric string, e stats.Estimate) string {
	text := score(metric, e.Mean)
	if i := interval(metric, e.Low, e.High); i != "" {
		return text + " " + i
	}
	return text + " (no interval)"
}

// cheapest is the tied entry with the fewest trained parameters, then the
// fewest stored bytes, then the least training time.
func (g *group) cheapest(r stats.Ranking) *stats.Entry {
	var found *stats.Entry
	for k, e := range g.entries {
		if r.Tied[k] && (found == nil || cheaper(e.Cost, found.Cost)) {
			found = e
		}
	}
	return found
}

func cheaper(a, b stats.Cost) bool {
	if a.TrainableParams != b.TrainableParams {
		return a.TrainableParams < b.TrainableParams
	}
	if a.StoredBytes != b.StoredBytes {
		return a.StoredBytes < b.StoredBytes
	}
	return a.TrainSeconds < b.TrainSeconds
}

func (g *group) cheapestSentence(r stats.Ranking, e *stats.Entry) Text {
	t := write(Span{"Cheapest of the top: ", Strong}, name(g.label(e)), " trains ", show.Plural(int(e.Cost.TrainableParams), "parameter"),
		", keeps ", show.Bytes(e.Cost.StoredBytes), map[bool]string{true: "", false: " besides the base model"}[isBaseline(e)], " and takes ", seconds(e.Cost.TrainSeconds), " s to train.")
	best := g.entries[r.Best]
	if e == best || best.Cost.TrainableParams == 0 {
		return t
	}
	return write(t, " The best mean needs ", show.Count(best.Cost.TrainableParams), ".")
}

// fineTuning says what training all parameters gains or loses, in distribution
// and under shift, against the best method that leaves the model frozen or
// nearly so.
func (g *group) fineTuning() Text {
	full := g.find(func(e *stats.Entry) bool { return e.Method == "fine_tuning" })
	other := g.bestOther(full)
	if full == nil || other == nil {
		return nil
	}
	t := write(Span{"Full fine-tuning ", Strong}, "(", name(g.label(full)), ") against ", name(g.label(other)), ": ")
	splits := 0
	for _, split := range []string{inDistribution, shifted} {
		if !g.has(split) {
			continue
		}
		diff := stats.Paired(g.metric(), sample(full, split, g.metric()), sample(other, split, g.metric()))
		if math.IsNaN(diff.Mean) {
			continue
		}
		if splits++; splits > 1 {
			t = write(t, "; ")
		}
		t = write(t, difference(g.metric(), diff.Mean), " ", interval(g.metric(), diff.Low, diff.High), " ", splitName(split), " (", probabilityText(diff.P), ")")
	}
	if splits == 0 {
		return nil
	}
	return write(t, ".", g.shiftSentence(full, other))
}

// shiftSentence compares how much the two lose from one split to the other.
func (g *group) shiftSentence(full, other *stats.Entry) string {
	if !g.has(inDistribution) || !g.has(shifted) {
		return ""
	}
	a, b := gap(full, g.metric()), gap(other, g.metric())
	if math.IsNaN(a) || math.IsNaN(b) {
		return ""
	}
	return fmt.Sprintf(" Moving from in distribution to shifted rows changes full fine-tuning by %s and the other by %s.", difference(g.metric(), a), difference(g.metric(), b))
}

// gap is the shifted mean minus the one in distribution.
func gap(e *stats.Entry, metric string) float64 {
	a, okA := e.Score(shifted, allRows, metric)
	b, okB := e.Score(inDistribution, allRows, metric)
	if !okA || !okB {
		return math.NaN()
	}
	return a.Mean - b.Mean
}

func (g *group) find(which func(e *stats.Entry) bool) *stats.Entry {
	for _, e := range g.entries {
		if which(e) {
			return e
		}
	}
	return nil
}

// isBaseline reports whether an entry uses no language model.
func isBaseline(e *stats.Entry) bool { return e.Model == "" }

// bestOther is the entry with a language model other than full that scores best
// on the main split.
func (g *group) bestOther(full *stats.Entry) *stats.Entry {
	return g.best(func(e *stats.Entry) bool { return e != full && !isBaseline(e) && e.Method != "fine_tuning" })
}

func (g *group) best(which func(e *stats.Entry) bool) *stats.Entry {
	var found *stats.Entry
	var mean float64
	lower := stats.LowerIsBetter(g.metric())
	for _, e := range g.entries {
		s, ok := e.Score(g.main, allRows, g.metric())
		if !ok || math.IsNaN(s.Mean) || !which(e) {
			continue
		}
		if found == nil || (lower && s.Mean < mean) || (!lower && s.Mean > mean) {
			found, mean = e, s.Mean
		}
	}
	return found
}

// baseline says whether a language model was worth it.
func (g *group) baseline(r stats.Ranking) Text {
	plainest := g.best(isBaseline)
	model := g.best(func(e *stats.Entry) bool { return !isBaseline(e) })
	if plainest == nil || model == nil {
		return nil
	}
	diff := stats.Paired(g.metric(), sample(model, g.main, g.metric()), sample(plainest, g.main, g.metric()))
	better := diff.Mean
	if stats.LowerIsBetter(g.metric()) {
		better = -better
	}
	verdict := "the language model is worth it"
	switch {
	case !(diff.P <= stats.Alpha):
		verdict = "no method with the language model is shown to be better than this baseline"
	case better < 0:
		verdict = "the baseline without a language model is significantly better"
	}
	return write(Span{"Baseline: ", Strong}, name(g.label(model)), " differs from ", name(g.label(plainest)), " by ", difference(g.metric(), diff.Mean), " ",
		interval(g.metric(), diff.Low, diff.High), " (", probabilityText(diff.P), "): ", verdict, ".")
}

// underBudget chooses the best method within a budget, and among those that
// cannot be told from it the cheapest.
func (g *group) underBudget(b Budget) Text {
	head := write(Span{"Within budget ", Strong}, name(b.Name), " (", budgetText(b), "): ")
	var within []*stats.Entry
	for _, e := range g.entries {
		if s, ok := e.Score(g.main, allRows, g.metric()); ok && !math.IsNaN(s.Mean) && b.allows(e.Cost) {
			within = append(within, e)
		}
	}
	if len(within) == 0 {
		return write(head, "no method fits.")
	}
	samples := make([]stats.Sample, len(within))
	for k, e := range within {
		samples[k] = sample(e, g.main, g.metric())
	}
	narrow := &group{entries: within, dataset: g.dataset, main: g.main, models: g.models}
	r := stats.RankByTest(g.metric(), samples)
	choice := narrow.cheapest(r)
	if choice == nil {
		return write(head, "no method has a score ", splitName(g.main), ".")
	}
	s, _ := choice.Score(g.main, allRows, g.metric())
	t := write(head, "choose ", name(g.label(choice)), ", ", scoreWithInterval(g.metric(), s.Estimate))
	if best := within[r.Best]; best != choice {
		return write(t, "; it cannot be told from ", name(g.label(best)), ", which has the best mean within the budget, and is cheaper.")
	}
	return write(t, ".")
}

func (b Budget) allows(c stats.Cost) bool {
	return (b.StoredBytes == 0 || c.StoredBytes <= b.StoredBytes) && (b.TrainableParams == 0 || c.TrainableParams <= b.TrainableParams) &&
		(b.TrainSeconds == 0 || c.TrainSeconds <= b.TrainSeconds) && (b.PeakBytes == 0 || c.PeakBytes <= b.PeakBytes)
}

func budgetText(b Budget) string {
	var limits []Text
	if b.StoredBytes > 0 {
		limits = append(limits, plain(show.Bytes(b.StoredBytes)+" stored"))
	}
	if b.TrainableParams > 0 {
		limits = append(limits, plain(show.Count(b.TrainableParams)+" trained parameters"))
	}
	if b.TrainSeconds > 0 {
		limits = append(limits, plain(seconds(b.TrainSeconds)+" s of training"))
	}
	if b.PeakBytes > 0 {
		limits = append(limits, plain(show.Bytes(b.PeakBytes)+" of memory"))
	}
	text := ""
	for _, s := range list(limits) {
		text += s.Text
	}
	return text
}

// detectable says how small a difference this many rows and seeds can show.
func (g *group) detectable(r stats.Ranking) Text {
	largest, rows, seeds := math.NaN(), 0, 0
	for k, diff := range r.Differences {
		if k == r.Best || math.IsNaN(diff.SE) || diff.Seeds == 0 {
			continue
		}
		m := stats.MinimumDetectable(diff.SE, diff.DF, stats.Alpha, 0.8)
		if math.IsNaN(largest) || m > largest {
			largest, rows, seeds = m, diff.Estimate.Rows, diff.Seeds
		}
	}
	if math.IsNaN(largest) {
		return nil
	}
	return write(Span{"What could have been missed: ", Strong}, "with ", show.Plural(rows, "row"), " and ", show.Plural(seeds, "seed"), ", a single comparison with the best finds a true difference of ",
		score(g.metric(), largest), " in 8 of 10 experiments; smaller ones may be there unseen.")
}
