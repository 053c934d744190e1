package lm

import (
	"fmt"
	"os"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tokenizer"
)

// Check says what is wrong with a checkpoint as Load would, without reading
// its weights: the shape, the tensors' names and shapes, the tokenizer.
func Check(path string) error {
	c, err := ReadShape(path)
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return err
	}
	set, err := openTensors(path)
	if err != nil {
		return err
	}
	defer set.Close()
	names, _, err := canonicalNames(c, set.Names())
	if err != nil {
		return fmt.Errorf("open checkpoint %s: %w", path, err)
	}
	arch, err := architecture(c)
	if err != nil {
		return fmt.Errorf("open checkpoint %s: %w", path, err)
	}
	if err := matchTensors(arch.Specs(), names, set); err != nil {
		return fmt.Errorf("open checkpoint %s: %w", path, err)
	}
	_, err = loadTokenizer(c, path)
	return err
}

// loadTokenizer reads a checkpoint's tokenizer, which must fit the shape.
func loadTokenizer(c *nn.Config, path string) (*tokenizer.Tokenizer, error) {
	t, err := tokenizer.Load(path)
	if err != nil {
		return nil, err
	}
	if n := t.Size(); n > c.Vocabulary {
		return nil, fmt.Errorf("open checkpoint %s: the tokenizer has %d tokens, but vocab_size is %d", path, n, c.Vocabulary)
	}
	return t, nil
}
