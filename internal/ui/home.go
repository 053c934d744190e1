package ui

import (
	"slices"
	"time"

	"runexp/internal/show"
	"runexp/results"
)

var homeLink = link{"Experiments", "/"}

// home lists the experiments and their invocations, newest first.
func home(r *request) (*page, error) {
	all, err := r.db.Invocations(r, "")
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	var names []string
	of := map[string][]results.Invocation{}
	for _, inv := range all {
		if of[inv.Experiment] == nil {
			names = append(names, inv.Experiment)
		}
		of[inv.Experiment] = append(of[inv.Experiment], inv)
	}
	p := &page{Title: "Experiments"}
	if len(all) == 0 {
		p.Blocks = append(p.Blocks, note{"No experiment has been recorded yet. Reload this page when one has ended."})
	}
	for k, experiment := range names {
		p.Blocks = append(p.Blocks, heading{experiment})
		f, warnings := facts(of[experiment][0])
		p.Blocks = append(p.Blocks, warnings...)
		if f.Question != "" {
			p.Blocks = append(p.Blocks, note{f.Question})
		}
		g, err := invocationGrid(r, "experiment"+show.Count(int64(k)), of[experiment])
		if err != nil {
			return nil, err
		}
		p.Blocks = append(p.Blocks, g)
		if len(of[experiment]) > 1 {
			p.Blocks = append(p.Blocks, item{What: "Over time", cell: cell{Text: "history of the metric", Href: address("/history", "experiment", experiment)}})
		}
	}
	return p, nil
}

func invocationGrid(r *request, id string, invocations []results.Invocation) (*grid, error) {
	g := &grid{ID: id}
	comparable := len(invocations) > 1
	if comparable {
		g.Pick = &pick{"/changes", "Compare invocation A with B"}
		g.Head = marks()
	}
	g.Head = append(g.Head, []column{{Name: "invocation"}, {Name: "started (UTC)"}, {"seconds", true}, {Name: "status"}, {"runs", true}, {"without result", true}, {Name: "build"}, {Name: "report"}}...)
	for k, inv := range invocations {
		members, err := r.db.Members(r, inv.ID)
		if err != nil {
			return nil, err
		}
		lost := 0
		for _, m := range members {
			if m.Action == "" {
				lost++
			}
		}
		took := cell{Text: show.None}
		if !inv.Finished.IsZero() {
			took = seconds(inv.Finished.Sub(inv.Started).Round(time.Millisecond).Seconds())
		}
		l := line{}
		if comparable { // the last but one and the last are what is compared most
			l.Cells = append(l.Cells, cell{Radio: "a", Value: inv.ID, On: k == 1}, cell{Radio: "b", Value: inv.ID, On: k == 0})
		}
		l.Cells = append(l.Cells, []cell{
			{Text: inv.ID, Href: address("/invocation", "id", inv.ID), Name: true}, text(clock(inv.Started)), took,
			{Text: inv.Status, Alarm: inv.Status == "failed" || inv.Status == "interrupted"},
			whole(int64(len(members))), whole(int64(lost)), text(inv.Build), {Text: "report", Href: address("/report", "id", inv.ID)},
		}...)
		g.Rows = append(g.Rows, l)
	}
	return g, nil
}
