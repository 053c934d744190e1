package peft

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/torchbin"
)

// Import reads a folder of PEFT's or AdapterHub's layout over base, of which
// only names and shapes are needed. Every tensor that is missing, left over or
// misshapen is listed in the error. The head's task is classification, or
// regression if it has one output; the files do not tell multi-label tasks
// apart. The caller frees the overlay.
func Import(dir string, base *lm.Base) (*nn.Overlay, Info, error) {
	if isHub(dir) {
		return importHub(dir, base)
	}
	c, err := readConfig(filepath.Join(dir, configFile))
	if err != nil {
		return nil, Info{}, err
	}
	source, err := openWeights(dir, weightsFile, "adapter_model.bin")
	if err != nil {
		return nil, Info{}, err
	}
	defer source.Close()
	r := &importer{reader: newReader(source), base: base, config: c}
	err = r.adapter()
	if err == nil {
		err = r.readReading(dir)
	}
	if err != nil {
		r.o.Free()
		return nil, Info{}, fmt.Errorf("open adapter %s: %w", dir, err)
	}
	return r.o, Info{BaseModel: c.BaseModel, Revision: c.Revision, RSLoRA: c.UseRSLoRA}, nil
}

// openWeights opens the safetensors file, or else PyTorch's.
func openWeights(dir, safe, torch string) (safetensors.Source, error) {
	f, err := safetensors.Open(filepath.Join(dir, safe))
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if _, statErr := os.Stat(filepath.Join(dir, torch)); statErr != nil {
		return nil, err
	}
	return torchbin.Open(filepath.Join(dir, torch))
}

// importer reads a PEFT folder.
type importer struct {
	*reader
	base   *lm.Base
	config *peftConfig
	layout headLayout
}

func (r *importer) adapter() error {
	task, err := r.task()
	if err != nil {
		return err
	}
	if r.layout, err = layoutOf(r.base.Config(), task); err != nil {
		return err
	}
	headPrefix := tunerPrefix
	switch r.config.PEFTType {
	case "LORA":
		err = r.lora()
	case "IA3":
		err = r.ia3()
	case "LN_TUNING":
		err = r.norms()
	case "PROMPT_TUNING", "PREFIX_TUNING":
		headPrefix, err = promptPrefix, r.prompt()
	default:
		return fmt.Errorf("peft_type %q is not one of LORA, IA3, LN_TUNING, PROMPT_TUNING, PREFIX_TUNING", r.config.PEFTType)
	}
	if err != nil {
		return err
	}
	if err := r.readHead(task, headPrefix); err != nil {
		return err
	}
	r.savedModules(headPrefix)
	return r.finish()
}

// task is what the configuration says that the adapter is for.
func (r *importer) task() (string, error) {
	switch r.config.TaskType {
	case "SEQ_CLS":
		return "classification", nil
	case "TOKEN_CLS":
		return "tagging", nil
	case "CAUSAL_LM", "FEATURE_EXTRACTION":
		return "language_modeling", nil
	case "":
		if strings.HasSuffix(r.config.AutoMapping.Class, "ForMultipleChoice") {
			return "multiple_choice", nil
		}
		return "language_modeling", nil
	}
	return "", fmt.Errorf("task_type %q is not supported", r.config.TaskType)
}

func (r *importer) readHead(task, prefix string) error {
	c, l := r.base.Config(), r.layout
	if l.pooler && !c.Pooler {
		return fmt.Errorf("%s reads a pooler, and the base model has none", l.class)
	}
	h := &nn.Head{Task: task, Pooling: l.pool, UsePooler: l.pooler, DenseActivation: l.act, Dropout: float32(c.HeadDropout)}
	r.o.Head = h
	if l.out == "" {
		h.Pooling = "tokens"
		return nil
	}
	if info, ok := r.source.Info(prefix + l.out + ".weight"); ok && len(info.Shape) == 2 {
		h.Outputs = int(info.Shape[0])
		if h.Outputs == 0 {
			return errors.New("the head has no outputs")
		}
	}
	if task == "classification" && h.Outputs == 1 {
		h.Task = "regression"
	}
	r.head(h, l.named(h), c.Hidden, prefix)
	return nil
}

// savedModules takes over whole modules of the base that were trained
// (modules_to_save), and biases beside LoRA.
func (r *importer) savedModules(prefix string) {
	for _, file := range r.left() {
		name, ok := strings.CutPrefix(file, prefix)
		if ok && r.base.Weights[name] != nil && (r.config.Bias != "none" && isBias(name) || r.config.saves(name)) {
			r.replace(file, name)
		}
	}
}

// saves reports whether modules_to_save names a module on the way to a
// parameter.
func (c *peftConfig) saves(name string) bool {
	return slices.ContainsFunc(c.ModulesToSave, func(m string) bool {
		return strings.Contains("."+name, "."+m+".")
	})
}

// inClass reports whether the Transformers class has the module.
func (r *importer) inClass(module string) bool {
	return slices.Contains(modules(r.base, r.layout), module)
}

// replace reads a base parameter's new value.
func (r *importer) replace(file, name string) {
	i := slices.IndexFunc(r.base.Arch.Specs(), func(s nn.Spec) bool { return s.Name == name })
	s := r.base.Arch.Specs()[i]
	rows, cols := s.Matrix()
	p := r.param(file, name, rows, cols, s.Shape)
	if p != nil {
		p.NoDecay = len(s.Shape) == 1
		r.o.Replaced[name] = p
	}
}
