package lm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"runexp/internal/lm/nn"
)

// Limits on what config.json may ask for, checked before anything is
// allocated.
const (
	maxHidden     = 1 << 16
	maxLayers     = 1 << 10
	maxVocabulary = 1 << 24
	maxPositions  = 1 << 22
	maxParameters = int64(1) << 36

	maxConfigBytes = 4 << 20
)

// ReadConfig reads a config.json in the Hugging Face layout.
func ReadConfig(path string) (*nn.Config, error) {
	c, _, err := readConfig(path)
	return c, err
}

func readConfig(path string) (*nn.Config, map[string]any, error) {
	text, err := readSmall(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read model configuration: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var raw map[string]any
	if err := d.Decode(&raw); err != nil {
		return nil, nil, fmt.Errorf("%s: byte %d: %w", path, d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, fmt.Errorf("%s: byte %d: something follows the configuration", path, d.InputOffset())
	}
	c, err := parseConfig(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, raw, nil
}

// readSmall reads a file that is regular and of a configuration's size.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", path)
	case info.Size() > maxConfigBytes:
		return nil, fmt.Errorf("%s: %d bytes, larger than %d, the limit for a configuration", path, info.Size(), maxConfigBytes)
	}
	return os.ReadFile(path)
}

// parseConfig reads the shape that a decoded config.json describes.
func parseConfig(raw map[string]any) (*nn.Config, error) {
	f := &fields{raw: raw}
	c := &nn.Config{ModelType: f.string("model_type", "")}
	switch c.ModelType {
	case "bert", "roberta":
		parseBERT(f, c)
	case "distilbert":
		parseDistilBERT(f, c)
	case "gpt2":
		parseGPT2(f, c)
	case "llama", "mistral", "qwen2":
		parseLlama(f, c)
	default:
		f.fail("model_type", "%q is not one of bert, roberta, distilbert, gpt2, llama, mistral, qwen2", c.ModelType)
	}
	if f.err != nil {
		return nil, f.err
	}
	return c, checkConfig(c)
}

// checkConfig fills in the head's size and refuses shapes that cannot be
// computed or are absurdly large.
func checkConfig(c *nn.Config) error {
	switch {
	case c.HeadDim == 0 && c.Hidden%c.Heads != 0:
		return fmt.Errorf("hidden size %d is not a multiple of %d heads", c.Hidden, c.Heads)
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%d attention heads are not a multiple of %d key-value heads", c.Heads, c.KVHeads)
	}
	if c.HeadDim == 0 {
		c.HeadDim = c.Hidden / c.Heads
	}
	if c.RopeTheta > 0 && c.HeadDim%2 != 0 {
		return fmt.Errorf("a head of %d channels cannot be turned in pairs", c.HeadDim)
	}
	switch c.Activation {
	case "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu", "silu", "swish":
	default:
		return fmt.Errorf("activation %q is not supported", c.Activation)
	}
	arch, err := architecture(c)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, s := range arch.Specs() {
		total += s.Count()
	}
	if total > maxParameters {
		return fmt.Errorf("the model would have %d parameters; at most %d are read", total, maxParameters)
	}
	return nil
}

// configFile is where a checkpoint folder keeps its shape.
func configFile(dir string) string { return filepath.Join(dir, "config.json") }
