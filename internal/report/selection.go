package report

import (
	"fmt"
	"math"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

// selection says how each configuration won, and what the winner's score on
// the select split is expected to be had fewer configurations been tried.
func selection(d *Document, f *Facts, s *stats.Study) {
	if len(f.Selection) == 0 {
		return
	}
	d.heading(2, "Selection")
	d.paragraph(fmt.Sprintf("Of each method the configuration with the highest mean of the data set's metric over seeds on %s was selected (the lowest, for losses); "+
		"ties go to fewer trained parameters, then to the lower name; a configuration with a failed or diverged seed cannot win. Test rows played no part.", f.Select))
	if f.Search != "" {
		d.paragraph(f.Search)
	}
	t := Table{Head: []Column{{"data set", false}, {"method", false}, {"selected", false}, {"tried", true}, {"score on " + f.Select, true}, {"expected best of 1", true}, {"of half", true}, {"notes", false}}}
	for _, c := range f.Selection {
		metric := ""
		for _, ds := range f.Datasets {
			if ds.Name == c.Dataset {
				metric = ds.Metric
			}
		}
		values := triedScores(s, c, f.Select, metric)
		one, half := show.None, show.None
		if len(values) > 1 {
			one = score(metric, stats.ExpectedBest(values, 1, stats.LowerIsBetter(metric)))
			half = fmt.Sprintf("%s (k = %d)", score(metric, stats.ExpectedBest(values, max(len(values)/2, 1), stats.LowerIsBetter(metric))), max(len(values)/2, 1))
		}
		var notes []string
		if len(c.Ties) > 0 {
			notes = append(notes, "tied with "+strings.Join(c.Ties, ", "))
		}
		if len(c.Barred) > 0 {
			notes = append(notes, "barred: "+strings.Join(c.Barred, ", "))
		}
		t.Rows = append(t.Rows, []Text{write(name(c.Dataset)), selectionName(c), write(name(c.Configuration)), plain(show.Count(c.Tried)), plain(score(metric, c.Score)), plain(one), plain(half), plain(strings.Join(notes, "; "))})
	}
	d.add(t)
}

func selectionName(c Selection) Text {
	t := write(name(c.Block))
	if c.Model != "" {
		t = write(t, " on ", name(c.Model))
	}
	if c.Condition != "" {
		t = write(t, ", trained on ", name(c.Condition))
	}
	return t
}

// triedScores are the means on the select split of all configurations of a
// block, in the order of the file.
func triedScores(s *stats.Study, c Selection, split, metric string) []float64 {
	var values []float64
	for _, e := range s.Entries {
		if e.Dataset != c.Dataset || e.Model != c.Model || e.Block != c.Block || e.Condition != c.Condition {
			continue
		}
		if found, ok := e.Score(split, allRows, metric); ok && !math.IsNaN(found.Mean) {
			values = append(values, found.Mean)
		}
	}
	return values
}

// failures lists every run that did not end well, and why.
func failures(d *Document, s *stats.Study) {
	d.heading(2, "What failed")
	t := Table{Head: []Column{{"data set", false}, {"model", false}, {"configuration", false}, {"seed", true}, {"status", false}, {"cause", false}}}
	for _, e := range s.Entries {
		for _, r := range e.Runs {
			if r.Status == "ok" {
				continue
			}
			t.Rows = append(t.Rows, []Text{write(name(e.Dataset)), write(name(e.Model)), write(name(e.Configuration)), plain(fmt.Sprint(r.Seed)), plain(strings.ReplaceAll(r.Status, "_", " ")), plain(r.Detail)})
		}
	}
	if len(t.Rows) == 0 {
		d.paragraph("No run failed, diverged, collapsed to one class or stayed at chance.")
		return
	}
	d.add(t)
}

// configurations lists all that was tried, selected or not.
func configurations(d *Document, groups []*group, s *stats.Study) {
	selected := 0
	for _, e := range s.Entries {
		if e.Selected {
			selected++
		}
	}
	if selected == len(s.Entries) {
		return
	}
	d.heading(2, "All configurations")
	for _, g := range groups {
		m := g.metric()
		t := Table{Caption: fmt.Sprintf("%s, %s", g.title, metricUnit(m)), Head: []Column{{"configuration", false}, {"model", false}, {dev, true}, {inDistribution, true}, {shifted, true}, {"trained params", true}, {"seeds", true}, {"selected", false}}}
		for _, e := range s.Entries {
			if e.Dataset != g.dataset.Name || e.Condition != g.condition {
				continue
			}
			row := []Text{write(name(e.Configuration)), write(name(e.Model))}
			for _, split := range []string{dev, inDistribution, shifted} {
				cell := show.None
				if v, ok := e.Score(split, allRows, m); ok {
					cell = estimate(m, v.Estimate)
				}
				row = append(row, plain(cell))
			}
			mark := ""
			if e.Selected {
				mark = "yes"
			}
			t.Rows = append(t.Rows, append(row, plain(show.Count(e.Cost.TrainableParams)), plain(seedCount(e)), plain(mark)))
		}
		d.add(t)
	}
}

// reproduce says how to get the same numbers again.
func reproduce(d *Document, f *Facts, s *stats.Study) {
	d.heading(2, "How to reproduce")
	r := f.Reproduce
	if len(f.Methods) > 0 {
		var items []Text
		for _, m := range f.Methods {
			item := write(name(m.Name), ", ", strings.ReplaceAll(m.Type, "_", " "))
			if m.About != "" {
				item = write(item, ": ", m.About)
			}
			items = append(items, item)
		}
		d.paragraph("Methods:")
		d.add(List{items})
	}
	if r.Command != "" {
		d.paragraph("The same file, seeds and build give the same numbers, bit by bit, whatever the number of threads:")
		d.add(Code{r.Command})
	}
	var items []Text
	add := func(what, value string) {
		if value != "" {
			items = append(items, write(what+": ", name(value)))
		}
	}
	var seeds []string
	for _, seed := range f.Seeds {
		seeds = append(seeds, fmt.Sprint(seed))
	}
	add("Seeds", strings.Join(seeds, ", "))
	add("Version", r.Version)
	add("Numeric kernel", r.Kernel)
	add("Digest of all metric rows", r.Digest)
	for _, file := range r.Files {
		items = append(items, write("File ", name(file.Path), ", sha256 ", name(file.SHA256)))
	}
	add("Invocation", s.Invocation)
	if r.Host != "" {
		items = append(items, write("Times and memory were measured on: ", r.Host))
	}
	for _, n := range r.Notes {
		items = append(items, plain(n))
	}
	if len(items) > 0 {
		d.paragraph("What produced it:")
		d.add(List{items})
	}
	var intervals []Text
	intervals = append(intervals,
		plain("Intervals: seeds are replicates and crossed with test rows; variance components by two-way analysis of variance, Satterthwaite's t, 95 %. Metrics that are no mean over rows enter by jackknife pseudo-values."),
		plain("Selection used the "+selectSplit(f)+" split only; every number in this report is on test rows unless it says otherwise."))
	d.paragraph("How to read the numbers:")
	d.add(List{intervals})
}

func selectSplit(f *Facts) string {
	if f.Select == "" {
		return dev
	}
	return f.Select
}
