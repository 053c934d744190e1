package stages

import (
	"cmp"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// CheckSources reads the files of an experiment before anything runs, so that
// a mistake in them is shown with the mistakes of the file and costs nothing:
// rows and labels, checkpoints without their weights, text to pretrain on.
// Nodes that need not run, or are not wanted, are left alone.
func CheckSources(exp *config.Experiment, plan *Plan, runs func(*pipeline.Node) bool) hcl.Diagnostics {
	c := &compiler{exp: exp, plan: plan}
	for _, b := range exp.Of("dataset") {
		node := plan.DataNodes[b.Name]
		stage := node.Stage.(*work.ReadData)
		if stage.Generator != nil || !runs(node) {
			continue
		}
		if err := stage.Check(); err != nil {
			c.fail(b.AttrRange(cmp.Or(dataset.Blamed(err), "files")), "Invalid data", "%s", asSentences(err))
		}
	}
	for _, b := range exp.Of("model") {
		node := plan.ModelNodes[b.Name]
		if !runs(node) {
			continue
		}
		switch stage := node.Stage.(type) {
		case *work.LoadModel:
			if m := b.Config().(*block.Model); m.Path.Text != "" {
				if err := lm.Check(m.Path.Abs); err != nil {
					c.fail(b.AttrRange("path"), "Invalid model", "%s", asSentences(err))
				}
			}
		case *work.RandomModel:
			if _, err := lm.ReadRandomShape(node.Files[0].Path); err != nil {
				c.fail(b.AttrRange("random.config"), "Invalid model", "%s", asSentences(err))
			}
		case *work.Pretrain:
			if stage.Config.Generator != nil {
				continue
			}
			if _, _, err := stage.Text(&pipeline.Job{Node: node}); err != nil {
				c.fail(b.AttrRange("pretrain.text"), "Invalid text", "%s", asSentences(err))
			}
		}
	}
	return c.diags
}

// asSentences ends each line of an error with a full stop.
func asSentences(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, l := range lines {
		if l != "" && !strings.HasSuffix(l, ".") {
			lines[i] = l + "."
		}
	}
	return strings.Join(lines, "\n")
}
