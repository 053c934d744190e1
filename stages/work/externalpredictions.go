package work

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"runexp/internal/dataset"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// readPredictions reads the predictions of one split: every row once, with
// probabilities ("probs", one per label or choice) or a number ("value").
func readPredictions(path string, data *dataset.Dataset, split string) (Predictions, error) {
	f, err := os.Open(path)
	if err != nil {
		return Predictions{}, fmt.Errorf("no %s was left: %w", predictionsFile, errors.Unwrap(err))
	}
	defer f.Close()
	rows := data.Split(split)
	places := make(map[string]predicted, rows.Len())
	if err := rows.Each(func(i int, row *dataset.Row) error {
		places[row.ID] = predicted{i, expectedNumbers(data, row)}
		return nil
	}); err != nil {
		return Predictions{}, err
	}
	found := make([][]float64, rows.Len())
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxExternalLine)
	for n := 1; lines.Scan(); n++ {
		var line struct {
			Split string    `json:"split"`
			ID    string    `json:"id"`
			Probs []float64 `json:"probs"`
			Value *float64  `json:"value"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return Predictions{}, fmt.Errorf("%s:%d: %w", predictionsFile, n, err)
		}
		if line.Split != split {
			continue
		}
		at, ok := places[line.ID]
		switch {
		case !ok:
			return Predictions{}, fmt.Errorf("%s:%d: split %s has no row %q", predictionsFile, n, split, line.ID)
		case found[at.row] != nil:
			return Predictions{}, fmt.Errorf("%s:%d: row %q is predicted twice", predictionsFile, n, line.ID)
		case line.Value != nil:
			found[at.row] = []float64{*line.Value}
		default:
			found[at.row] = line.Probs
		}
		if len(found[at.row]) != at.numbers {
			return Predictions{}, fmt.Errorf("%s:%d: %d numbers, want %d", predictionsFile, n, len(found[at.row]), at.numbers)
		}
	}
	if err := lines.Err(); err != nil {
		return Predictions{}, fmt.Errorf("%s: %w", predictionsFile, err)
	}
	for i := range found {
		if found[i] == nil {
			row, err := rows.At(i)
			if err != nil {
				return Predictions{}, err
			}
			return Predictions{}, fmt.Errorf("%s: row %q of %s has no prediction", predictionsFile, row.ID, split)
		}
	}
	if data.Task == dataset.MultipleChoice {
		return Predictions{cols: 1, values: slices.Concat(found...)}, nil
	}
	return Flatten(found), nil
}

// predicted is a row's number in its split and how many numbers predict it.
type predicted struct{ row, numbers int }

func expectedNumbers(data *dataset.Dataset, row *dataset.Row) int {
	if data.Task == dataset.MultipleChoice {
		return len(row.Choices)
	}
	return Outputs(data)
}

// evaluateExternal assesses the predictions that the command left.
func (s *Evaluate) external(job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	dir, err := job.Dir("adapt")
	if err != nil {
		return err
	}
	if e.Stored, err = storedBytes(job.In["adapt"]); err != nil {
		return err
	}
	return s.assessAll(data, e, nil, func(_ Input, split string) (Predictions, error) {
		return readPredictions(filepath.Join(dir, predictionsFile), data, split)
	})
}

// storedBytes is what an external command left besides its predictions.
func storedBytes(entry *cache.Entry) (int64, error) {
	files, err := entry.Files()
	n := int64(0)
	for _, f := range files {
		if f.Name != predictionsFile && f.Name != trainFile {
			n += f.Size
		}
	}
	return n, err
}
