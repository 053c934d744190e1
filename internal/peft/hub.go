package peft

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
)

// Files of an AdapterHub folder.
const (
	hubWeights     = "adapter.safetensors"
	hubHeadConfig  = "head_config.json"
	hubHeadWeights = "model_head.safetensors"
)

// hubVersion is the version of the adapters library whose layout is written.
const hubVersion = "adapters.1.2.0"

// hubKinds are the bottlenecks that both sides know, by our name.
var hubKinds = map[string]struct {
	parts       []string // the places of a layer
	lnBefore    bool     // the adapter reads the norm of the sum
	parallel    bool
	initWeights string
}{
	"houlsby":  {parts: []string{"attention", "output"}, initWeights: "bert"},
	"pfeiffer": {parts: []string{"output"}, lnBefore: true, initWeights: "bert"},
	"parallel": {parts: []string{"output"}, parallel: true, initWeights: "mam_adapter"},
}

// hubActivations maps our names of activations to those of Transformers.
var hubActivations = map[string]string{"relu": "relu", "silu": "swish", "gelu": "gelu", "gelu_new": "gelu_new"}

// ExportHub writes an overlay of bottleneck adapters as an AdapterHub folder.
func ExportHub(dir string, base *lm.Base, o *nn.Overlay, info Info) (warnings []string, err error) {
	e := &exporter{base: base, o: o, info: info}
	config, err := e.bottlenecks()
	if err != nil {
		return nil, fmt.Errorf("export to AdapterHub: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("export to AdapterHub: %w", err)
	}
	metadata := map[string]string{"format": "pt"}
	if err := safetensors.Write(filepath.Join(dir, hubWeights), metadata, e.tensors); err != nil {
		return nil, err
	}
	if err := writeConfig(filepath.Join(dir, configFile), config); err != nil {
		return nil, err
	}
	e.tensors = nil
	config, err = e.hubHead()
	if err != nil {
		return nil, fmt.Errorf("export to AdapterHub: %w", err)
	}
	if config == nil {
		l, err := layoutOf(base.Config(), "language_modeling")
		if err != nil {
			return nil, fmt.Errorf("export to AdapterHub: %w", err)
		}
		e.warn("the language-modelling head is the model's own and not part of the files: load them over %s, after adapters.init(model)", l.class)
		return e.warnings, nil
	}
	if err := safetensors.Write(filepath.Join(dir, hubHeadWeights), metadata, e.tensors); err != nil {
		return nil, err
	}
	return e.warnings, writeConfig(filepath.Join(dir, hubHeadConfig), config)
}

// about is what every configuration of AdapterHub says.
func (e *exporter) about(config map[string]any) map[string]any {
	c := e.base.Config()
	return map[string]any{
		"config": config, "hidden_size": c.Hidden, "model_type": c.ModelType, "model_name": e.info.BaseModel,
		"model_class": families[c.ModelType] + "AdapterModel", "name": e.info.Name, "version": hubVersion,
	}
}

// bottlenecks collects the adapters' tensors and returns their configuration.
func (e *exporter) bottlenecks() (map[string]any, error) {
	o, c := e.o, e.base.Config()
	if len(o.LowRank)+len(o.Scales)+len(o.Replaced) > 0 || o.Soft != nil || o.Prefix != nil {
		return nil, errors.New("the adaptation changes more than its bottlenecks")
	}
	first := o.Bottlenecks[nn.BottleneckSite(0, "output")]
	if first == nil {
		return nil, errors.New("the adaptation has no bottlenecks")
	}
	kind, known := hubKinds[first.Kind]
	activation, knownActivation := hubActivations[first.Activation]
	switch {
	case !known || !knownActivation:
		return nil, fmt.Errorf("AdapterHub has no %s adapters with %s", first.Kind, first.Activation)
	case kind.parallel && c.Causal():
		return nil, errors.New("AdapterHub's parallel adapters read a decoder's residual, and ours what follows its norm")
	}
	for l := range c.Layers {
		for _, part := range kind.parts {
			b := o.Bottlenecks[nn.BottleneckSite(l, part)]
			if b == nil || b.Kind != first.Kind || b.Down.Value.Rows != first.Down.Value.Rows || b.Scale != first.Scale || b.Activation != first.Activation {
				return nil, fmt.Errorf("the bottlenecks of layer %d differ from those of layer 0", l)
			}
			for _, t := range hubTensors(c, l, part, e.info.Name, b) {
				e.add(t.name, *t.at, t.shape()...)
			}
		}
	}
	if want := len(kind.parts) * c.Layers; len(o.Bottlenecks) != want {
		return nil, fmt.Errorf("%d bottlenecks, and %s has %d", len(o.Bottlenecks), first.Kind, want)
	}
	return e.about(map[string]any{
		"architecture": nil, "mh_adapter": len(kind.parts) == 2, "output_adapter": true, "cross_adapter": false,
		"reduction_factor": reduction(c.Hidden, first.Down.Value.Rows), "non_linearity": activation, "scaling": floatJSON(first.Scale),
		"original_ln_before": kind.lnBefore, "original_ln_after": true, "residual_before_ln": true, "adapter_residual_before_ln": false,
		"ln_before": false, "ln_after": false, "is_parallel": kind.parallel, "init_weights": kind.initWeights, "use_gating": false,
		"inv_adapter": nil, "inv_adapter_reduction_factor": nil, "leave_out": []int{}, "dropout": floatJSON(0), "phm_layer": false,
	}), nil
}

// floatJSON writes a number with a point: the library asks whether a scale is
// a float.
func floatJSON(v float32) json.RawMessage {
	text, err := json.Marshal(shortest(v))
	if err != nil {
		panic(err)
	}
	if !strings.ContainsAny(string(text), ".e") {
		text = append(text, ".0"...)
	}
	return text
}

// reduction is a factor by which the library arrives at that width: it rounds
// hidden/factor down.
func reduction(hidden, width int) any {
	if f := hidden / width; hidden/f == width {
		return f
	}
	return float64(hidden) / (float64(width) + 0.5)
}

// hubTensors lists the tensors of a bottleneck after a part of a layer.
func hubTensors(c *nn.Config, layer int, part, name string, b *nn.Bottleneck) []headTensor {
	at := ""
	switch c.ModelType {
	case "bert", "roberta":
		at = fmt.Sprintf("%s.encoder.layer.%d.output", c.ModelType, layer)
		if part == "attention" {
			at = fmt.Sprintf("%s.encoder.layer.%d.attention.output", c.ModelType, layer)
		}
	case "distilbert":
		at = fmt.Sprintf("distilbert.transformer.layer.%d.%s_adapters", layer, part)
	case "gpt2":
		at = fmt.Sprintf("transformer.h.%d.%s_adapters", layer, part)
	default:
		at = fmt.Sprintf("model.layers.%d.%s_adapters", layer, part)
	}
	at += ".adapters." + name
	return []headTensor{
		{at + ".adapter_down.0.weight", &b.Down, 2}, {at + ".adapter_down.0.bias", &b.DownBias, 1},
		{at + ".adapter_up.weight", &b.Up, 2}, {at + ".adapter_up.bias", &b.UpBias, 1},
	}
}

// hubHeads are the types of heads by task.
var hubHeads = map[string]string{
	"classification": "classification", "regression": "classification", "multi_label": "multilabel_classification", "tagging": "tagging",
	"multiple_choice": "multiple_choice",
}

// hubHead collects the head's tensors and returns its configuration; nil for
// a language model.
func (e *exporter) hubHead() (map[string]any, error) {
	h, c := e.o.Head, e.base.Config()
	task := taskOf(h)
	if task == "language_modeling" {
		return nil, nil
	}
	pool := "cls"
	switch {
	case task == "tagging":
		pool = "tokens"
	case c.Causal():
		pool = "last"
	}
	switch {
	case hubHeads[task] == "":
		return nil, fmt.Errorf("AdapterHub has no head for %s", task)
	case task == "multiple_choice" && e.info.Choices < 2:
		return nil, errors.New("AdapterHub's head is made for a number of choices, and the rows hold lists of any length; give the choices as columns (input { choices = [\"a\", \"b\"] })")
	case task == "multiple_choice" && h.OutBias == nil:
		return nil, errors.New("AdapterHub's multiple-choice head has a bias that ours lacks")
	case h.Pooling != pool:
		return nil, fmt.Errorf("the head reads %s, and AdapterHub's reads %s", poolings[h.Pooling], poolings[pool])
	case task == "tagging" && h.OutBias == nil:
		return nil, errors.New("AdapterHub's tagging head has a bias that ours lacks")
	}
	config := map[string]any{
		"head_type": hubHeads[task], "num_labels": h.Outputs, "layers": 1, "activation_function": nil,
		"label2id": nil, "dropout_prob": floatJSON(h.Dropout),
	}
	if len(e.info.Labels) == h.Outputs {
		ids := map[string]int{}
		for i, l := range e.info.Labels {
			ids[l] = i
		}
		config["label2id"] = ids
	}
	switch task {
	case "tagging":
	case "multiple_choice":
		delete(config, "num_labels")
		config["num_choices"], config["label2id"], config["use_pooler"] = e.info.Choices, nil, h.UsePooler
	default:
		config["use_pooler"], config["bias"] = h.UsePooler, h.OutBias != nil
	}
	if h.Dense != nil {
		config["layers"], config["activation_function"] = 2, h.DenseActivation
	}
	for _, t := range hubHeadTensors(e.info.Name, h, h.Dense != nil, h.OutBias != nil) {
		e.add(t.name, *t.at, t.shape()...)
	}
	return e.about(config), nil
}

// hubHeadTensors numbers the layers as the library does: dropout, dense,
// activation, dropout, output; or dropout, output.
func hubHeadTensors(name string, h *nn.Head, dense, bias bool) []headTensor {
	at, out := "heads."+name+".", "1"
	var list []headTensor
	if dense {
		list, out = append(list, headTensor{at + "1.weight", &h.Dense, 2}, headTensor{at + "1.bias", &h.DenseBias, 1}), "4"
	}
	list = append(list, headTensor{at + out + ".weight", &h.Out, 2})
	if bias {
		list = append(list, headTensor{at + out + ".bias", &h.OutBias, 1})
	}
	return list
}

// kindOf is the bottleneck that a configuration describes.
func (c *hubConfig) kindOf() (string, error) {
	for _, name := range slices.Sorted(maps.Keys(hubKinds)) {
		k := hubKinds[name]
		if c.MHAdapter == (len(k.parts) == 2) && c.OutputAdapter && c.IsParallel == k.parallel && c.OriginalLNBefore == k.lnBefore {
			return name, nil
		}
	}
	return "", errors.New("the places of the adapters are none of houlsby, pfeiffer and parallel")
}
