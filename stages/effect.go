package stages

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"runexp/internal/dataset"
	"runexp/stages/block"
)

// checkTraining refuses attributes of training that the loss of this task
// does not read: what was written would change nothing.
func (c *compiler) checkTraining(m *block.Method, d *block.Dataset, at func(string) hcl.Range) {
	if m.Train == nil {
		return
	}
	task := d.Config.Task
	withoutEffect := func(attribute, why string) {
		c.once(at(attribute), "Attribute without effect", "%s", fmt.Sprintf("Data set %q is a %s task; %s", d.Name, task, why))
	}
	if m.Train.ClassWeights != "none" && task != dataset.Classification && task != dataset.Tagging {
		withoutEffect("class_weights", "only classification and tagging have classes that could be weighed.")
	}
	if m.Train.LabelSmoothing > 0 && (task == dataset.Regression || task == dataset.MultiLabel) {
		withoutEffect("label_smoothing", "label smoothing spreads a target over classes that exclude each other.")
	}
}
