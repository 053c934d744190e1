package stages

import (
	"fmt"
	"strings"

	"runexp/internal/stats"
	"runexp/methods"
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

// A Run is method × model × dataset × condition × configuration × seed.
type Run struct {
	Dataset   *Dataset
	Model     *Model // nil for baselines
	Method    *Method
	Point     *config.Point
	Condition string
	Seed      int
	Draws     bool

	Adapt, Evaluate *pipeline.Node

	// rung is how far successive halving has let the run go: 0 is its first
	// budget; rungs is how many budgets its family has.
	rung, rungs int
}

// ModelName is the model's name, "" for baselines.
func (r *Run) ModelName() string {
	if r.Model == nil {
		return ""
	}
	return r.Model.Name
}

// Addr is the run's address: method.lora[rank=8]@base/clauses#2.
func (r *Run) Addr() string { return fmt.Sprintf("%s#%d", r.group(), r.Seed) }

// group is the address without the seed.
func (r *Run) group() string {
	return runGroup(r.Point.Name, r.ModelName(), r.Dataset.Name, r.Condition)
}

// runGroup writes the address of all seeds of a configuration.
func runGroup(configuration, model, dataset, condition string) string {
	return fmt.Sprintf("method.%s@%s", configuration, stats.Place(model, dataset, condition))
}

// family is what a selection is made within: all configurations of a method
// on one model and data set, under one condition.
func (r *Run) family() string {
	return strings.Join([]string{r.Method.Name, r.ModelName(), r.Dataset.Name, r.Condition}, "\x00")
}

// Kind of a method by what it reads.
func readsText(m methods.Method) bool     { _, ok := m.(methods.TextFitter); return ok }
func asks(m methods.Method) bool          { _, ok := m.(methods.Prompter); return ok }
func isExternal(m methods.Method) bool    { _, ok := m.(*methods.External); return ok }
func readsFeatures(m methods.Method) bool { _, ok := m.(methods.FeatureFitter); return ok }

// featureNeeds are the frozen representations that a method reads.
func featureNeeds(m methods.Method) []methods.FeatureNeed {
	if r, ok := m.(interface{ Needs() []methods.FeatureNeed }); ok {
		return r.Needs()
	}
	return nil
}

// withoutModel: baselines, and external commands that were given no models.
func (m *Method) withoutModel() bool {
	return readsText(m.Method) || isExternal(m.Method) && m.Models == nil
}
