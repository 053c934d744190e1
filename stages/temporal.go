package stages

import (
	"fmt"
	"strings"

	"runexp/internal/dataset"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// Under a rolling temporal shift each cut is a condition: train up to it, test on
// all that is later. Trained at the first cut a method is as frozen; the others are
// what retraining would have given, or going on from the cut before.

// continued marks the condition of a cut whose training goes on from the one before.
const continued = "+continued"

func cutCondition(year int) string { return fmt.Sprintf("cut=%d", year) }

// cutOf is the condition without how it was trained; "" if it is no cut.
func cutOf(condition string) string {
	if !strings.HasPrefix(condition, "cut=") {
		return ""
	}
	return strings.TrimSuffix(condition, continued)
}

// rolling reports whether a data set is cut at several times.
func (c *compiler) rolling(d *block.Dataset) bool {
	s := d.Config.Shift
	return s != nil && s.Type == dataset.TemporalShift && s.Rolling
}

// cutConditions are the cuts, and again all but the first for methods that can go
// on from what they left.
func (c *compiler) cutConditions(d *block.Dataset, m *block.Method) []string {
	var list []string
	for _, year := range c.plan.Cuts[d.Name] {
		list = append(list, cutCondition(year))
	}
	if _, trained := m.Method.(methods.Adapter); trained && d.Update == block.Continue && m.From.IsZero() && len(list) > 0 {
		for _, condition := range list[1:] {
			list = append(list, condition+continued)
		}
	}
	return list
}

// earlierCut is the training that a run goes on from: the same configuration and
// seed at the cut before. nil: it starts anew.
func (c *compiler) earlierCut(r *Run) *pipeline.Node {
	if !strings.HasSuffix(r.Condition, continued) {
		return nil
	}
	cuts := c.plan.Cuts[r.Dataset.Name]
	like := *r
	for i, year := range cuts {
		if cutCondition(year) != cutOf(r.Condition) {
			continue
		}
		if like.Condition = cutCondition(cuts[i-1]); i > 1 {
			like.Condition += continued
		}
	}
	if !r.Draws {
		return c.plan.Graph.Find("adapt " + like.group())
	}
	return c.plan.Graph.Find("adapt " + like.Addr())
}

// cutNodes adds a node of rows for every cut. The first stands for the data set
// where one account of it is needed.
func (c *compiler) cutNodes(b *config.Block, d *block.Dataset, node *pipeline.Node) {
	stage := node.Stage.(*work.ReadData)
	cuts, err := dataset.Cuts(d.Config, stage.Source())
	if err != nil {
		c.fail(b.AttrRange("shift.rolling"), "No cuts", "%v.", err)
		return
	}
	c.plan.Cuts[d.Name] = cuts
	for _, year := range cuts {
		config, shift := *d.Config, *d.Config.Shift
		shift.Cut, shift.Rolling = year, false
		config.Shift = &shift
		name := d.Name + "/" + cutCondition(year)
		c.plan.DataNodes[name] = c.plan.Graph.Add(&pipeline.Node{
			Addr:  "data " + name,
			Stage: &work.ReadData{Config: &config, Generator: stage.Generator, Parts: stage.Parts},
			Files: node.Files,
		})
	}
	c.plan.DataNodes[d.Name] = c.plan.DataNodes[d.Name+"/"+cutCondition(cuts[0])]
}

// firstCut is the condition that stands for a data set; "" if it is not cut several
// times.
func (c *compiler) firstCut(d *block.Dataset) string {
	if cuts := c.plan.Cuts[d.Name]; len(cuts) > 0 {
		return cutCondition(cuts[0])
	}
	return ""
}

// dataNodeOf is where a data set's rows under a condition come from.
func (c *compiler) dataNodeOf(d *block.Dataset, condition string) *pipeline.Node {
	if cut := cutOf(condition); cut != "" {
		return c.plan.DataNodes[d.Name+"/"+cut]
	}
	return c.plan.DataNodes[d.Name]
}

// periodYears is the length of a data set's periods; 0 without any.
func periodYears(d *block.Dataset) int {
	if s := d.Config.Shift; s != nil && s.Type == dataset.TemporalShift {
		return max(1, s.Period)
	}
	return 0
}
