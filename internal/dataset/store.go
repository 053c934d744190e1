package dataset

import (
	"encoding/json"
	"errors"
	"fmt"
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

// writeMeta writes dataset.json. Its bytes are a function of the data set alone.
func (d *Dataset) writeMeta(dir string) error {
	text, err := json.MarshalIndent(meta{d.Task, d.LabelNames, d.Accounting}, "", "\t")
	if err != nil {
		return fmt.Errorf("dataset: writing %s: %w", MetaFile, err)
	}
	return os.WriteFile(filepath.Join(dir, MetaFile), append(text, '\n'), 0o644)
}

// ReadDir opens what Survey.Write has written. Close ends the use of its rows.
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
	if err := d.open(dir); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// open opens the rows of every split.
func (d *Dataset) open(dir string) (err error) {
	for _, name := range SplitNames {
		if *d.split(name), err = openRows(filepath.Join(dir, name+rowsFile), keptBytes); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the files of rows that are not kept in memory.
func (d *Dataset) Close() error {
	var errs []error
	for _, name := range SplitNames {
		if f := d.split(name).file; f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// Bytes is about what the data set holds in memory.
func (d *Dataset) Bytes() int64 {
	n := int64(0)
	for _, name := range SplitNames {
		rows := d.split(name)
		if rows.file != nil {
			n += int64(8 * len(rows.file.starts))
			continue
		}
		for i := range rows.list {
			n += rows.list[i].bytes()
		}
	}
	return n
}
