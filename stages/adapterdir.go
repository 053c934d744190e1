package stages

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/peft"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
)

// Given is what a run starts from besides the base model and other runs:
// files that somebody else may have written.
type Given struct {
	Classifier   string // new, or checkpoint: the classifier in the model's folder
	EvaluateOnly bool   // nothing is trained
}

// fromCheckpoint is the value of the attribute classifier that takes over a
// checkpoint's own classifier.
const fromCheckpoint = "checkpoint"

// given is what the method block says.
func (m *Method) given() Given { return Given{Classifier: m.Classifier, EvaluateOnly: m.EvaluateOnly} }

// adapterPrefix begins the names of an adapter's files among a node's files.
const adapterPrefix = "adapter/"

// adapterFiles lists the files of a PEFT or AdapterHub folder that count.
func adapterFiles(dir string) ([]pipeline.File, error) {
	var files []pipeline.File
	for _, name := range []string{
		"adapter_config.json", "adapter_model.safetensors", "adapter_model.bin",
		"adapter.safetensors", "pytorch_adapter.bin", "head_config.json", "model_head.safetensors", "pytorch_model_head.bin", peft.ReadingFile,
	} {
		if path := filepath.Join(dir, name); exists(path) {
			files = append(files, pipeline.File{Name: adapterPrefix + name, Path: path})
		}
	}
	if len(files) < 2 || files[0].Name != adapterPrefix+"adapter_config.json" {
		_, err := os.Stat(dir)
		if err == nil {
			err = errors.New("it holds no adapter_config.json with weights beside it")
		}
		return nil, fmt.Errorf("adapter folder %s: %w", dir, err)
	}
	return files, nil
}

// startFiles gives the node of a run the files of its adapter, and checks
// what the block says about its start.
func (c *compiler) startFiles(b *config.Block, r *Run, node *pipeline.Node) bool {
	m, before := r.Method, c.errors()
	_, trains := m.Method.(methods.Adapter)
	at := func(attribute string) func(summary, format string, args ...any) {
		return func(summary, format string, args ...any) {
			c.once(b.PointRange(r.Point, attribute), summary, format, args...)
		}
	}
	fromAdapter, fromHead := m.Adapter.Text != "", m.Classifier == fromCheckpoint
	switch {
	case !trains && fromAdapter:
		at("adapter")("Attribute without effect", "Method %q trains no parameters over a model, so it cannot start from an adapter.", m.Name)
	case !trains && fromHead:
		at("classifier")("Attribute without effect", "Method %q trains no head.", m.Name)
	case m.EvaluateOnly && !fromAdapter && !fromHead:
		at("evaluate_only")("Nothing to evaluate", "evaluate_only = true measures what adapter or classifier = %q start from; without one of them nothing has been trained.", fromCheckpoint)
	case fromAdapter && fromHead:
		at("classifier")("Two heads", "The adapter brings a head of its own.")
	case fromAdapter && !m.From.IsZero():
		at("adapter")("Two starts", "A method starts from another method or from an adapter, not from both.")
	case fromHead && !m.From.IsZero():
		at("classifier")("Two starts", "A method starts from another method or from the checkpoint's head, not from both.")
	}
	if c.errors() > before || !fromAdapter {
		return c.errors() == before
	}
	files, err := adapterFiles(m.Adapter.Abs)
	if err != nil {
		at("adapter")("Unreadable adapter", "%v.", err)
		return false
	}
	node.Files = append(node.Files, files...)
	if base := c.dryModel(r.Model); base != nil && r.Seed == c.plan.Experiment.Seeds[0] {
		o, _, err := peft.Import(m.Adapter.Abs, base)
		if err != nil {
			at("adapter")("Adapter does not fit", "On model %q: %v.", r.Model.Name, err)
			return false
		}
		o.Free()
	}
	return true
}

// readGiven reads the run's adapter, or the checkpoint's head, as an overlay
// to start from; nil where it has neither.
func (s *Adapt) readGiven(job *pipeline.Job, base *lm.Base, data *dataset.Dataset) (*nn.Overlay, error) {
	var o *nn.Overlay
	var err error
	i := slices.IndexFunc(job.Node.Files, func(f pipeline.File) bool { return strings.HasPrefix(f.Name, adapterPrefix) })
	switch {
	case i >= 0:
		o, _, err = peft.Import(filepath.Dir(job.Node.Files[i].Path), base)
	case s.Given.Classifier == fromCheckpoint:
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
		return nil, inputError{err.Error()}
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
		o.Head, err = nn.NewHead(o.Arena, base.Config(), nn.HeadSpec{Task: data.Task, Outputs: outputs(data), Words: words}, tensor.Key{})
		return err
	case h.Out != nil && h.Outputs == outputs(data) && slices.Contains(sequence, h.Task) && slices.Contains(sequence, data.Task):
		h.Task = data.Task
	}
	if s.Given.EvaluateOnly && (h.Task != data.Task || h.Out != nil && h.Outputs != outputs(data)) {
		return inputError{fmt.Sprintf("evaluate_only: the head is for %s with %d outputs, the data set is %s with %d", h.Task, h.Outputs, data.Task, outputs(data))}
	}
	return nil
}

// countGiven counts what a method that trains nothing takes over: the
// adapter's parameters, or none but a checkpoint's head.
func (m *Method) countGiven(base *lm.Base, trained methods.Count) (methods.Count, error) {
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

// keep leaves an overlay as the run's result without training it.
func (s *Adapt) keep(job *pipeline.Job, o *nn.Overlay) error {
	for _, p := range o.Params() {
		p.Frozen = true
	}
	if err := lm.SaveOverlay(filepath.Join(job.Out, overlayFile), o); err != nil {
		return err
	}
	return writeJSON(job.Out, trainFile, train.Result{Status: train.OK})
}
