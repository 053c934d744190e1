package stages

import (
	"fmt"

	"runexp/internal/dataset"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// sources adds a node for every data set and every model.
func (c *compiler) sources() {
	for _, b := range c.exp.Of("dataset") {
		d := b.Config().(*block.Dataset)
		d.ApplyDefaults()
		c.plan.Datasets = append(c.plan.Datasets, d)
		c.keepColumns(d)
		c.checkFormats(b, d)
		c.dataNode(b, d)
	}
	for _, b := range c.exp.Of("model") {
		c.plan.Models = append(c.plan.Models, b.Config().(*block.Model))
	}
	for _, b := range c.exp.Of("model") {
		c.modelNode(b)
	}
	c.plan.Blocks = c.exp.Of("method")
	if len(c.plan.Datasets) == 0 {
		c.fail(c.top(), "No data set", "An experiment needs at least one dataset block.")
	}
	if len(c.plan.Blocks) == 0 {
		c.fail(c.top(), "No method", "An experiment needs at least one method block.")
	}
}

func (c *compiler) dataNode(b *config.Block, d *block.Dataset) {
	stage := &work.ReadData{Config: d.Config, Generator: d.Generator}
	node := &pipeline.Node{Addr: "data " + d.Name, Stage: stage}
	if d.Config.Files != nil {
		dir, ok := c.dataDir(b, d)
		if !ok {
			return
		}
		parts, err := d.Config.Files.Resolve(dir)
		if err != nil {
			c.fieldErrors(b, "files", err)
			return
		}
		stage.Parts = parts
		for _, p := range parts {
			node.Files = append(node.Files, pipeline.File{Name: p.Name, Path: p.Path})
			for i, path := range p.Parallel {
				node.Files = append(node.Files, pipeline.File{Name: fmt.Sprintf("%s/parallel/%d", p.Name, i+1), Path: path})
			}
		}
	}
	if c.rolling(d) {
		c.cutNodes(b, d, node)
		return
	}
	c.plan.DataNodes[d.Name] = c.plan.Graph.Add(node)
}

// fieldErrors shows errors of a nested block at its attributes.
func (c *compiler) fieldErrors(b *config.Block, block string, err error) {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for _, e := range list {
		at := b.AttrRange(block)
		if f, ok := e.(config.FieldError); ok {
			at = b.AttrRange(block + "." + f.Field())
		}
		c.fail(at, "Invalid data set", "%v", e)
	}
}

// modelNode adds a model's node, and first that of the model it continues
// from; config has refused cycles.
func (c *compiler) modelNode(b *config.Block) *pipeline.Node {
	m := b.Config().(*block.Model)
	if n, ok := c.plan.ModelNodes[m.Name]; ok {
		return n
	}
	var node *pipeline.Node
	switch {
	case m.Path.Text != "":
		files, err := work.ModelFiles(m.Path.Abs)
		if err != nil {
			c.fail(b.AttrRange("path"), "Unreadable model", "%v.", err)
			return nil
		}
		node = &pipeline.Node{Addr: "load " + m.Name, Stage: &work.LoadModel{}, Files: files}
	case m.Hub != "":
		node = c.hubNode(b, m)
	case m.Random != nil:
		node = &pipeline.Node{Addr: "random " + m.Name, Stage: &work.RandomModel{Seed: m.Random.Seed},
			Files: []pipeline.File{{Name: "config.json", Path: m.Random.Config.Abs}}}
	default:
		node = c.pretrainNode(b, m)
	}
	if node == nil {
		return nil
	}
	node = c.plan.Graph.Add(node)
	c.plan.ModelNodes[m.Name] = node
	return node
}

func (c *compiler) pretrainNode(b *config.Block, m *block.Model) *pipeline.Node {
	node := &pipeline.Node{Addr: "pretrain " + m.Name, Stage: &work.Pretrain{Config: *m.Pretrain}}
	for i, pattern := range m.Pretrain.Text {
		paths, err := expandPath(pattern)
		if err != nil {
			c.fail(b.AttrRange("pretrain.text"), "Unreadable text", "%v.", err)
			return nil
		}
		for k, p := range paths {
			node.Files = append(node.Files, pipeline.File{Name: fmt.Sprintf("text/%d/%d", i+1, k+1), Path: p})
		}
	}
	if !m.From.IsZero() {
		from := c.exp.Find(m.From)
		if from == nil {
			return nil
		}
		start := c.modelNode(from)
		if start == nil {
			return nil
		}
		node.Inputs = append(node.Inputs, pipeline.Input{Name: "model", Node: start})
	}
	return node
}

// checkFormats refuses formats of a shift that the file does not declare.
func (c *compiler) checkFormats(b *config.Block, d *block.Dataset) {
	s := d.Config.Shift
	if s == nil || s.Type != dataset.FormatShift {
		return
	}
	for attribute, names := range map[string][]string{"train": s.Train, "test": s.Test} {
		for _, name := range names {
			f := c.exp.Find(config.Ref{Kind: "format", Name: name})
			if f == nil {
				c.fail(b.AttrRange("shift."+attribute), "No such format", "No format is named %q.", name)
				continue
			}
			c.keep(d, f)
		}
	}
}

// retentionNode measures the untouched model on general text; nil where there
// is none.
func (c *compiler) retentionNode(m *block.Model, model *pipeline.Node) *pipeline.Node {
	stage := &work.BaseRetention{Rows: 200}
	node := &pipeline.Node{Addr: "retention " + m.Name, Stage: stage, Inputs: []pipeline.Input{{Name: "model", Node: model}}}
	blocks := c.exp.Of("retention")
	if len(blocks) == 0 {
		if m.Pretrain == nil {
			return nil
		}
		// A continued model is measured on the text of the model it came from.
		for !m.From.IsZero() {
			m = c.exp.Find(m.From).Config().(*block.Model)
		}
		if m.Pretrain == nil {
			return nil
		}
		node.Inputs = append(node.Inputs, pipeline.Input{Name: "text", Node: c.plan.ModelNodes[m.Name]})
		stage.RunOn = m.Pretrain.Generator == nil
		return c.plan.Graph.Add(node)
	}
	r := blocks[0].Config().(*block.Retention)
	if r.Rows > 0 {
		stage.Rows = r.Rows
	}
	stage.RunOn = true
	for i, pattern := range r.Text {
		paths, err := expandPath(pattern)
		if err != nil {
			c.fail(blocks[0].AttrRange("text"), "Unreadable text", "%v.", err)
			return nil
		}
		for k, p := range paths {
			node.Files = append(node.Files, pipeline.File{Name: fmt.Sprintf("text/%d/%d", i+1, k+1), Path: p})
		}
	}
	return c.plan.Graph.Add(node)
}
