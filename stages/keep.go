package stages

import (
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/work"
)

// Unselected lists the adapted weights that keep = "selected" lets go: those of
// configurations that were not picked. What another method starts from stays,
// and so does a family in which nothing could be picked.
func Unselected(plan *Plan, known Entries) ([]*cache.Entry, error) {
	if plan.Experiment.Keep != "selected" {
		return nil, nil
	}
	choices, err := Choose(plan, known)
	if err != nil {
		return nil, err
	}
	picked := map[string]string{}
	for _, c := range choices {
		picked[c.Family] = c.Configuration
	}
	handedOn := map[*pipeline.Node]bool{}
	for _, n := range plan.Graph.Nodes() {
		if _, ok := n.Stage.(*work.Pick); !ok {
			continue
		}
		for _, in := range n.Inputs {
			handedOn[in.Node] = true
		}
	}
	stays := map[cache.ID]bool{} // two configurations may have given the same bytes
	var let []*cache.Entry
	for _, r := range plan.Runs {
		e := known(r.Adapt)
		if r.Adapt == nil || e == nil {
			continue
		}
		name := picked[r.Family()]
		if name == "" || name == r.Point.Name || handedOn[r.Adapt] {
			stays[e.Output()] = true
		} else {
			let = append(let, e)
		}
	}
	var list []*cache.Entry
	for _, e := range let {
		if !stays[e.Output()] && !e.Dropped() {
			stays[e.Output()] = true
			list = append(list, e)
		}
	}
	return list, nil
}
