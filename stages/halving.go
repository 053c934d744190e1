package stages

import (
	"fmt"
	"math"
	"slices"

	"runexp/pipeline"
	"runexp/stages/work"
)

// Synchronous successive halving (Jamieson and Talwalkar 2016,
// arXiv:1502.07943): all configurations of a method train for a small share
// of the steps, the best third by their mean dev score goes on from its
// checkpoints to three times as many, and so on up to the whole run. A rung
// is promoted when all its seeds are evaluated, and each is a prefix of the
// full run: schedule and order are those of all steps.

// HalvingFactor is by how much budgets grow and fields shrink.
const HalvingFactor = 3

// firstRung gives a run of a family with n configurations its first budget.
func (c *compiler) firstRung(r *Run, n int) {
	if s := c.plan.Search; s == nil || s.Strategy != "halving" || r.Method.Train == nil || n < 2 {
		return
	}
	for k := n; k >= HalvingFactor; k /= HalvingFactor {
		r.rungs++
	}
	if r.rungs > 0 {
		r.Adapt.Stage = r.atRung(0)
		r.Adapt.Addr += rungName(r, 0)
		r.Evaluate.Addr += rungName(r, 0)
	}
}

// atRung is the run's adaptation, stopped at a rung's share of the steps.
func (r *Run) atRung(rung int) *work.Adapt {
	stage := *r.Adapt.Stage.(*work.Adapt)
	config := *r.Method.Train
	config.StopAt = 0
	if rung < r.rungs {
		config.StopAt = math.Pow(HalvingFactor, float64(rung-r.rungs))
	}
	stage.Train = &config
	return &stage
}

func rungName(r *Run, rung int) string {
	if rung == r.rungs {
		return ""
	}
	return fmt.Sprintf(" to 1/%.0f", math.Pow(HalvingFactor, float64(r.rungs-rung)))
}

// NextRung promotes the best of every family whose rung is complete, and
// reports whether there is more to run. known tells the outputs so far.
func (p *Plan) NextRung(known Entries) (more bool, err error) {
	for _, runs := range byFamily(p.Runs) {
		if runs[0].rungs == 0 {
			continue
		}
		promoted, err := p.promote(runs, known)
		if err != nil {
			return false, err
		}
		more = more || promoted
	}
	return more, nil
}

// promote adds the next rung's nodes for the best third of a family.
func (p *Plan) promote(runs []*Run, known Entries) (bool, error) {
	top := 0
	for _, r := range runs {
		top = max(top, r.rung)
	}
	if top == runs[0].rungs {
		return false, nil
	}
	list, err := candidates(runs, known)
	if err != nil {
		return false, err
	}
	list = slices.DeleteFunc(list, func(c work.Candidate) bool { return c.Unusable || len(c.Scores) == 0 })
	slices.SortFunc(list, func(a, b work.Candidate) int {
		if work.Better(&a, &b) {
			return -1
		}
		return 1
	})
	list = list[:(len(list)+HalvingFactor-1)/HalvingFactor]
	promoted := false
	for _, r := range runs {
		if r.rung == top && slices.ContainsFunc(list, func(c work.Candidate) bool { return c.Name == r.Point.Name }) {
			p.advance(r)
			promoted = true
		}
	}
	return promoted, nil
}

// advance replaces a run's nodes by those of its next rung.
func (p *Plan) advance(r *Run) {
	before := r.Adapt
	r.rung++
	adapt := &pipeline.Node{
		Addr: "adapt " + r.Addr() + rungName(r, r.rung), Stage: r.atRung(r.rung), Files: before.Files, Weight: before.Weight,
	}
	for _, in := range before.Inputs {
		if in.Name != work.RungInput {
			adapt.Inputs = append(adapt.Inputs, in)
		}
	}
	adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: work.RungInput, Node: before})
	place(adapt)
	r.Adapt = p.Graph.Add(adapt)
	evaluate := &pipeline.Node{Addr: "evaluate " + r.Addr() + rungName(r, r.rung), Stage: r.Evaluate.Stage}
	for _, in := range r.Evaluate.Inputs {
		if in.Name == "adapt" {
			in.Node = r.Adapt
		}
		evaluate.Inputs = append(evaluate.Inputs, in)
	}
	place(evaluate)
	r.Evaluate = p.Graph.Add(evaluate)
}
