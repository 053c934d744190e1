package dataset

import (
	"io"
	"strings"
)

// table reads csv and tsv.
type table struct {
	csv    *csvReader
	header *Header
	first  []Value // the first record, where it was read to count the columns
	width  int
}

func newTable(in io.Reader, path, format string, f *Files) (*table, error) {
	t := &table{csv: &csvReader{lines: newLineReader(in, path, f), quoted: format == "csv"}}
	if f.Quotes != "" {
		t.csv.quoted = f.Quotes == "double"
	}
	if format == "tsv" {
		t.csv.delimiter = '\t'
	}
	for _, c := range f.Delimiter {
		t.csv.delimiter = c
	}
	values, err := t.csv.next()
	if err == io.EOF {
		return nil, mistake(Position{File: path}, "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	t.width = len(values)
	names := f.Columns
	switch {
	case f.Header && len(names) == 0:
		for _, v := range values {
			names = append(names, strings.TrimSpace(v.Text))
		}
		if err := uniqueNames(path, values, names); err != nil {
			return nil, err
		}
	case len(names) > 0 && len(names) != len(values):
		return nil, mistake(Position{path, t.csv.line, 0}, "%d fields, but columns names %d", len(values), len(names))
	case len(names) == 0:
		names = make([]string, len(values))
	}
	t.header = NewHeader(names)
	if !f.Header {
		t.first = append([]Value(nil), values...)
	}
	return t, nil
}

func uniqueNames(path string, values []Value, names []string) error {
	seen := make(map[string]bool)
	for i, n := range names {
		if seen[n] {
			return mistake(Position{path, values[i].Line, values[i].Column}, "the column %q a second time", n)
		}
		seen[n] = true
	}
	return nil
}

func (t *table) next(r *Record) error {
	r.Header = t.header
	if t.first != nil {
		r.Values, r.Line = t.first, t.csv.line
		t.first = nil
		return nil
	}
	values, err := t.csv.next()
	if err != nil {
		return err
	}
	r.Values, r.Line = values, t.csv.line
	if len(values) != t.width {
		hint := ""
		if t.csv.quoted {
			hint = `; if quotes are text in this file, write quotes = "none"`
		}
		return &ragged{mistake(Position{t.csv.lines.path, t.csv.line, 0}, "%d fields where the first line has %d%s", len(values), t.width, hint)}
	}
	return nil
}
