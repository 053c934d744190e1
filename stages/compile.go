package stages

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"runexp/internal/lm"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
)

// Options are what the command line adds to a plan.
type Options struct {
	Seeds int      // only the first so many seeds; 0: all
	Only  []string // addresses or method names to keep; nil: all
	// HubDir is where downloads are kept.
	HubDir string
}

// Compile derives the graph of an experiment: shared nodes once, every run's
// adapt and evaluate, and the edges that warm starts need.
func Compile(exp *config.Experiment, o Options) (*Plan, hcl.Diagnostics) {
	c := &compiler{exp: exp, options: o, plan: &Plan{
		Graph: &pipeline.Graph{}, DataNodes: map[string]*pipeline.Node{}, ModelNodes: map[string]*pipeline.Node{}, Cuts: map[string][]int{},
	}}
	c.settings()
	c.sources()
	if !c.diags.HasErrors() {
		c.applySearch()
		c.checkCount()
	}
	if !c.diags.HasErrors() {
		c.runs()
	}
	if !c.diags.HasErrors() {
		c.diagnoses()
	}
	for _, n := range c.plan.Graph.Nodes() {
		place(n)
	}
	return c.plan, c.diags
}

type compiler struct {
	exp     *config.Experiment
	options Options
	plan    *Plan
	diags   hcl.Diagnostics
	// families groups the runs that compete, by family key.
	families map[string][]*Run
	// dry are the models' shapes, nil where one is not known.
	dry map[string]*lm.Base
}

func (c *compiler) fail(at hcl.Range, summary, format string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at,
	})
}

// settings reads the blocks that there is one of.
func (c *compiler) settings() {
	if blocks := c.exp.Of("experiment"); len(blocks) == 1 {
		c.plan.Experiment = blocks[0].Config().(*block.Experiment)
	} else {
		c.fail(c.top(), "No experiment block", "A file that is run says what it is called: experiment \"name\" { … }.")
		c.plan.Experiment = block.NewExperiment("unnamed")
	}
	if n := c.options.Seeds; n > 0 && n < len(c.plan.Experiment.Seeds) {
		c.plan.Experiment.Seeds = c.plan.Experiment.Seeds[:n]
	}
	for _, b := range c.exp.Of("search") {
		c.plan.Search = b.Config().(*block.Search)
	}
	for _, b := range c.exp.Of("gate") {
		c.plan.Gate = b.Config().(*block.Gate)
	}
	for _, b := range c.exp.Of("executor") {
		c.plan.Executor = b.Config().(*block.Executor)
	}
	for _, b := range c.exp.Of("budget") {
		c.plan.Budgets = append(c.plan.Budgets, b.Config().(*block.Budget))
	}
}

func (c *compiler) top() hcl.Range {
	if len(c.exp.Blocks) > 0 {
		return c.exp.Blocks[0].DefRange
	}
	file := ""
	if len(c.exp.Files) > 0 {
		file = c.exp.Files[0]
	}
	return hcl.Range{Filename: file, Start: hcl.InitialPos, End: hcl.InitialPos}
}
