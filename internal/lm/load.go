package lm

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
	"runexp/internal/lm/torchbin"
)

// Load reads a checkpoint: a folder in the Hugging Face layout, or a llama2.c
// .bin file with its tokenizer beside it. Every missing, unexpected or
// misshapen tensor is listed.
func Load(path string) (*Base, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	if !info.IsDir() {
		return loadLlama2C(path)
	}
	c, raw, err := readConfig(configFile(path))
	if err != nil {
		return nil, err
	}
	set, err := openTensors(path)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	b, err := fromTensors(c, set)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, err)
	}
	b.config = raw
	if b.Tokenizer, err = loadTokenizer(c, path); err != nil {
		b.Free()
		return nil, err
	}
	return b, nil
}

// openTensors opens the weights of a folder: safetensors, whole or in shards,
// or else PyTorch's own format.
func openTensors(dir string) (safetensors.Source, error) {
	set, err := safetensors.OpenDir(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return set, err
	}
	torch, torchErr := torchbin.OpenDir(dir)
	if errors.Is(torchErr, fs.ErrNotExist) {
		return nil, err
	}
	return torch, torchErr
}

// fromTensors matches a checkpoint's tensors with the parameters of its shape.
func fromTensors(c *nn.Config, set safetensors.Source) (*Base, error) {
	names, unused, err := canonicalNames(c, set.Names())
	if err != nil {
		return nil, err
	}
	arch, err := architecture(c)
	if err != nil {
		return nil, err
	}
	// What the file lacks is found before memory for it is asked for.
	if err := matchTensors(arch.Specs(), names, set); err != nil {
		return nil, err
	}
	b, err := newBase(c, false)
	if err != nil {
		return nil, err
	}
	b.Unused = unused
	for _, s := range arch.Specs() {
		if err := set.Read(names[s.Name], b.Weights[s.Name].Value.Slice()); err != nil {
			b.Free()
			return nil, err
		}
	}
	if err := b.checkFinite(); err != nil {
		b.Free()
		return nil, err
	}
	return b, nil
}

// matchTensors lists every tensor that is missing, unexpected or misshapen;
// names maps canonical names to the file's.
func matchTensors(specs []nn.Spec, names map[string]string, set safetensors.Source) error {
	var problems []string
	known := map[string]bool{}
	for _, s := range specs {
		known[s.Name] = true
		file, ok := names[s.Name]
		if !ok {
			problems = append(problems, fmt.Sprintf("missing tensor %q", s.Name))
			continue
		}
		if info, _ := set.Info(file); !sameShape(info.Shape, s.Shape) {
			problems = append(problems, fmt.Sprintf("tensor %q has shape %v, expected %v", file, info.Shape, s.Shape))
		} else if !safetensors.IsFloat(info.DType) {
			problems = append(problems, fmt.Sprintf("tensor %q is of %s, which cannot be used as weights; want F32, F16, BF16 or F64", file, info.DType))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !known[name] {
			problems = append(problems, fmt.Sprintf("unexpected tensor %q", names[name]))
		}
	}
	if more := len(problems) - maxProblems; more > 0 {
		problems = append(problems[:maxProblems], fmt.Sprintf("… and %d more", more))
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n  "))
	}
	return nil
}

// maxProblems is how many tensors that do not fit are listed.
const maxProblems = 10

func sameShape(file []int64, spec []int) bool {
	return slices.EqualFunc(file, spec, func(a int64, b int) bool { return a == int64(b) })
}
