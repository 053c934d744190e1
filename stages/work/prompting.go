package work

import (
	"context"
	"fmt"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm/tensor"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/block"
)

// promptFile holds what a method that asks the frozen model has settled on.
const promptFile = "prompt.json"

// Prompt is the content of promptFile.
type Prompt struct {
	// Wording is what a search chose; without a template it is the run's format.
	Wording   methods.Wording `json:"wording"`
	How       methods.Asking  `json:"how"`
	Separator string          `json:"separator,omitempty"`
	Shown     []int           `json:"shown,omitempty"`   // rows of train that every prompt shows
	Nearest   int             `json:"nearest,omitempty"` // or how many of the nearest
	Note      string          `json:"note"`
}

// prompt settles what the model is asked, and writes it.
func (s *Adapt) prompt(ctx context.Context, job *pipeline.Job, m methods.Prompter, data *dataset.Dataset) error {
	key := tensor.NewKey(uint64(s.Seed), "prompt")
	p := &Prompt{How: m.How()}
	switch m := m.(type) {
	case *methods.Prompting:
		p.Separator = m.Separator
		if err := s.show(p, m, data, key); err != nil {
			return err
		}
	case *methods.PromptSearch:
		if err := s.search(ctx, job, p, m, data, key); err != nil {
			return err
		}
	}
	if err := cache.WriteJSON(job.Out, promptFile, p); err != nil {
		return err
	}
	return cache.WriteJSON(job.Out, trainFile, train.Result{Status: train.OK})
}

// show chooses the demonstrations.
func (s *Adapt) show(p *Prompt, m *methods.Prompting, data *dataset.Dataset, key tensor.Key) error {
	switch {
	case m.Shots > data.Train.Len():
		return InputError(fmt.Sprintf("shots = %d: there are %d training rows to show", m.Shots, data.Train.Len()))
	case m.Shots == 0:
		p.Note = "zero-shot"
	case m.Selection == "nearest":
		p.Nearest, p.Note = m.Shots, fmt.Sprintf("the %d nearest training rows shown before each row", m.Shots)
	default:
		labels := make([]int, data.Train.Len())
		if err := data.Train.Each(func(i int, row *dataset.Row) error {
			labels[i] = row.Label
			return nil
		}); err != nil {
			return err
		}
		p.Shown = m.Draw(labels, len(data.LabelNames), key)
		p.Note = fmt.Sprintf("%d training rows shown, %s", len(p.Shown), m.Selection)
	}
	return nil
}

// search tries wordings on dev; the first of equally good ones is chosen.
func (s *Adapt) search(ctx context.Context, job *pipeline.Job, p *Prompt, m *methods.PromptSearch, data *dataset.Dataset, key tensor.Key) error {
	dev, err := data.Dev.All()
	if err != nil {
		return err
	}
	if len(dev) == 0 {
		return InputError("a prompt is chosen on dev, and the data set has no dev rows")
	}
	base, release, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer release()
	tried, best := m.Tried(key), 0.0
	for i, w := range tried {
		if ctx.Err() != nil {
			return fmt.Errorf("prompt search: %w", pipeline.ErrInterrupted)
		}
		a, err := newAsker(base, data, s.Input.worded(w), m.How(), "")
		if err != nil {
			return err
		}
		got, err := a.ask(dev, func(int) []int { return nil })
		if err != nil {
			return err
		}
		scores, targets := make([][]float64, len(dev)), make([]methods.Target, len(dev))
		for k := range scores {
			scores[k], targets[k] = got.Row(k), target(data, &dev[k])
		}
		score := scoreTargets(data, s.Metric, scores, targets)
		if i == 0 || score > best {
			best, p.Wording = score, w
		}
		job.Report(pipeline.Progress{Done: int64(i + 1), Total: int64(len(tried)), Unit: "prompts", Note: fmt.Sprintf("best %s %.3f", s.Metric, best)})
	}
	p.Note = fmt.Sprintf("%s, the best of %d tried on dev (%s %.3f); budget %d of %d combinations",
		p.Wording, len(tried), s.Metric, unsigned(s.Metric, best), m.Budget, m.Combinations())
	return nil
}

// worded is the input with the format that a search made.
func (in Input) worded(w methods.Wording) Input {
	in.Format, in.Words = &block.Format{Name: "wording", Text: w.Template}, w.Words
	return in
}

// prompt evaluates by asking the model, which stays as it is.
func (s *Evaluate) prompt(ctx context.Context, job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	base, release, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer release()
	p := &Prompt{}
	if err := job.In["adapt"].ReadJSON(promptFile, p); err != nil {
		return err
	}
	askers := map[string]*asker{}
	err = s.assessAll(data, e, nil, func(in Input, split string) (Predictions, error) {
		if ctx.Err() != nil {
			return Predictions{}, fmt.Errorf("evaluate: %w", pipeline.ErrInterrupted)
		}
		features := featuresInput(in, s.Input)
		if p.Wording.Template != "" {
			in = in.worded(p.Wording)
		}
		a := askers[in.Format.Name]
		if a == nil {
			if a, err = newAsker(base, data, in, p.How, p.Separator); err != nil {
				return Predictions{}, err
			}
			askers[in.Format.Name] = a
		}
		shown := func(int) []int { return p.Shown }
		if p.Nearest > 0 {
			x, err := readFeatures(job, features, data, *s.Need)
			if err != nil {
				return Predictions{}, err
			}
			shown = func(i int) []int { return methods.Nearest(x[dataset.TrainSplit], x[split].Row(i), p.Nearest) }
		}
		rows, err := data.Split(split).All()
		if err != nil {
			return Predictions{}, err
		}
		return a.ask(rows, shown)
	})
	if err != nil {
		return err
	}
	e.Note = p.Note
	for _, in := range append([]Input{s.Input}, s.Shifted...) {
		if in.Format == nil || askers[in.Format.Name] == nil {
			continue
		}
		if n := askers[in.Format.Name].leftOut; n > 0 {
			e.Note += fmt.Sprintf("; in format %q %d prompts had room for fewer", in.Format.Name, n)
		}
	}
	e.Note = strings.TrimSpace(e.Note)
	return e.frozen(job)
}

// featuresInput names the job's input with the features of rows in a format.
func featuresInput(in, own Input) string {
	if in.Format != nil && in.Format != own.Format {
		return "features " + in.Format.Name
	}
	return "features"
}
