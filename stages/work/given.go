package work

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/peft"
	"runexp/internal/train"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/block"
)

// Given is what a run starts from besides the base model and other runs:
// files that somebody else may have written.
type Given struct {
	Classifier   string // new, or checkpoint: the classifier in the model's folder
	EvaluateOnly bool   // nothing is trained
}

// AdapterPrefix begins the names of an adapter's files among a node's files.
const AdapterPrefix = "adapter/"

// readGiven reads the run's adapter, or the checkpoint's head, as an overlay
// to start from; nil where it has neither.
func (s *Adapt) readGiven(job *pipeline.Job, base *lm.Base, data *dataset.Dataset) (*nn.Overlay, error) {
	var o *nn.Overlay
	var err error
	i := slices.IndexFunc(job.Node.Files, func(f pipeline.File) bool { return strings.HasPrefix(f.Name, AdapterPrefix) })
	switch {
	case i >= 0:
		o, _, err = peft.Import(filepath.Dir(job.Node.Files[i].Path), base)
	case s.Given.Classifier == block.FromCheckpoint:
		var dir string
		if dir, err = job.Dir("model"); err != nil {
			return nil, err
		}
		o, _, err = peft.LoadHead(modelPath(dir), base)
		if err == nil && o.Head.Out == nil {
			o.Free()
			err = errors.New("the checkpoint is a language model and has no classifier")
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, InputError(err.Error())
	}
	if err := s.fitHead(base, o, data); err != nil {
		o.Free()
		return nil, err
	}
	return o, nil
}

// fitHead gives an overlay that was read the head's task: files do not tell
// tasks of one class apart, and leave label words to the format.
func (s *Adapt) fitHead(base *lm.Base, o *nn.Overlay, data *dataset.Dataset) error {
	words, err := s.Input.labelWords(base, data)
	if err != nil {
		return err
	}
	h := o.Head
	sequence := []string{dataset.Classification, dataset.Regression, dataset.MultiLabel}
	switch {
	case h.Out == nil && words != nil:
		o.Head, err = nn.NewHead(o.Arena, base.Config(), nn.HeadSpec{Task: data.Task, Outputs: Outputs(data), Words: words}, tensor.Key{})
		return err
	case h.Out != nil && h.Outputs == Outputs(data) && slices.Contains(sequence, h.Task) && slices.Contains(sequence, data.Task):
		h.Task = data.Task
	}
	if s.Given.EvaluateOnly && (h.Task != data.Task || h.Out != nil && h.Outputs != Outputs(data)) {
		return InputError(fmt.Sprintf("evaluate_only: the head is for %s with %d outputs, the data set is %s with %d", h.Task, h.Outputs, data.Task, Outputs(data)))
	}
	return nil
}

// keep leaves an overlay as the run's result without training it.
func (s *Adapt) keep(job *pipeline.Job, o *nn.Overlay) error {
	for _, p := range o.Params() {
		p.Frozen = true
	}
	if err := lm.SaveOverlay(filepath.Join(job.Out, OverlayFile), o); err != nil {
		return err
	}
	return cache.WriteJSON(job.Out, trainFile, train.Result{Status: train.OK})
}
