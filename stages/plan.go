package stages

import (
	"runexp/pipeline"
	"runexp/pipeline/config"
)

// A Plan is an experiment ready to run.
type Plan struct {
	Experiment *Experiment
	Graph      *pipeline.Graph
	Runs       []*Run
	Datasets   []*Dataset
	Models     []*Model
	Blocks     []*config.Block // method blocks
	Budgets    []*Budget
	Gate       *Gate
	Search     *Search
	Executor   *Executor // nil: this process

	// DataNodes and ModelNodes by name.
	DataNodes  map[string]*pipeline.Node
	ModelNodes map[string]*pipeline.Node
	// Cuts are the years of a rolling shift, by data set.
	Cuts map[string][]int
	// Diagnoses of the declared shifts, made before any training.
	Diagnoses []*Diagnosed
}

// Want lists the nodes whose outputs the experiment is run for.
func (p *Plan) Want() []*pipeline.Node {
	var want []*pipeline.Node
	seen := map[*pipeline.Node]bool{}
	for _, g := range p.Diagnoses {
		want = append(want, g.Node)
	}
	for _, r := range p.Runs {
		if !seen[r.Evaluate] {
			seen[r.Evaluate] = true
			want = append(want, r.Evaluate)
		}
	}
	return want
}
