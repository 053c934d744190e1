package stages

import (
	"fmt"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/peft"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/stages/block"
	"runexp/stages/work"
)

// ParameterCount is what one configuration of a method freezes and trains on
// one model and data set.
type ParameterCount struct {
	Model         string `json:"model"`
	Dataset       string `json:"dataset"`
	Configuration string `json:"configuration"`
	Backbone      int64  `json:"backbone"` // parameters of the base model without its language-modelling head
	Frozen        int64  `json:"frozen"`
	Trained       int64  `json:"trained"` // without the head
	Head          int64  `json:"head"`
	Stored        int64  `json:"stored"` // after training, without the head
	Vocabulary    int    `json:"vocabulary"`
	// Asked says that Vocabulary is what the file asks for: pretraining, whose
	// text may yield fewer sub-words, has not run.
	Asked bool `json:"vocabulary_as_asked,omitempty"`
}

// CountParameters counts by the methods' formulas; nothing is run, but rows
// are read where the block does not list the classes. Of a model that has been
// pretrained, the vocabulary that came of it is known.
func CountParameters(plan *Plan, known Entries) ([]ParameterCount, error) {
	var counts []ParameterCount
	seen := map[string]bool{}
	for _, r := range plan.Runs {
		if r.Model == nil || seen[r.group()] {
			continue
		}
		seen[r.group()] = true
		c, err := countRun(plan, r, known)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.group(), err)
		}
		counts = append(counts, c)
	}
	return counts, nil
}

// countOutputs is the number of outputs of a head on a data set; its rows are
// read, once, where the block does not list the classes.
func (p *Plan) countOutputs(d *block.Dataset) (int, error) {
	stage := p.DataNodes[d.Name].Stage.(*work.ReadData)
	if len(d.Config.Classes) == 0 {
		rows, err := stage.Survey()
		if err != nil {
			return 0, fmt.Errorf("dataset.%s: %w", d.Name, err)
		}
		if n := len(rows.LabelNames()); n > 0 {
			return n, nil
		}
	}
	return expectedOutputs(d), nil
}

func countRun(plan *Plan, r *Run, known Entries) (ParameterCount, error) {
	c := ParameterCount{Model: r.Model.Name, Dataset: r.Dataset.Name, Configuration: r.Point.Name, Asked: r.Model.Pretrain != nil}
	shape, err := plan.shape(r.Model)
	if err != nil {
		return c, err
	}
	if entry := known(plan.ModelNodes[r.Model.Name]); entry != nil {
		counts, err := work.ReadModelCounts(entry)
		if err != nil {
			return c, err
		}
		shape.Vocabulary, c.Asked = counts.Vocabulary, false
	}
	c.Vocabulary = shape.Vocabulary
	base, err := lm.NewDry(shape)
	if err != nil {
		return c, err
	}
	c.Backbone, _ = base.Count()
	classes, err := plan.countOutputs(r.Dataset)
	if err != nil {
		return c, err
	}
	switch m := r.Method.Method.(type) {
	case methods.Adapter:
		n, err := m.Trainable(base, methods.Setup{Head: nn.HeadSpec{Task: r.Dataset.Config.Task, Outputs: classes}, Schedule: r.Method.Train.Schedule, Dropout: r.Method.Train.Dropout})
		if err != nil {
			return c, err
		}
		if r.Method.EvaluateOnly {
			if n, err = countGiven(r.Method, base, n); err != nil {
				return c, err
			}
		}
		c.Trained, c.Head, c.Stored = n.Trained, n.Head, n.Stored
	case methods.FeatureFitter:
		c.Head = int64(classes) * int64(shape.Hidden+1)
		c.Stored = 0
	}
	c.Frozen = max(0, c.Backbone-replacedCount(r.Method.Method, c.Trained))
	return c, nil
}

// replacedCount is how many of the backbone's own parameters move.
func replacedCount(m methods.Method, trained int64) int64 {
	switch m.Type() {
	case "fine_tuning", "bitfit", "layer_norm":
		return trained
	}
	return 0
}

// expectedOutputs is the number of outputs of a head before the rows are
// read.
func expectedOutputs(d *block.Dataset) int {
	switch d.Config.Task {
	case dataset.Regression, dataset.MultipleChoice:
		return 1
	}
	if n := len(d.Config.Classes); n > 0 {
		return n
	}
	return 2
}

// shape is a model's shape before anything is run; of a model that is
// pretrained here it assumes the vocabulary that was asked for.
func (p *Plan) shape(m *block.Model) (*nn.Config, error) {
	switch {
	case m.Random != nil:
		return lm.ReadRandomShape(m.Random.Config.Abs)
	case m.Pretrain != nil && m.From.IsZero():
		return m.Pretrain.Shape(m.Pretrain.Vocabulary), nil
	case m.Pretrain != nil:
		for _, other := range p.Models {
			if other.Name == m.From.Name {
				return p.shape(other)
			}
		}
		return nil, fmt.Errorf("no model is named %q", m.From.Name)
	case m.Path.Text != "":
		return lm.ReadShape(m.Path.Abs)
	}
	return lm.ReadShape(modelDir(p.ModelNodes[m.Name]))
}

// modelDir is the folder that a load node's files lie in.
func modelDir(n *pipeline.Node) string {
	for _, f := range n.Files {
		if f.Name == "config.json" {
			return f.Path[:len(f.Path)-len("/config.json")]
		}
	}
	return ""
}

// countGiven counts what a method that trains nothing takes over: the
// adapter's parameters, or none but a checkpoint's head.
func countGiven(m *block.Method, base *lm.Base, trained methods.Count) (methods.Count, error) {
	if m.Adapter.Text == "" {
		return methods.Count{Head: trained.Head}, nil
	}
	o, _, err := peft.Import(m.Adapter.Abs, base)
	if err != nil {
		return methods.Count{}, err
	}
	defer o.Free()
	all, head := o.Count()
	return methods.Count{Stored: all - head, Head: head}, nil
}
