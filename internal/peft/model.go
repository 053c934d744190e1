package peft

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/torchbin"
)

// modelFile and modelConfig are the files of a model folder.
const (
	modelFile   = "model.safetensors"
	modelConfig = "config.json"
)

// problems are Transformers' names of the tasks of one class.
var problems = map[string]string{
	"classification": "single_label_classification", "regression": "regression", "multi_label": "multi_label_classification",
}

// SaveModel writes base, with the parameters that o replaces, and o's head as
// one model in the Hugging Face layout: the class that computes the same, its
// weights in float32, its labels. Tokenizer files are the caller's.
func SaveModel(dir string, base *lm.Base, o *nn.Overlay, info Info) (warnings []string, err error) {
	if len(o.LowRank)+len(o.Scales)+len(o.Bottlenecks) > 0 || o.Prefix != nil || o.Soft != nil {
		return nil, errors.New("save model: the overlay has additions that are not merged")
	}
	layout, err := matchHead(base.Config(), o.Head)
	if err != nil {
		return nil, fmt.Errorf("save model: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("save model: %w", err)
	}
	e := &exporter{base: base, o: o}
	for _, s := range base.Arch.Specs() {
		if s.Group == "lm_head" && layout.out != "" || s.Group == "pooler" && layout.out != "" && !layout.pooler {
			continue
		}
		p := base.Weights[s.Name]
		if r := o.Replaced[s.Name]; r != nil {
			p = r
		}
		e.add(s.Name, p, s.Shape...)
	}
	for _, t := range layout.named(o.Head) {
		e.add(t.name, *t.at, t.shape()...)
	}
	if err := safetensors.Write(filepath.Join(dir, modelFile), map[string]string{"format": "pt"}, e.tensors); err != nil {
		return nil, err
	}
	if r := newReading(layout, o); r != nil {
		e.warn("%s", r.warning())
		if err := r.write(dir); err != nil {
			return nil, err
		}
	}
	return e.warnings, writeConfig(filepath.Join(dir, modelConfig), settings(base, o.Head, layout, info))
}

// settings is the base's configuration for another class.
func settings(base *lm.Base, h *nn.Head, l headLayout, info Info) map[string]any {
	c := base.ConfigJSON()
	if c == nil {
		c = map[string]any{}
	}
	c["architectures"], c["torch_dtype"] = []string{l.class}, "float32"
	delete(c, "dtype")
	if l.out == "" {
		return c
	}
	if base.Config().Causal() {
		// Without it the class refuses more than one row at a time.
		c["pad_token_id"] = base.Config().PadID
	}
	delete(c, "num_labels")
	id2label, label2id := map[string]string{}, map[string]int{}
	for i := range h.Outputs {
		name := "LABEL_" + strconv.Itoa(i)
		if len(info.Labels) == h.Outputs {
			name = info.Labels[i]
		}
		id2label[strconv.Itoa(i)], label2id[name] = name, i
	}
	c["id2label"], c["label2id"] = id2label, label2id
	delete(c, "problem_type")
	if p := problems[h.Task]; p != "" && l.reads == "" {
		c["problem_type"] = p
	}
	return c
}

// LoadHead reads the head of a model folder that was saved for a task, over
// the base that was loaded from the same folder, and the names of its labels.
// A folder of a language model gives that head. The caller frees the overlay.
func LoadHead(dir string, base *lm.Base) (*nn.Overlay, []string, error) {
	text, err := os.ReadFile(filepath.Join(dir, modelConfig))
	if err != nil {
		return nil, nil, fmt.Errorf("open head: %w", err)
	}
	var c struct {
		Architectures []string          `json:"architectures"`
		ProblemType   string            `json:"problem_type"`
		ID2Label      map[string]string `json:"id2label"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, nil, fmt.Errorf("open head %s: %w", dir, err)
	}
	if len(c.Architectures) != 1 {
		return nil, nil, fmt.Errorf("open head %s: config.json names no class (architectures)", dir)
	}
	task, err := taskOfClass(c.Architectures[0], c.ProblemType)
	if err != nil {
		return nil, nil, fmt.Errorf("open head %s: %w", dir, err)
	}
	source, err := openModel(dir)
	if err != nil {
		return nil, nil, err
	}
	defer source.Close()
	r := &importer{reader: newReader(source), base: base, config: &peftConfig{}}
	r.layout, err = layoutOf(base.Config(), task)
	if err == nil {
		err = r.readHead(task, "")
	}
	if err == nil && len(r.problems) > 0 {
		err = errors.New(strings.Join(r.problems, "\n  "))
	}
	if err != nil {
		r.o.Free()
		return nil, nil, fmt.Errorf("open head %s: %w", dir, err)
	}
	if c.ProblemType != "" && r.o.Head.Out != nil {
		r.o.Head.Task = task
	}
	if err := r.readReading(dir); err != nil {
		r.o.Free()
		return nil, nil, fmt.Errorf("open head %s: %w", dir, err)
	}
	labels := make([]string, r.o.Head.Outputs)
	for i := range labels {
		labels[i] = c.ID2Label[strconv.Itoa(i)]
	}
	if slices.Contains(labels, "") {
		labels = nil
	}
	return r.o, labels, nil
}

// taskOfClass is the task of a Transformers class.
func taskOfClass(class, problem string) (string, error) {
	switch {
	case strings.HasSuffix(class, "ForSequenceClassification"):
		for task, name := range problems {
			if name == problem {
				return task, nil
			}
		}
		return "classification", nil
	case strings.HasSuffix(class, "ForTokenClassification"):
		return "tagging", nil
	case strings.HasSuffix(class, "ForMultipleChoice"):
		return "multiple_choice", nil
	case strings.HasSuffix(class, "ForMaskedLM"), strings.HasSuffix(class, "LMHeadModel"), strings.HasSuffix(class, "ForCausalLM"):
		return "language_modeling", nil
	}
	return "", fmt.Errorf("class %s has no head that is known here", class)
}

func openModel(dir string) (safetensors.Source, error) {
	set, err := safetensors.OpenDir(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return set, err
	}
	return torchbin.OpenDir(dir)
}
