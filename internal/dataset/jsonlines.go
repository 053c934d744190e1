package dataset

import (
	"bufio"
	"io"
	"strings"
)

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
