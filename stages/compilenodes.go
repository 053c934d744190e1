package stages

import (
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// addNodes adds the run's adapt and evaluate nodes and what they read.
func (c *compiler) addNodes(b *config.Block, r *Run) bool {
	data := pipeline.Input{Name: "data", Node: c.dataNodeOf(r.Dataset, r.Condition)}
	input, ok := c.input(b, r)
	if !ok {
		return false
	}
	addr, seed := r.Addr(), r.Seed
	if !r.Draws {
		addr, seed = r.group(), 0
	}
	adapt := &pipeline.Node{
		Addr:   "adapt " + addr,
		Stage:  &work.Adapt{Method: r.Method.Method, Train: r.Method.Train, Input: input, Metric: r.Dataset.Metric, Seed: seed, Given: work.Given{Classifier: r.Method.Classifier, EvaluateOnly: r.Method.EvaluateOnly}},
		Inputs: []pipeline.Input{data},
	}
	if !c.startFiles(b, r, adapt) {
		return false
	}
	needs := featureNeeds(r.Method.Method)
	measure := &work.Evaluate{Metric: r.Dataset.Metric, Input: input, Shifted: c.shiftedInputs(r, input), Reads: reads(r.Method.Method), Years: periodYears(r.Dataset)}
	if len(needs) > 0 {
		measure.Need = &needs[0]
	}
	if r.Method.Rewinding != nil {
		measure.Rewind = r.Method.Rewinding.Rewind
	}
	evaluate := &pipeline.Node{
		Addr:   "evaluate " + addr,
		Stage:  measure,
		Inputs: []pipeline.Input{data},
	}
	if m, ok := r.Method.Method.(*methods.External); ok {
		adapt.Stage.(*work.Adapt).Dir = c.exp.Dir
		adapt.Files = c.commandFiles(m)
	}
	if r.Model != nil {
		model := c.plan.ModelNodes[r.Model.Name]
		if model == nil {
			return false
		}
		adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: "model", Node: model})
		evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "model", Node: model})
		if retention := c.retentionNode(r.Model, model); retention != nil {
			evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "retention", Node: retention})
		}
	}
	if len(needs) > 0 {
		features := pipeline.Input{Name: "features", Node: c.featuresNode(r, input, data.Node)}
		adapt.Inputs = append(adapt.Inputs, features)
		evaluate.Inputs = append(evaluate.Inputs, features)
		for _, in := range measure.Shifted {
			evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "features " + in.Format.Name, Node: c.featuresNode(r, in, data.Node)})
		}
	}
	if !r.Method.From.IsZero() {
		pick := c.pickNode(b, r)
		if pick == nil {
			return false
		}
		adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: "from", Node: pick})
	}
	if earlier := c.earlierCut(r); earlier != nil {
		adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: "from", Node: earlier})
	}
	r.Adapt, r.Evaluate = adapt, evaluate
	c.firstRung(r, len(b.Points))
	r.Adapt = c.plan.Graph.Add(adapt)
	evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "adapt", Node: r.Adapt})
	r.Evaluate = c.plan.Graph.Add(evaluate)
	return true
}

// reads tells an evaluation what kind of thing an adaptation left.
func reads(m methods.Method) string {
	switch {
	case readsText(m):
		return "text"
	case ReadsFeatures(m):
		return "features"
	case isExternal(m):
		return "external"
	case asks(m):
		return "prompt"
	}
	return "overlay"
}

// input is how the run's rows become input: the format of its condition, or
// the method's own. Only a method's own format scores label words.
func (c *compiler) input(b *config.Block, r *Run) (work.Input, bool) {
	in := work.Input{MaxLength: r.Dataset.MaxLength, Truncate: r.Dataset.Truncate}
	switch ref := r.Method.Format; {
	case !ref.IsZero():
		found := c.exp.Find(ref)
		if found == nil {
			return in, false
		}
		in.Format = found.Config().(*block.Format)
		in.Words = in.Format.Words
	case formatShift(r.Dataset):
		in.Format = c.format(r.Condition)
		return in, in.Format != nil
	}
	return in, true
}

// format finds a format block by name; checkFormats has reported those that
// do not exist.
func (c *compiler) format(name string) *block.Format {
	if b := c.exp.Find(config.Ref{Kind: "format", Name: name}); b != nil {
		return b.Config().(*block.Format)
	}
	return nil
}
