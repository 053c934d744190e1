// Package report turns what an experiment found into a document, and the
// document into markdown or one self-contained page.
//
// What goes in are Facts (the question, the data, the rules), written when an
// invocation ended, and a stats.Study (numbers and outcomes), both kept in the
// results database: the report is a function of the database alone, without
// clock or machine. What comes out is a Document of headings, tables, figures
// and sentences.
//
// The one idea inside: the sentences are conclusions of tests. Which methods
// tie at the top, what full fine-tuning gains, what fits a budget: each is
// computed from paired comparisons over seeds and rows, corrected for their
// number, so that a table of means does not have to be over-read.
package report

import (
	"fmt"
	"math"
	"slices"

	"runexp/internal/stats"
)

// Splits of a data set, as the database names them.
const (
	inDistribution = "test_id"
	shifted        = "test_shift"
	dev            = "dev"
	retention      = "retention"
	allRows        = "all"
)

// Build writes the report of a study.
func Build(f *Facts, s *stats.Study) *Document {
	d := &Document{Title: s.Experiment}
	if f.Question != "" {
		d.paragraph(f.Question)
	}
	if f.Part != "" {
		d.warn("This report is of a part of the experiment's runs: " + f.Part + ".")
	}
	for _, w := range slices.Concat(f.Warnings, s.Warnings) {
		d.warn(w)
	}
	groups := groupEntries(f, s)
	d.heading(2, "Verdict")
	for _, g := range groups {
		g.verdict(d, f)
	}
	if len(groups) == 0 {
		d.paragraph("No run has finished, so there is nothing to conclude.")
	}
	data(d, f)
	diagnosis(d, f)
	d.heading(2, "Comparison")
	for _, g := range groups {
		g.comparison(d)
	}
	selection(d, f, s)
	d.heading(2, "Differences, tested")
	for _, g := range groups {
		g.differences(d)
	}
	for _, g := range groups {
		g.slices(d)
	}
	crossTables(d, groups)
	d.heading(2, "Cost")
	for _, g := range groups {
		g.pareto(d)
	}
	curves(d, groups, s)
	failures(d, s)
	configurations(d, groups, s)
	reproduce(d, f, s)
	return d
}

// group is what is compared with each other: the selected configurations on one
// data set under one training condition.
type group struct {
	title     string
	dataset   DatasetFacts
	condition string
	entries   []*stats.Entry // selected, in the order of the file
	models    bool           // more than one model: labels name it
	main      string         // split that the verdict is about
	ranking   map[string]stats.Ranking
}

// groupEntries splits the selected entries of a study by data set and condition.
func groupEntries(f *Facts, s *stats.Study) []*group {
	type key struct{ dataset, condition string }
	var groups []*group
	place := map[key]*group{}
	datasets := map[string]bool{}
	for _, e := range s.Entries {
		datasets[e.Dataset] = true
		k := key{e.Dataset, e.Condition}
		if place[k] == nil {
			place[k] = &group{dataset: datasetFacts(f, e), condition: e.Condition, ranking: map[string]stats.Ranking{}}
			groups = append(groups, place[k])
		}
		if g := place[k]; e.Selected {
			g.entries = append(g.entries, e)
		}
	}
	groups = slices.DeleteFunc(groups, func(g *group) bool { return len(g.entries) == 0 })
	for _, g := range groups {
		g.title = g.dataset.Name
		if g.condition != "" {
			g.title += ", trained on " + g.condition
		}
		model := ""
		for _, e := range g.entries {
			if e.Model != "" && model != "" && e.Model != model {
				g.models = true
			}
			if e.Model != "" {
				model = e.Model
			}
		}
		g.main = inDistribution
		for _, split := range []string{shifted, inDistribution} {
			if g.has(split) {
				g.main = split
				break
			}
		}
		for _, split := range []string{inDistribution, shifted} {
			if g.has(split) {
				g.ranking[split] = stats.RankByTest(g.metric(), g.samples(split))
			}
		}
	}
	return groups
}

// datasetFacts finds the facts of an entry's data set; without any, the metric
// is the first that the entry has on a test split.
func datasetFacts(f *Facts, e *stats.Entry) DatasetFacts {
	for _, d := range f.Datasets {
		if d.Name == e.Dataset && d.Metric != "" {
			return d
		}
	}
	d := DatasetFacts{Name: e.Dataset, Metric: "accuracy"}
	for _, s := range e.Scores {
		if s.Slice == allRows && (s.Split == inDistribution || s.Split == shifted) {
			d.Metric = s.Metric
			break
		}
	}
	return d
}

// shiftAxis is that of the declared shift, "" without one.
func (g *group) shiftAxis() string {
	if g.dataset.Shift == nil {
		return ""
	}
	return g.dataset.Shift.Axis
}

func (g *group) metric() string { return g.dataset.Metric }

// has reports whether any entry has the metric on a split.
func (g *group) has(split string) bool {
	return slices.ContainsFunc(g.entries, func(e *stats.Entry) bool {
		_, ok := e.Score(split, allRows, g.metric())
		return ok
	})
}

// samples are the entries' outcomes on a split, for paired tests.
func (g *group) samples(split string) []stats.Sample {
	samples := make([]stats.Sample, len(g.entries))
	for k, e := range g.entries {
		samples[k] = sample(e, split, g.metric())
	}
	return samples
}

func sample(e *stats.Entry, split, metric string) stats.Sample {
	s := stats.Sample{Rows: e.Outcomes[split], Drawless: e.Drawless, Values: make([]float64, len(e.Runs))}
	for k := range s.Values {
		s.Values[k] = math.NaN()
	}
	if found, ok := e.Score(split, allRows, metric); ok && len(found.Values) == len(e.Runs) {
		copy(s.Values, found.Values)
	}
	return s
}

// label names an entry within its group.
func (g *group) label(e *stats.Entry) string {
	if g.models && e.Model != "" {
		return e.Configuration + " on " + e.Model
	}
	return e.Configuration
}

func (g *group) names(keep func(k int) bool) []Text {
	var names []Text
	for k, e := range g.entries {
		if keep(k) {
			names = append(names, write(name(g.label(e))))
		}
	}
	return names
}

// splitName names a split in a sentence.
func splitName(split string) string {
	switch split {
	case inDistribution:
		return "in distribution"
	case shifted:
		return "under shift"
	}
	return "on " + split
}

// sectionTitle adds the group's title where there are several groups.
func (g *group) sectionTitle(d *Document) { d.heading(3, fmt.Sprintf("Data set %s", g.title)) }
