package dataset

import (
	"io"
	"path/filepath"
	"regexp"
	"slices"
)

// beside adds a column that is read line by line from another file.
type beside struct {
	in     reader
	path   string
	column string
	lines  *lineReader
	rows   int
	from   *Header // the header of in that header extends
	header *Header
	values []Value
}

func (b *beside) next(r *Record) error {
	err := b.in.next(r)
	line, _, lineErr := b.lines.next()
	switch {
	case err == io.EOF && lineErr == io.EOF:
		return io.EOF
	case err != nil && err != io.EOF:
		return err
	case lineErr != nil && lineErr != io.EOF:
		return lineErr
	case err == io.EOF || lineErr == io.EOF:
		shorter, longer := b.path, b.lines.path
		if lineErr == io.EOF {
			shorter, longer = longer, shorter
		}
		return mistake(Position{File: shorter}, "%d rows, but %s has more: parallel files go line by line", b.rows, longer)
	}
	b.rows++
	b.header, b.from = extend(r.Header, b.from, b.header, b.column)
	b.values = append(append(b.values[:0], r.Values...), Value{Text: string(line), Line: b.lines.number, Column: 1})
	r.Header, r.Values = b.header, b.values
	return nil
}

// extend adds columns to a header, and makes a new one only if it has changed.
func extend(now, before, extended *Header, columns ...string) (header, from *Header) {
	if now == before && extended != nil && len(extended.Names) == len(now.Names)+len(columns) {
		return extended, before
	}
	header = NewHeader(append(slices.Clone(now.Names), columns...))
	header.grows = now.grows
	return header, now
}

// named adds the named groups of a pattern on the file's name as columns.
type named struct {
	in     reader
	names  []string
	groups []Value
	from   *Header
	header *Header
	values []Value
}

func nameColumns(in reader, path string, pattern *regexp.Regexp) (reader, error) {
	base := filepath.Base(path)
	m := pattern.FindStringSubmatch(base)
	if m == nil {
		return nil, mistake(Position{File: path}, "the file's name does not match file_pattern %q", pattern).against("files.file_pattern")
	}
	n := &named{in: in}
	for i, name := range pattern.SubexpNames() {
		if name != "" {
			n.names = append(n.names, name)
			n.groups = append(n.groups, Value{Text: m[i], Line: 1, Column: 1})
		}
	}
	return n, nil
}

func (n *named) next(r *Record) error {
	if err := n.in.next(r); err != nil {
		return err
	}
	n.header, n.from = extend(r.Header, n.from, n.header, n.names...)
	n.values = append(append(n.values[:0], r.Values...), n.groups...)
	r.Header, r.Values = n.header, n.values
	return nil
}
