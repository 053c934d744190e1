package stages

import (
	"fmt"
	"slices"

	"runexp/internal/dataset"
	"runexp/pipeline"
	"runexp/stages/block"
	"runexp/stages/work"
)

// A Diagnosed is a diagnosis in a plan.
type Diagnosed struct {
	Dataset   *block.Dataset
	Model     *block.Model // nil: words alone
	Condition string       // format trained on, "" without a format shift
	Node      *pipeline.Node
}

// Names are what reports call the data set and the model.
func (g *Diagnosed) Names() (data, model string) {
	data, model = g.Dataset.Name, "none, words alone"
	if g.Model != nil {
		model = g.Model.Name
	}
	if g.Condition != "" {
		data = fmt.Sprintf("%s trained on %s", data, g.Condition)
	}
	return data, model
}

// How many rows a side are compared: by the model, which costs a pass, and by their
// words, which cost nothing. One foreign row in ten shows in the words of some 2,000.
const (
	diagnosisRows  = 1000
	diagnosisTexts = 4000
)

// shifts reports whether a data set has a shifted test: declared, or in files of
// its own.
func shifts(d *block.Dataset) bool {
	return d.Config.Shift != nil || d.Config.Files != nil && len(d.Config.Files.TestShift) > 0
}

// diagnoses adds a node for every data set that has a shifted test and is used, on
// every model that is used with it; without one, only words are compared.
func (c *compiler) diagnoses() {
	for _, d := range c.plan.Datasets {
		if !shifts(d) || !c.used(d, nil) {
			continue
		}
		models := slices.DeleteFunc(slices.Clone(c.plan.Models), func(m *block.Model) bool { return !c.used(d, m) })
		if len(models) == 0 {
			models = []*block.Model{nil}
		}
		for _, m := range models {
			for _, condition := range diagnosedConditions(d) {
				if n := c.diagnosisNode(d, m, condition); n != nil {
					c.plan.Diagnoses = append(c.plan.Diagnoses, &Diagnosed{d, m, condition, n})
				}
			}
		}
	}
}

// used reports whether some run is on a data set, with a model unless it is nil.
func (c *compiler) used(d *block.Dataset, m *block.Model) bool {
	return slices.ContainsFunc(c.plan.Runs, func(r *Run) bool { return r.Dataset == d && (m == nil || r.Model == m) })
}

func (c *compiler) diagnosisNode(d *block.Dataset, m *block.Model, condition string) *pipeline.Node {
	in := work.Input{MaxLength: d.MaxLength, Truncate: d.Truncate}
	if condition != "" {
		in.Format = c.format(condition)
	}
	stage := &work.Diagnose{Input: in, Shifted: c.otherFormats(d, condition, in), Rows: diagnosisRows, Texts: diagnosisTexts}
	if s := d.Config.Shift; s != nil {
		stage.Axis = s.Type
	}
	addr := "diagnose " + d.Name
	node := &pipeline.Node{Stage: stage, Inputs: []pipeline.Input{{Name: "data", Node: c.plan.DataNodes[d.Name]}}}
	if m != nil {
		addr = "diagnose " + m.Name + "/" + d.Name
		model := c.plan.ModelNodes[m.Name]
		if model == nil {
			return nil
		}
		node.Inputs = append(node.Inputs, pipeline.Input{Name: "model", Node: model})
		if condition == "" {
			stage.Asked = c.askedFormat(d, in)
			if features := c.plan.Graph.Find(featuresAddr(m, d, c.firstCut(d), nil)); features != nil && diagnosedFeatures(d, in) {
				node.Inputs = append(node.Inputs, pipeline.Input{Name: "features", Node: features})
			}
		}
	}
	if condition != "" {
		addr += "/" + condition
	}
	node.Addr = addr
	return c.plan.Graph.Add(node)
}

// otherFormats are the inputs in the formats that a shift tests and a condition does
// not train on.
func (c *compiler) otherFormats(d *block.Dataset, condition string, in work.Input) []work.Input {
	if condition == "" {
		return nil
	}
	var list []work.Input
	for _, name := range d.Config.Shift.Test {
		if f := c.format(name); name != condition && f != nil {
			in.Format = f
			list = append(list, in)
		}
	}
	return list
}

// diagnosedConditions are the formats trained on, or one without a name: cuts of a
// rolling shift are diagnosed at the first.
func diagnosedConditions(d *block.Dataset) []string {
	if formatShift(d) {
		return d.Config.Shift.Train
	}
	return []string{""}
}

// diagnosedFeatures reports whether a diagnosis can read the pass that probes share:
// of rows as they are, one representation for each.
func diagnosedFeatures(d *block.Dataset, in work.Input) bool {
	return shifts(d) && !formatShift(d) && in.Format == nil && d.Config.Task != dataset.Tagging && d.Config.Task != dataset.MultipleChoice
}

// askedFormat is the first format with label words that a method uses on a data
// set.
func (c *compiler) askedFormat(d *block.Dataset, in work.Input) *work.Input {
	for _, b := range c.plan.Blocks {
		m := b.Config().(*block.Method)
		if m.Format.IsZero() || m.WithoutModel() || !slices.Contains(c.datasetsOf(m), d) {
			continue
		}
		if f := c.exp.Find(m.Format); f != nil && len(f.Config().(*block.Format).Words) > 0 {
			in.Format = f.Config().(*block.Format)
			return &in
		}
	}
	return nil
}
