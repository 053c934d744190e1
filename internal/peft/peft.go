// Package peft carries adaptations to other programs and back: folders in the
// layout of the PEFT library, AdapterHub's layout for bottleneck adapters, and
// whole models for Hugging Face Transformers.
//
// An overlay over a base model goes in and files come out, or the other way
// round. A base without weights (lm.NewDry) is enough for adapters: only names
// and shapes are compared. What a format cannot say is an error that tells
// what can be done instead; nothing is written that another program would read
// as something else.
//
// Sources: the saving and loading code of huggingface/peft and of
// adapter-hub/adapters.
package peft

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
)

// Info is what files say besides the numbers.
type Info struct {
	BaseModel string // name or path of the base model
	Revision  string // of the base model; "" if unknown
	Name      string // of the adapter, in AdapterHub's layout
	Labels    []string
	Choices   int  // of every row of a multiple-choice task; 0 if their number differs
	RSLoRA    bool // the low-rank scale is alpha/√r
}

// Files of a PEFT folder.
const (
	configFile  = "adapter_config.json"
	weightsFile = "adapter_model.safetensors"
)

// Export writes an overlay to dir as a PEFT folder. The warnings say what a
// reader should know.
func Export(dir string, base *lm.Base, o *nn.Overlay, info Info) (warnings []string, err error) {
	e := &exporter{base: base, o: o, info: info, config: map[string]any{}}
	if err := e.export(); err != nil {
		return nil, fmt.Errorf("export to PEFT: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("export to PEFT: %w", err)
	}
	if err := safetensors.Write(filepath.Join(dir, weightsFile), map[string]string{"format": "pt"}, e.tensors); err != nil {
		return nil, err
	}
	if err := e.reading.write(dir); err != nil {
		return nil, err
	}
	return e.warnings, writeConfig(filepath.Join(dir, configFile), e.config)
}

// exporter collects the tensors and the configuration of a PEFT folder.
type exporter struct {
	base     *lm.Base
	o        *nn.Overlay
	info     Info
	config   map[string]any
	tensors  []safetensors.Named
	warnings []string
	reading  *reading // of the head's logits
}

func (e *exporter) warn(format string, args ...any) {
	e.warnings = append(e.warnings, fmt.Sprintf(format, args...))
}

func (e *exporter) add(name string, p *nn.Param, shape ...int) {
	n := safetensors.Named{Name: name, Data: p.Value.Slice()}
	for _, d := range shape {
		n.Shape = append(n.Shape, int64(d))
	}
	e.tensors = append(e.tensors, n)
}

// errMerge tells the way out for what changes weights of the base.
var errMerge = errors.New("export a merged model instead (runexp export -merge)")

func (e *exporter) export() error {
	o := e.o
	if len(o.Bottlenecks) > 0 {
		return errors.New("PEFT has no bottleneck adapters; they have AdapterHub's layout")
	}
	kinds := 0
	for _, present := range []bool{len(o.LowRank) > 0, len(o.Scales) > 0, o.Soft != nil, o.Prefix != nil} {
		if present {
			kinds++
		}
	}
	if kinds > 1 {
		return fmt.Errorf("a PEFT folder holds one method, and this adaptation unites several; %w", errMerge)
	}
	e.common()
	headPrefix := tunerPrefix
	var err error
	switch {
	case len(o.LowRank) > 0:
		err = e.lora()
	case len(o.Scales) > 0:
		err = e.ia3()
	case o.Soft != nil:
		headPrefix, err = promptPrefix, e.prompt()
	case o.Prefix != nil:
		headPrefix, err = promptPrefix, e.prefix()
	default:
		err = e.norms()
	}
	if err != nil {
		return err
	}
	return e.head(headPrefix)
}

// Where PEFT puts the base model's module path.
const (
	tunerPrefix  = "base_model.model."
	promptPrefix = "base_model."
)

// common writes the fields of every method.
func (e *exporter) common() {
	e.config["base_model_name_or_path"] = orNull(e.info.BaseModel)
	e.config["revision"] = orNull(e.info.Revision)
	e.config["inference_mode"] = true
	e.config["auto_mapping"] = nil
	e.config["task_type"] = nil
}

// onlyReplaced refuses replaced parameters that a method's folder has no
// place for.
func (e *exporter) onlyReplaced(method string, allowed func(name string) bool) error {
	for name := range e.o.Replaced {
		if !allowed(name) {
			return fmt.Errorf("%s has no place for a changed %s; %w", method, name, errMerge)
		}
	}
	return nil
}

func none(string) bool { return false }

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
