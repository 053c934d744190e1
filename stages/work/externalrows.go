package work

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"runexp/internal/dataset"
)

// writeRows writes a split as JSON lines; answers are left out of the tests.
func (in Input) writeRows(path string, data *dataset.Dataset, split string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	buf := bufio.NewWriter(f)
	e := json.NewEncoder(buf)
	e.SetEscapeHTML(false)
	err = data.Split(split).Each(func(_ int, row *dataset.Row) error {
		text, pair, hasPair := in.filled(row)
		line := map[string]any{"id": row.ID, "text": text}
		if hasPair {
			line["text_pair"] = pair
		}
		if len(row.Choices) > 0 {
			line["choices"] = row.Choices
		}
		if split == dataset.TrainSplit || split == dataset.DevSplit {
			line["label"] = answerOf(data, row)
		}
		return e.Encode(line)
	})
	if err := errors.Join(err, buf.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func answerOf(data *dataset.Dataset, row *dataset.Row) any {
	switch data.Task {
	case dataset.Regression:
		return row.Target
	case dataset.MultiLabel:
		names := []string{}
		for _, l := range row.Labels {
			names = append(names, data.LabelNames[l])
		}
		return names
	case dataset.MultipleChoice:
		return row.Label
	}
	return data.LabelNames[row.Label]
}
