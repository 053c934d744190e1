package lm

import (
	"fmt"
	"os"

	"runexp/internal/lm/nn"
)

// ReadShape reads what a checkpoint's shape is, and which parts it has,
// without reading its weights.
func ReadShape(path string) (*nn.Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	if !info.IsDir() {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open model: %w", err)
		}
		defer f.Close()
		c, _, err := llama2CConfig(f)
		if err != nil {
			return nil, fmt.Errorf("open model %s: %w", path, err)
		}
		return c, nil
	}
	c, err := ReadConfig(configFile(path))
	if err != nil {
		return nil, err
	}
	set, err := openTensors(path)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	if _, _, err := canonicalNames(c, set.Names()); err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, err)
	}
	return c, nil
}

// ReadRandomShape is the shape of the model that LoadRandom makes.
func ReadRandomShape(configPath string) (*nn.Config, error) {
	c, err := ReadConfig(configPath)
	if err != nil {
		return nil, err
	}
	withAllParts(c)
	return c, nil
}

// withAllParts gives an untrained model everything its family has.
func withAllParts(c *nn.Config) {
	c.LMHead = true
	c.Pooler = c.ModelType == "bert"
}
