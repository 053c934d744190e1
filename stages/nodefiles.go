package stages

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"runexp/internal/peft"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// adapterFiles lists the files of a PEFT or AdapterHub folder that count.
func adapterFiles(dir string) ([]pipeline.File, error) {
	var files []pipeline.File
	for _, name := range []string{
		"adapter_config.json", "adapter_model.safetensors", "adapter_model.bin",
		"adapter.safetensors", "pytorch_adapter.bin", "head_config.json", "model_head.safetensors", "pytorch_model_head.bin", peft.ReadingFile,
	} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			files = append(files, pipeline.File{Name: work.AdapterPrefix + name, Path: path})
		}
	}
	if len(files) < 2 || files[0].Name != work.AdapterPrefix+"adapter_config.json" {
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
	fromAdapter, fromHead := m.Adapter.Text != "", m.Classifier == block.FromCheckpoint
	switch {
	case !trains && fromAdapter:
		at("adapter")("Attribute without effect", "Method %q trains no parameters over a model, so it cannot start from an adapter.", m.Name)
	case !trains && fromHead:
		at("classifier")("Attribute without effect", "Method %q trains no head.", m.Name)
	case m.EvaluateOnly && !fromAdapter && !fromHead:
		at("evaluate_only")("Nothing to evaluate", "evaluate_only = true measures what adapter or classifier = %q start from; without one of them nothing has been trained.", block.FromCheckpoint)
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

// commandFiles lists the arguments of a command that name files beside the
// experiment: their content is part of the key.
func (c *compiler) commandFiles(m *methods.External) []pipeline.File {
	var files []pipeline.File
	for i, arg := range m.Command {
		path := arg
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.exp.Dir, arg)
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, pipeline.File{Name: fmt.Sprintf("command/%d", i), Path: path})
		}
	}
	return files
}

// expandPath finds the files that a path or pattern names.
func expandPath(p config.Path) ([]string, error) {
	matches, err := filepath.Glob(p.Abs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Text, err)
	}
	slices.Sort(matches)
	var files []string
	for _, m := range matches {
		info, err := os.Stat(m)
		switch {
		case err != nil:
			return nil, err
		case info.IsDir():
			continue
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is not a regular file", p.Text)
		}
		files = append(files, m)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no file matches %s", p.Text)
	}
	return files, nil
}
