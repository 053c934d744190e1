package stages

import (
	"fmt"
	"slices"
	"strings"

	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// featuresNode is the one pass over a data set that all probes of a model
// read: its list of needs is collected from every probe in the file, so that
// a sweep over layers and poolings costs one forward pass.
func (c *compiler) featuresNode(r *Run, in work.Input, data *pipeline.Node) *pipeline.Node {
	stage := &work.Features{Input: in}
	if diagnosedFeatures(r.Dataset, in) {
		stage.Needs = append(stage.Needs, work.DiagnosisNeed)
	}
	for _, b := range c.plan.Blocks {
		if b.Config().(*block.Method).Format.Name != r.Method.Format.Name {
			continue
		}
		for _, p := range b.Points {
			stage.Needs = append(stage.Needs, featureNeeds(p.Config.(*block.Method).Method)...)
		}
	}
	slices.SortFunc(stage.Needs, func(a, b methods.FeatureNeed) int {
		if a.Layer != b.Layer {
			return a.Layer - b.Layer
		}
		return strings.Compare(a.Pooling, b.Pooling)
	})
	stage.Needs = slices.Compact(stage.Needs)
	return c.plan.Graph.Add(&pipeline.Node{
		Addr:   featuresAddr(r.Model, r.Dataset, cutOf(r.Condition), in.Format),
		Stage:  stage,
		Inputs: []pipeline.Input{{Name: "data", Node: data}, {Name: "model", Node: c.plan.ModelNodes[r.Model.Name]}},
	})
}

// featuresAddr names the pass over a data set, of a cut and in a format if
// there are some.
func featuresAddr(m *block.Model, d *block.Dataset, cut string, f *block.Format) string {
	addr := fmt.Sprintf("features %s/%s", m.Name, d.Name)
	if cut != "" {
		addr += "/" + cut
	}
	if f != nil {
		addr += " " + f.Name
	}
	return addr
}

// pickNode is the selected configuration of the method that r starts from,
// under r's own seed.
func (c *compiler) pickNode(b *config.Block, r *Run) *pipeline.Node {
	like := *r
	from := c.exp.Find(r.Method.From)
	if from == nil {
		return nil
	}
	like.Method = from.Config().(*block.Method)
	candidates := c.families[like.Family()]
	if len(candidates) == 0 {
		c.fail(b.AttrRange("from"), "Nothing to start from", "method %q is not applied to model %q and data set %q.", from.Name, r.ModelName(), r.Dataset.Name)
		return nil
	}
	if candidates[0].rungs > 0 {
		c.fail(b.AttrRange("from"), "Start not known", "method %q is searched by successive halving, whose result is known only when it has run; give it one configuration.", from.Name)
		return nil
	}
	stage := &work.Pick{Metric: r.Dataset.Metric}
	like.Point = &config.Point{Name: from.Name}
	node := &pipeline.Node{Addr: "pick " + like.Addr(), Stage: stage}
	seen := map[string]bool{}
	for _, k := range candidates {
		if k.Seed == r.Seed {
			stage.Candidates = append(stage.Candidates, k.Point.Name)
			node.Inputs = append(node.Inputs, pipeline.Input{Name: "adapt " + k.Point.Name, Node: k.Adapt})
		}
		name := fmt.Sprintf("evaluate %s#%d", k.Point.Name, k.Seed)
		if !k.Draws {
			name = "evaluate " + k.Point.Name
		}
		if !seen[name] {
			seen[name] = true
			node.Inputs = append(node.Inputs, pipeline.Input{Name: name, Node: k.Evaluate})
		}
	}
	return c.plan.Graph.Add(node)
}

// only keeps the runs that Options.Only names, by address, group or method.
func (c *compiler) only() {
	if len(c.options.Only) == 0 {
		return
	}
	c.plan.Runs = slices.DeleteFunc(c.plan.Runs, func(r *Run) bool {
		return !slices.ContainsFunc(c.options.Only, r.matches)
	})
	if len(c.plan.Runs) == 0 {
		c.fail(c.top(), "No run left", "No run of this file matches -only %s.", strings.Join(c.options.Only, " -only "))
	}
}

// matches reports whether an address, whole or with parts left out, names r.
func (r *Run) matches(address string) bool {
	a, err := ParseAddress(address)
	return err == nil && a.names(r)
}
