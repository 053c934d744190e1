package lm

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
)

const replacedPrefix = "replaced/"

// SaveOverlay writes an overlay to one safetensors file.
func SaveOverlay(path string, o *nn.Overlay) error {
	d := describe(o)
	var tensors []safetensors.Named
	add := func(name string, p *nn.Param) {
		tensors = append(tensors, named(name, []int{p.Value.Rows, p.Value.Cols}, p))
		if p.Frozen {
			d.Frozen = append(d.Frozen, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Replaced)) {
		add(replacedPrefix+name, o.Replaced[name])
	}
	for _, p := range places(o, d) {
		if *p.at != nil {
			add(p.name, *p.at)
		}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("save overlay %s: %w", path, err)
	}
	return safetensors.Write(path, map[string]string{"overlay": string(text)}, tensors)
}

// LoadOverlay reads what SaveOverlay wrote.
func LoadOverlay(path string) (*nn.Overlay, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := &overlayDescription{}
	if err := json.Unmarshal([]byte(f.Metadata()["overlay"]), d); err != nil {
		return nil, fmt.Errorf("open overlay %s: %w", path, err)
	}
	o := nn.NewOverlay(false)
	if err := fillOverlay(o, d, f); err != nil {
		o.Free()
		return nil, fmt.Errorf("open overlay %s: %w", path, err)
	}
	return o, nil
}

func fillOverlay(o *nn.Overlay, d *overlayDescription, f *safetensors.File) error {
	read := func(name string) (*nn.Param, error) {
		info, _ := f.Info(name)
		if len(info.Shape) != 2 {
			return nil, fmt.Errorf("tensor %q has shape %v, expected two dimensions", name, info.Shape)
		}
		p := nn.NewParam(o.Arena, name, int(info.Shape[0]), int(info.Shape[1]))
		p.Frozen = slices.Contains(d.Frozen, name)
		return p, f.Read(name, p.Value.Slice())
	}
	known := map[string]**nn.Param{}
	all := places(o, d)
	for _, p := range all {
		known[p.name] = p.at
	}
	for _, name := range f.Names() {
		p, err := read(name)
		if err != nil {
			return err
		}
		if at, ok := known[name]; ok {
			*at = p
		} else if base, ok := strings.CutPrefix(name, replacedPrefix); ok {
			p.Name = base
			o.Replaced[base] = p
		} else {
			return fmt.Errorf("unexpected tensor %q", name)
		}
	}
	for _, p := range all {
		if *p.at == nil && !p.optional {
			return fmt.Errorf("missing tensor %q", p.name)
		}
	}
	if p := o.Prefix; p != nil && p.Table == nil && slices.Contains([]*nn.Param{p.Embedding, p.W1, p.Bias1, p.W2, p.Bias2}, nil) {
		return errors.New("the prefix has neither a table nor a whole network that makes it")
	}
	return nil
}
