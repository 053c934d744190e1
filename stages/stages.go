// Package stages is where the two worlds meet: it knows the language of
// experiments and it knows language models.
//
// Compile turns the decoded blocks (package block) into a graph of nodes: load or
// pretrain a model, read data, compute frozen features, adapt, evaluate, shared
// wherever two runs need the same thing. What a node does is in package work.
// Package record carries what came out into the database, the report and
// comparisons; package adapted is for what one finished run is used for.
//
// A run is method × model × dataset × condition × configuration × seed; its
// last node is an evaluation, and each evaluation becomes rows of the
// database.
package stages

import (
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
)

// A Plan is an experiment ready to run.
type Plan struct {
	Experiment *block.Experiment
	Graph      *pipeline.Graph
	Runs       []*Run
	Datasets   []*block.Dataset
	Models     []*block.Model
	Blocks     []*config.Block // method blocks
	Budgets    []*block.Budget
	Gate       *block.Gate
	Search     *block.Search
	Executor   *block.Executor // nil: this process

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
