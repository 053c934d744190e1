package ui

import (
	"runexp/internal/report"
	"runexp/internal/show"
	"runexp/results"
)

// invocationFrame is what the pages of one invocation have in common.
func invocationFrame(inv results.Invocation, here string) *page {
	p := &page{Title: inv.Experiment, Trail: []link{homeLink}}
	for _, t := range []link{{"Comparison", "/invocation"}, {"Figures", "/figures"}, {"Report", "/report"}} {
		p.Tabs = append(p.Tabs, tab{link{t.Text, address(t.Href, "id", inv.ID)}, t.Href == here})
	}
	return p
}

// invocationPage is the comparison of an invocation's configurations, and the
// list of its runs.
func invocationPage(r *request) (*page, error) {
	inv, err := r.invocation("id")
	if err != nil {
		return nil, err
	}
	c, warnings, err := loadComparison(r, inv)
	if err != nil {
		return nil, err
	}
	p := invocationFrame(inv, "/invocation")
	p.Blocks = append(p.Blocks, warnings...)
	p.Blocks = append(p.Blocks, invocationFacts(inv, c.facts))
	if len(c.members) == 0 {
		p.Blocks = append(p.Blocks, note{"No run has been recorded yet. Reload this page when the experiment has ended."})
		return p, nil
	}
	p.Blocks = append(p.Blocks, heading{"Comparison"}, c.form(), c.grid(), heading{"Runs"},
		note{"One line per seed. Open a run for its curves and the rows it got wrong, or mark two and compare them."}, c.runGrid())
	return p, nil
}

func invocationFacts(inv results.Invocation, f *report.Facts) list {
	l := list{}
	if f.Question != "" {
		l.Items = append(l.Items, item{"question", text(f.Question)})
	}
	when := clock(inv.Started) + " UTC"
	if !inv.Finished.IsZero() {
		when += ", for " + show.Number(inv.Finished.Sub(inv.Started).Seconds(), 1) + " s"
	}
	l.Items = append(l.Items, item{"invocation", name(inv.ID)}, item{"started", text(when)},
		item{"status", cell{Text: inv.Status, Alarm: inv.Status == "failed" || inv.Status == "interrupted"}})
	if f.Reproduce.Command != "" {
		l.Items = append(l.Items, item{"command", name(f.Reproduce.Command)})
	}
	return l
}
