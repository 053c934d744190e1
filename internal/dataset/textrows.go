package dataset

import (
	"io"
	"regexp"
	"strings"
)

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
