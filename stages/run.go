package stages

import (
	"fmt"
	"strings"

	"runexp/internal/stats"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
)

// A Run is method × model × dataset × condition × configuration × seed.
type Run struct {
	Dataset   *block.Dataset
	Model     *block.Model // nil for baselines
	Method    *block.Method
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
	return RunGroup(r.Point.Name, r.ModelName(), r.Dataset.Name, r.Condition)
}

// RunGroup writes the address of all seeds of a configuration.
func RunGroup(configuration, model, dataset, condition string) string {
	return fmt.Sprintf("method.%s@%s", configuration, stats.Place(model, dataset, condition))
}

// Family is what a selection is made within: all configurations of a method
// on one model and data set, under one condition.
func (r *Run) Family() string {
	return strings.Join([]string{r.Method.Name, r.ModelName(), r.Dataset.Name, r.Condition}, "\x00")
}

// Kind of a method by what it reads.
func readsText(m methods.Method) bool  { _, ok := m.(methods.TextFitter); return ok }
func asks(m methods.Method) bool       { _, ok := m.(methods.Prompter); return ok }
func isExternal(m methods.Method) bool { _, ok := m.(*methods.External); return ok }

// ReadsFeatures reports whether a method reads representations of the frozen model.
func ReadsFeatures(m methods.Method) bool { _, ok := m.(methods.FeatureFitter); return ok }

// featureNeeds are the frozen representations that a method reads.
func featureNeeds(m methods.Method) []methods.FeatureNeed {
	if r, ok := m.(interface{ Needs() []methods.FeatureNeed }); ok {
		return r.Needs()
	}
	return nil
}
