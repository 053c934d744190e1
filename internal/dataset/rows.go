package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Rows are the rows of a split. A small split lies in memory; of a large one only
// where each row begins, 8 bytes a row, and rows are read when they are asked for.
type Rows struct {
	list []Row
	file *rowFile
}

// RowsOf makes rows of a list.
func RowsOf(list []Row) Rows { return Rows{list: list} }

// Len is the number of rows.
func (r Rows) Len() int {
	if r.file != nil {
		return len(r.file.starts) - 1
	}
	return len(r.list)
}

// At returns row i.
func (r Rows) At(i int) (*Row, error) {
	if r.file == nil {
		return &r.list[i], nil
	}
	line := make([]byte, r.file.starts[i+1]-r.file.starts[i])
	if _, err := r.file.ReadAt(line, r.file.starts[i]); err != nil {
		return nil, err
	}
	return r.file.row(i, line)
}

// Each calls do with every row in order, and stops at its first error.
func (r Rows) Each(do func(i int, row *Row) error) error { return r.Between(0, r.Len(), do) }

// Between is Each for the rows from first up to, but not including, end.
func (r Rows) Between(first, end int, do func(i int, row *Row) error) error {
	if r.file != nil {
		return r.file.between(first, end, do)
	}
	for i := first; i < end; i++ {
		if err := do(i, &r.list[i]); err != nil {
			return err
		}
	}
	return nil
}

// All returns the rows as a list, in memory.
func (r Rows) All() ([]Row, error) {
	if r.file == nil {
		return r.list, nil
	}
	list := make([]Row, 0, r.Len())
	err := r.Each(func(_ int, row *Row) error {
		list = append(list, *row)
		return nil
	})
	return list, err
}

// rowFile is a file of rows, one JSON object a line.
type rowFile struct {
	*os.File
	starts []int64 // of each row, and the end of the last
}

// keptBytes is the largest file of rows that is kept in memory.
const keptBytes = 16 << 20

// openRows opens a file that a rowWriter has written; up to kept bytes are kept.
func openRows(path string, kept int64) (Rows, error) {
	file, err := os.Open(path)
	if err != nil {
		return Rows{}, err
	}
	f := &rowFile{File: file}
	if err := f.index(); err != nil {
		return Rows{}, errors.Join(err, file.Close())
	}
	rows := Rows{file: f}
	if f.starts[len(f.starts)-1] > kept {
		return rows, nil
	}
	list, err := rows.All()
	return Rows{list: list}, errors.Join(err, file.Close())
}

// index finds where rows begin: within one, JSON has no line end.
func (f *rowFile) index() error {
	f.starts = []int64{0}
	in, at := bufio.NewReaderSize(f.File, 1<<18), int64(0)
	for {
		part, err := in.ReadSlice('\n')
		at += int64(len(part))
		switch {
		case err == nil:
			f.starts = append(f.starts, at)
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(part) == 0:
			return nil
		case err == io.EOF:
			return fmt.Errorf("%s: row %d is not ended", f.Name(), len(f.starts))
		default:
			return err
		}
	}
}

func (f *rowFile) between(first, end int, do func(i int, row *Row) error) error {
	from := f.starts[first]
	in := bufio.NewReaderSize(io.NewSectionReader(f.File, from, f.starts[end]-from), 1<<16)
	var line []byte
	for i := first; i < end; i++ {
		size := int(f.starts[i+1] - f.starts[i])
		if cap(line) < size {
			line = make([]byte, size)
		}
		if _, err := io.ReadFull(in, line[:size]); err != nil {
			return fmt.Errorf("%s: row %d: %w", f.Name(), i+1, err)
		}
		row, err := f.row(i, line[:size])
		if err != nil {
			return err
		}
		if err := do(i, row); err != nil {
			return err
		}
	}
	return nil
}

func (f *rowFile) row(i int, line []byte) (*Row, error) {
	row := &Row{}
	if err := json.Unmarshal(line, row); err != nil {
		return nil, fmt.Errorf("%s: row %d: %w", f.Name(), i+1, err)
	}
	return row, nil
}

// A rowWriter writes the rows of a split, one JSON object a line.
type rowWriter struct {
	file    *os.File
	out     *bufio.Writer
	encoder *json.Encoder // maps are written with their keys sorted
}

func createRows(path string) (*rowWriter, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := &rowWriter{file: file, out: bufio.NewWriterSize(file, 1<<16)}
	w.encoder = json.NewEncoder(w.out)
	w.encoder.SetEscapeHTML(false)
	return w, nil
}

func (w *rowWriter) add(row *Row) error { return w.encoder.Encode(row) }

func (w *rowWriter) close() error { return errors.Join(w.out.Flush(), w.file.Close()) }
