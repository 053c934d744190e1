package dataset

import (
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"strings"
)

// Write reads the source again and writes the data set into a folder: dataset.json
// and one file of rows for each split. The bytes are a function of the Config and the
// rows alone. Rows that changed since they were surveyed are refused.
func (s *Survey) Write(source Source, dir string) (*Dataset, error) {
	splits, err := s.write(source, dir)
	if err != nil {
		return nil, err
	}
	set := &Dataset{Task: s.config.Task, LabelNames: s.names}
	if err := set.open(dir); err != nil {
		return nil, errors.Join(err, set.Close())
	}
	if err := s.finish(set, splits, dir); err != nil {
		return nil, errors.Join(err, set.Close())
	}
	return set, nil
}

// finish accounts for the rows, and refuses leaks that the Config forbids.
func (s *Survey) finish(set *Dataset, splits []SplitCount, dir string) error {
	var err error
	if set.Accounting, err = s.account(set, splits); err != nil {
		return err
	}
	if lost := set.Accounting.Lost(); lost != 0 {
		return fmt.Errorf("dataset: %d rows of %d are not accounted for", lost, set.Accounting.RowsIn)
	}
	if err := s.judgeLeaks(set.Accounting.Leaks); err != nil {
		return err
	}
	return set.writeMeta(dir)
}

// write writes each row that is used into its split, and counts.
func (s *Survey) write(source Source, dir string) (counts []SplitCount, err error) {
	var to [len(splitFates)]*splitWriter
	defer func() {
		for _, w := range to {
			if w != nil {
				err = errors.Join(err, w.close())
			}
		}
	}()
	for i, name := range SplitNames {
		if to[i], err = s.createSplit(filepath.Join(dir, name+rowsFile)); err != nil {
			return nil, err
		}
	}
	index := make(map[string]int, len(s.names))
	for i, n := range s.names {
		index[n] = i
	}
	read, print := 0, fnv.New64a()
	if err := source.Each(func(r *Record) error {
		at := read
		read++
		if at >= len(s.fates) || s.fates[at] == unused {
			return nil
		}
		d, err := s.drafter.draft(r)
		if err != nil {
			return s.changed(r.Path)
		}
		print.Write(d.mark())
		s.shifted(d) // names the slice
		if d.ID == "" {
			d.ID = d.defaultID(s.again[at])
		}
		if err := d.number(s.config.Task, index); err != nil {
			return s.changed(r.Path)
		}
		return to[s.fates[at]-inTrain].add(&d.Row)
	}); err != nil {
		return nil, err
	}
	if read != len(s.fates) || print.Sum64() != s.print.Sum64() {
		return nil, s.changed(strings.Join(s.parts, ", "))
	}
	for i, name := range SplitNames {
		counts = append(counts, to[i].count(name, s.names))
	}
	return counts, nil
}

// changed is the error of a source that gives other rows the second time.
func (s *Survey) changed(path string) *Error {
	return mistake(Position{File: path}, "the rows changed while they were read; run again when nothing writes them")
}
