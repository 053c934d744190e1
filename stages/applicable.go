package stages

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/methods"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// What a method cannot do on a task or a model is a diagnostic before anything
// runs. Shapes are enough for that: models are looked at without weights.

// Interfaces that some methods have besides those of package methods.
type (
	modelChecker interface {
		SupportsModel(c *nn.Config) error
	}
	wordReader interface{ NeedsWords() bool }
)

// applies reports whether one configuration makes sense for a data set and a
// model, which is nil for methods without one. What does not is a diagnostic
// at the attribute that is to blame.
func (c *compiler) applies(b *config.Block, d *block.Dataset, model *block.Model, p *config.Point) bool {
	m, before := p.Config.(*block.Method), c.errors()
	at := func(attribute string) hcl.Range { return b.PointRange(p, attribute) }
	if err := m.Method.Supports(d.Config.Task); err != nil {
		c.once(b.DefRange, "Method does not fit the task", "On data set %q: %v.", d.Name, err)
		return false
	}
	c.checkTraining(m, d, at)
	if !m.From.IsZero() {
		c.checkStart(b, m, at)
	}
	if _, ok := m.Method.(*methods.PromptSearch); ok {
		if !m.Format.IsZero() {
			c.once(at("format"), "Attribute without effect", "A prompt search has templates of its own.")
		}
		if formatShift(d) {
			c.once(b.DefRange, "Method does not fit the shift", "A prompt search makes formats of its own; data set %q is given in some.", d.Name)
		}
	}
	c.checkShiftFormat(d, m, at)
	if model == nil {
		return c.errors() == before
	}
	base := c.dryModel(model)
	if base == nil {
		return c.errors() == before
	}
	blame := func(err error) {
		var field config.FieldError
		if errors.As(err, &field) {
			c.once(at(field.Field()), "Invalid "+field.Field(), "%s", asSentences(field))
			return
		}
		c.once(b.DefRange, "Method does not fit the model", "On model %q: %v.", model.Name, err)
	}
	if s, ok := m.Method.(modelChecker); ok {
		if err := s.SupportsModel(base.Config()); err != nil {
			blame(err)
			return false
		}
	}
	c.checkWords(m, d, base.Config(), model, at)
	if a, ok := m.Method.(methods.Adapter); ok && c.errors() == before {
		if err := dryRun(a, m, d, base); err != nil {
			blame(err)
		}
	}
	return c.errors() == before
}

// errors counts mistakes; warnings are none.
func (c *compiler) errors() int { return len(c.diags.Errs()) }

// once is fail for what many configurations, models and data sets may have in
// common.
func (c *compiler) once(at hcl.Range, summary, format string, args ...any) {
	detail := fmt.Sprintf(format, args...)
	for _, d := range c.diags {
		if d.Summary == summary && d.Detail == detail && d.Subject != nil && *d.Subject == at {
			return
		}
	}
	c.fail(at, summary, "%s", detail)
}

// dryModel is a model's shape without weights, nil where it is not known yet.
func (c *compiler) dryModel(m *block.Model) *lm.Base {
	if base, ok := c.dry[m.Name]; ok {
		return base
	}
	if c.dry == nil {
		c.dry = map[string]*lm.Base{}
	}
	var base *lm.Base
	if c.plan.ModelNodes[m.Name] != nil {
		// A shape that cannot be read is reported with the model's files.
		if shape, err := c.plan.shape(m); err == nil {
			base, _ = lm.NewDry(shape)
		}
	}
	c.dry[m.Name] = base
	return base
}

// dryRun makes the method's parameters without memory, which finds targets
// that are not there, parts that claim one place, and inputs without room.
func dryRun(a methods.Adapter, m *block.Method, d *block.Dataset, base *lm.Base) error {
	setup := methods.Setup{
		Head:     nn.HeadSpec{Task: d.Config.Task, Outputs: expectedOutputs(d)},
		Schedule: m.Train.Schedule, Dropout: m.Train.Dropout,
	}
	if _, err := a.Trainable(base, setup); err != nil {
		return err
	}
	o, err := a.Adapt(base, setup, tensor.Key{})
	if err != nil {
		return err
	}
	defer o.Free()
	_, err = work.Input{MaxLength: d.MaxLength}.Limit(base, work.OverlayPositions(o))
	return err
}

// checkWords looks at label words: whether the method has the format that it
// needs, and whether this model can score its words where it says.
func (c *compiler) checkWords(m *block.Method, d *block.Dataset, shape *nn.Config, model *block.Model, at func(string) hcl.Range) {
	_, prompted := m.Method.(methods.Prompter)
	w, ok := m.Method.(wordReader)
	needs := ok && w.NeedsWords()
	if needs && m.Format.IsZero() {
		field := "init"
		if prompted || m.Type == "union" {
			field = "format"
		}
		c.once(at(field), "No label words", "A %s with label words needs format = format.name, and a format block with words.", m.Type)
		return
	}
	f := c.exp.Find(m.Format)
	if m.Format.IsZero() || f == nil {
		return
	}
	format := f.Config().(*block.Format)
	switch {
	case d.Config.Task == dataset.Tagging || d.Config.Task == dataset.MultipleChoice:
		c.once(at("format"), "Attribute without effect", "Rows of a %s task are read word by word or choice by choice; a format does not change them.", d.Config.Task)
		return
	case format.Words == nil && needs:
		c.once(f.DefRange, "No label words", "Method %q needs words for the classes; this format has none: words = { class = [\"word\"] }.", m.Name)
		return
	case format.Words == nil:
		return
	case d.Config.Task != dataset.Classification:
		c.once(at("format"), "Label words without classes", "Label words answer a classification; data set %q is a %s task.", d.Name, d.Config.Task)
		return
	case !shape.LMHead:
		c.once(at("format"), "Model without language-modelling head", "Label words are scored by the head that predicts words, and the checkpoint of model %q has none.", model.Name)
		return
	}
	if why := format.Answerable(shape, prompted); why != "" {
		c.once(f.AttrRange("text"), "No place for the label word", "%s Method %q reads it with model %q.", why, m.Name, model.Name)
	}
}

// checkStart refuses a start that hands nothing on.
func (c *compiler) checkStart(b *config.Block, m *block.Method, at func(string) hcl.Range) {
	from := c.exp.Find(m.From)
	if from == nil {
		return
	}
	if m.Train == nil {
		c.once(at("from"), "Attribute without effect", "Method %q is fitted from its rows alone; only what is trained by gradients starts from another method.", m.Name)
		return
	}
	for _, p := range from.Points {
		other := p.Config.(*block.Method)
		probe, ok := other.Method.(*methods.Probing)
		switch {
		case other.Train != nil:
		case !ok || probe.Head != "linear":
			c.once(at("from"), "Nothing to start from", "Method %q leaves no weights that a model could start from; trained methods do, and probes with head = \"linear\".", p.Name)
		case probe.Layer != -1:
			c.once(at("from"), "Nothing to start from", "The probe %q reads layer %d; a head stands on the last layer, so leave layer out.", p.Name, probe.Layer)
		case !m.Format.IsZero() && c.hasWords(m.Format):
			c.once(at("from"), "Nothing to start from", "A probe starts a new head, and with label words there is none.")
		}
	}
}

func (c *compiler) hasWords(ref config.Ref) bool {
	f := c.exp.Find(ref)
	return f != nil && f.Config().(*block.Format).Words != nil
}
