package dataset

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

// A reader yields the values of one file's records. The record's Header, Values
// and Line are set; they are valid until the next call.
type reader interface {
	next(r *Record) error // io.EOF after the last
}

// newReader makes the reader of a format.
func newReader(in io.Reader, path, format string, f *Files) (reader, error) {
	switch format {
	case "csv", "tsv":
		return newTable(in, path, format, f)
	case "jsonl":
		return &jsonLines{lines: newLineReader(in, path, f), flat: newFlattener()}, nil
	case "txt":
		return newText(in, path, f)
	}
	return nil, fmt.Errorf("%s: the format %q cannot be read from a stream", path, format)
}

// formatOf guesses the format from the suffix.
func formatOf(path string) (string, error) {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch filepath.Ext(name) {
	case ".csv":
		return "csv", nil
	case ".tsv", ".tab":
		return "tsv", nil
	case ".jsonl", ".ndjson":
		return "jsonl", nil
	case ".json":
		return "json", nil
	case ".txt", ".text":
		return "txt", nil
	case ".parquet":
		return "parquet", nil
	}
	return "", fmt.Errorf(`%s: the name does not tell the format; write format = "csv" (or %s)`, path, strings.Join(Formats[1:], ", "))
}

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

// ragged is an error after which reading goes on, so that all of them are shown.
type ragged struct{ cause *Error }

func (r *ragged) Error() string { return r.cause.Error() }

// jsonLines reads one JSON object a line; blank lines are no records.
type jsonLines struct {
	lines *lineReader
	flat  *flattener
}

func (j *jsonLines) next(r *Record) error {
	for {
		line, _, err := j.lines.next()
		if err != nil {
			return err
		}
		if len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		node, err := parseJSON(j.lines.path, string(line), j.lines.number)
		if err != nil {
			return err
		}
		if node.kind != jsonObject {
			return mistake(Position{j.lines.path, node.line, node.column}, "JSON: a line holds one object of the columns")
		}
		r.Values, r.Header, r.Line = j.flat.record(&node), j.flat.header, j.lines.number
		return nil
	}
}

// text reads lines, paragraphs or a whole file as the column "text", or the named
// groups of a pattern.
type text struct {
	lines   *lineReader
	pattern *regexp.Regexp
	header  *Header
	unit    string
	blank   bool // blank lines are rows: other files run in parallel
	values  []Value
	ended   bool
}

func newText(in io.Reader, path string, f *Files) (*text, error) {
	t := &text{lines: newLineReader(in, path, f), unit: f.Unit, blank: len(f.Parallel) > 0}
	names := []string{"text"}
	if f.Pattern != "" {
		t.pattern = regexp.MustCompile(f.Pattern)
		names = nil
		for _, n := range t.pattern.SubexpNames() {
			if n != "" {
				names = append(names, n)
			}
		}
	}
	t.header = NewHeader(names)
	return t, nil
}

func (t *text) next(r *Record) error {
	r.Header = t.header
	if t.unit != "line" {
		return t.block(r)
	}
	for {
		line, _, err := t.lines.next()
		if err != nil {
			return err
		}
		if len(line) == 0 && !t.blank {
			continue
		}
		return t.row(r, string(line), t.lines.number)
	}
}

// block gathers lines up to a blank one or the end of the file.
func (t *text) block(r *Record) error {
	var lines []string
	first, size := 0, 0
	for !t.ended {
		line, _, err := t.lines.next()
		if err == io.EOF {
			t.ended = true
			break
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(line)) == "" {
			if t.unit == "paragraph" && len(lines) > 0 {
				break
			}
			continue
		}
		if first == 0 {
			first = t.lines.number
		}
		if size += len(line) + 1; size > t.lines.limit {
			return mistake(Position{t.lines.path, first, 0}, "the %s is longer than %d bytes; max_line_bytes sets the limit", t.unit, t.lines.limit)
		}
		lines = append(lines, string(line))
	}
	if len(lines) == 0 {
		return io.EOF
	}
	return t.row(r, strings.Join(lines, "\n"), first)
}

func (t *text) row(r *Record, line string, number int) error {
	r.Line, t.values = number, t.values[:0]
	if t.pattern == nil {
		t.values = append(t.values, Value{Text: line, Line: number, Column: 1})
		r.Values = t.values
		return nil
	}
	m := t.pattern.FindStringSubmatchIndex(line)
	if m == nil {
		return &ragged{mistake(Position{t.lines.path, number, 0}, "the line does not match the pattern: %q", shorten(line)).against("files.pattern")}
	}
	for i, name := range t.pattern.SubexpNames() {
		switch {
		case name == "":
		case m[2*i] < 0:
			t.values = append(t.values, Value{})
		default:
			t.values = append(t.values, Value{Text: line[m[2*i]:m[2*i+1]], Line: number, Column: column([]byte(line), m[2*i])})
		}
	}
	r.Values = t.values
	return nil
}

// maxDocument is the largest json file, which is read as a whole.
const maxDocument = 256 << 20

// jsonDocument reads a json file: a list of objects, or the rows that paths name.
type jsonDocument struct{ rows []jsonRow }

type jsonRow struct {
	values []Value
	header *Header
	line   int
}

func newDocument(in io.Reader, path string, f *Files) (*jsonDocument, error) {
	lines := newLineReader(bufio.NewReader(io.LimitReader(in, maxDocument+1)), path, &Files{MaxLine: maxDocument, Encoding: f.Encoding})
	var b strings.Builder
	for {
		line, end, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		b.Write(line)
		b.WriteString(end)
		if b.Len() > maxDocument {
			return nil, mistake(Position{File: path}, "a json file is read as a whole and may have %d bytes; jsonl has no such limit", maxDocument)
		}
	}
	root, err := parseJSON(path, b.String(), 1)
	if err != nil {
		return nil, err
	}
	set, err := newPathSet(f.Rows, f.Paths)
	if err != nil {
		return nil, err
	}
	return documentRows(&root, path, set)
}

func documentRows(root *jsonNode, path string, set *pathSet) (*jsonDocument, error) {
	doc, flat := &jsonDocument{}, newFlattener()
	rows := set.rows
	if len(rows) == 0 {
		if root.kind != jsonList {
			return nil, mistake(Position{path, root.line, root.column},
				`JSON: the file is no list of objects; say where the rows are, as in rows = "documents[d]"`)
		}
		rows = append(rows, step{bound: ""})
	}
	err := rows.each(root, binding{}, func(node *jsonNode, b binding) error {
		if len(set.columns) == 0 {
			if node.kind != jsonObject {
				return mistake(Position{path, node.line, node.column}, "JSON: a row is an object of the columns")
			}
			doc.rows = append(doc.rows, jsonRow{append([]Value(nil), flat.record(node)...), flat.header, node.line})
			return nil
		}
		values := make([]Value, len(set.columns))
		for i, p := range set.columns {
			found := p.find(root, b)
			if found == nil || found.kind == jsonNull {
				continue
			}
			v, err := found.field()
			if err != nil || found.kind == jsonObject {
				return mistake(Position{path, found.line, found.column}, "JSON: the column %q is neither a value nor a list of values", set.names[i])
			}
			values[i] = v
		}
		doc.rows = append(doc.rows, jsonRow{values, NewHeader(set.names), node.line})
		return nil
	})
	if err == nil && len(doc.rows) == 0 {
		err = mistake(Position{File: path}, "JSON: there are no rows")
	}
	return doc, err
}

func (d *jsonDocument) next(r *Record) error {
	if len(d.rows) == 0 {
		return io.EOF
	}
	r.Values, r.Header, r.Line = d.rows[0].values, d.rows[0].header, d.rows[0].line
	d.rows = d.rows[1:]
	return nil
}
