package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Names of the files of a written data set.
const (
	MetaFile = "dataset.json"
	rowsFile = ".rows.jsonl" // after the name of the split
)

// meta is the part of a data set that is not rows.
type meta struct {
	Task       string     `json:"task"`
	LabelNames []string   `json:"label_names"`
	Accounting Accounting `json:"accounting"`
}

// WriteDir writes the data set into a folder: dataset.json and one file of rows for
// each split. The bytes are a function of the data set alone.
func (d *Dataset) WriteDir(dir string) error {
	text, err := json.MarshalIndent(meta{d.Task, d.LabelNames, d.Accounting}, "", "\t")
	if err != nil {
		return fmt.Errorf("dataset: writing %s: %w", MetaFile, err)
	}
	if err := os.WriteFile(filepath.Join(dir, MetaFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	for _, name := range SplitNames {
		if err := writeRows(filepath.Join(dir, name+rowsFile), d.Split(name)); err != nil {
			return err
		}
	}
	return nil
}

func writeRows(path string, rows []Row) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriterSize(file, 1<<16)
	encoder := json.NewEncoder(out) // maps are written with their keys sorted
	encoder.SetEscapeHTML(false)
	for i := range rows {
		if err := encoder.Encode(&rows[i]); err != nil {
			return fmt.Errorf("%s: row %d: %w", path, i+1, err)
		}
	}
	return out.Flush()
}

// ReadDir reads what WriteDir has written.
func ReadDir(dir string) (*Dataset, error) {
	text, err := os.ReadFile(filepath.Join(dir, MetaFile))
	if err != nil {
		return nil, err
	}
	var m meta
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, MetaFile), err)
	}
	d := &Dataset{Task: m.Task, LabelNames: m.LabelNames, Accounting: m.Accounting}
	for _, name := range SplitNames {
		rows, err := readRows(filepath.Join(dir, name+rowsFile))
		if err != nil {
			return nil, err
		}
		d.setSplit(name, rows)
	}
	return d, nil
}

func readRows(path string) ([]Row, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	decoder := json.NewDecoder(bufio.NewReaderSize(file, 1<<16))
	rows := []Row{}
	for {
		var r Row
		err := decoder.Decode(&r)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", path, len(rows)+1, err)
		}
		rows = append(rows, r)
	}
}
