package lm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
)

// Save writes the model in the Hugging Face layout: config.json,
// model.safetensors in float32, tokenizer files. Parameters that o replaces
// are written in their place; other kinds of overlay are not part of a model
// folder and are an error (merge them first).
func (b *Base) Save(dir string, o *nn.Overlay) error {
	var replaced map[string]*nn.Param
	if o != nil {
		replaced = o.Replaced
		if len(o.LowRank)+len(o.Scales)+len(o.Bottlenecks) > 0 || o.Prefix != nil || o.Soft != nil {
			return fmt.Errorf("save model %s: the overlay has additions that are not merged", dir)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	var tensors []safetensors.Named
	for _, s := range b.Arch.Specs() {
		p := b.Weights[s.Name]
		if r, ok := replaced[s.Name]; ok {
			p = r
		}
		tensors = append(tensors, named(s.Name, s.Shape, p))
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), map[string]string{"format": "pt"}, tensors); err != nil {
		return err
	}
	config := maps.Clone(b.config)
	config["torch_dtype"] = "float32"
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return fmt.Errorf("save model %s: %w", dir, err)
	}
	if err := os.WriteFile(configFile(dir), append(text, '\n'), 0o666); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	if b.Tokenizer == nil {
		return nil
	}
	return b.Tokenizer.Save(dir)
}

func named(name string, shape []int, p *nn.Param) safetensors.Named {
	n := safetensors.Named{Name: name, Data: p.Value.Slice()}
	for _, d := range shape {
		n.Shape = append(n.Shape, int64(d))
	}
	return n
}
