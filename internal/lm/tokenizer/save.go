package tokenizer

import (
	"fmt"
	"os"
	"path/filepath"
)

// Save writes the tokenizer's files into a folder, which must exist. A
// tokenizer that was loaded writes the very bytes it was read from.
func (t *Tokenizer) Save(dir string) error {
	for _, f := range t.files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, 0o666); err != nil {
			return fmt.Errorf("save tokenizer: %w", err)
		}
	}
	return nil
}
