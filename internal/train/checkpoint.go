package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"runexp/internal/lm/safetensors"
)

// A checkpoint is two files: the tensors, and a description that names them
// by hash and is written last. Two pairs alternate, so that a torn pair
// leaves the one before it whole.
type checkpoint struct {
	SHA256   string  `json:"sha256"`
	Step     int     `json:"step"`
	Moved    []int   `json:"moved"` // optimiser steps of each parameter
	Result   Result  `json:"result"`
	Sum      float64 `json:"sum"`
	Count    int     `json:"count"`
	HasBest  bool    `json:"has_best"`
	BestAt   float64 `json:"best_at"`
	Patience int     `json:"patience"`
	Seconds  float64 `json:"seconds"`
}

func checkpointPaths(dir string, slot int) (tensors, description string) {
	base := filepath.Join(dir, fmt.Sprintf("checkpoint-%d", slot))
	return base + ".safetensors", base + ".json"
}

// save writes the state after step steps to the folder dir, if there is one.
func (l *loop) save(dir string, step int, seconds float64) error {
	if dir == "" {
		return nil
	}
	slot := 1 - max(l.slot, 0)
	tensors, description := checkpointPaths(dir, slot)
	list := l.adam.State()
	for i, b := range l.best {
		list = append(list, safetensors.Named{Name: bestName(i), Shape: []int64{int64(b.Rows), int64(b.Cols)}, Data: b.Slice()})
	}
	if err := os.Remove(description); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if err := safetensors.Write(tensors, nil, list); err != nil {
		return err
	}
	sum, err := hashFile(tensors)
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	c := checkpoint{
		SHA256: sum, Step: step, Moved: l.adam.Steps(), Result: *l.result, Sum: l.sum, Count: l.count,
		HasBest: l.best != nil, Patience: l.patience, Seconds: seconds,
	}
	if c.HasBest {
		c.BestAt = l.bestAt
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if err := renameio.WriteFile(description, text, 0o666); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	l.slot = slot
	return nil
}

// newest returns the latest whole checkpoint of a folder and its slot, or -1.
func newest(dir string) (*checkpoint, int) {
	if dir == "" {
		return nil, -1
	}
	var best *checkpoint
	slot := -1
	for s := range 2 {
		tensors, description := checkpointPaths(dir, s)
		text, err := os.ReadFile(description)
		if err != nil {
			continue
		}
		c := &checkpoint{}
		if json.Unmarshal(text, c) != nil {
			continue
		}
		if sum, err := hashFile(tensors); err != nil || sum != c.SHA256 {
			continue
		}
		if best == nil || c.Step > best.Step {
			best, slot = c, s
		}
	}
	return best, slot
}

// resume takes up the newest checkpoint of this run, or else of the run that
// it continues, and returns the step to go on from.
func (l *loop) resume() (step int, seconds float64, err error) {
	dir := l.options.Work
	c, slot := newest(dir)
	if c != nil {
		l.slot = slot
	} else {
		dir = l.options.Take
		if c, slot = newest(dir); c == nil {
			if dir != "" {
				return 0, 0, fmt.Errorf("resume: %s holds no whole checkpoint", dir)
			}
			return 0, 0, nil
		}
	}
	path, _ := checkpointPaths(dir, slot)
	f, err := safetensors.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if err := l.adam.Restore(f, c.Moved); err != nil {
		return 0, 0, fmt.Errorf("resume %s: %w", path, err)
	}
	if c.HasBest {
		for i, p := range l.params {
			b := l.state.New(p.Value.Rows, p.Value.Cols)
			if err := f.Read(bestName(i), b.Slice()); err != nil {
				return 0, 0, fmt.Errorf("resume %s: %w", path, err)
			}
			l.best = append(l.best, b)
		}
		l.bestAt = c.BestAt
	}
	*l.result = c.Result
	l.sum, l.count, l.patience = c.Sum, c.Count, c.Patience
	return c.Step, c.Seconds, nil
}

func bestName(i int) string { return fmt.Sprintf("best/%06d", i) }

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
