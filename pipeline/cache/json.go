package cache

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// WriteJSON writes a value to a file of an output that is being made, indented
// and with fields and keys in one order.
func WriteJSON(dir, name string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), append(text, '\n'), 0o666); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// ReadJSON reads a file of the output into what v points to.
func (e *Entry) ReadJSON(name string, v any) error {
	text, err := e.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("read %s of %s: %w", name, e.Address(), err)
	}
	return nil
}
