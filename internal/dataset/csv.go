package dataset

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// csvReader reads delimited fields. With quotes it follows RFC 4180: a field that
// begins with a double quote ends at the next single one, doubled quotes stand
// for one, line ends inside are kept as they are; a quote inside a field that
// does not begin with one is text. Without, every quote is text. Blank lines are
// no records.
type csvReader struct {
	lines     *lineReader
	delimiter rune // 0: chosen from the first line
	quoted    bool
	values    []Value
	line      int // where the record last read begins
}

// next returns the fields of a record, valid until the next call.
func (r *csvReader) next() ([]Value, error) {
	var line []byte
	var end string
	var err error
	for len(line) == 0 {
		if line, end, err = r.lines.next(); err != nil {
			return nil, err
		}
	}
	if r.delimiter == 0 {
		r.delimiter = likelyDelimiter(line)
	}
	r.line = r.lines.number
	r.values = r.values[:0]
	if !r.quoted {
		r.split(string(line))
		return r.values, nil
	}
	return r.values, r.fields(string(line), end)
}

// split cuts at every delimiter.
func (r *csvReader) split(line string) {
	column := 1
	for {
		field, rest, more := strings.Cut(line, string(r.delimiter))
		r.values = append(r.values, Value{Text: field, Line: r.line, Column: column})
		if !more {
			return
		}
		column += utf8.RuneCountInString(field) + 1
		line = rest
	}
}

// fields reads a record that begins with line; quoted fields may take more lines.
func (r *csvReader) fields(line, end string) error {
	column := 1
	for {
		v := Value{Line: r.lines.number, Column: column}
		if !strings.HasPrefix(line, `"`) {
			field, rest, more := strings.Cut(line, string(r.delimiter))
			v.Text = field
			r.values = append(r.values, v)
			if !more {
				return nil
			}
			column += utf8.RuneCountInString(field) + 1
			line = rest
			continue
		}
		text, rest, next, restEnd, err := r.quotedField(line[1:], end, column+1)
		if err != nil {
			return err
		}
		v.Text = text
		r.values = append(r.values, v)
		line, end, column = rest, restEnd, next
		if line == "" {
			return nil
		}
		c, n := utf8.DecodeRuneInString(line)
		if c != r.delimiter {
			return mistake(Position{r.lines.path, r.lines.number, column},
				`%q after the closing quote of a field; if quotes are text in this file, write quotes = "none"`, c)
		}
		line = line[n:]
		column++
	}
}

// quotedField reads up to the closing quote; the opening one stands before line.
// It returns the text, what follows on the closing quote's line, and its column.
func (r *csvReader) quotedField(line, end string, from int) (text, rest string, at int, restEnd string, err error) {
	opening := Position{r.lines.path, r.lines.number, from - 1}
	var b strings.Builder
	for {
		i := strings.IndexByte(line, '"')
		if i < 0 {
			b.WriteString(line)
			b.WriteString(end)
			if b.Len() > r.lines.limit {
				return "", "", 0, "", mistake(opening, "this quote is not closed within %d bytes; max_line_bytes sets the limit", r.lines.limit)
			}
			next, nextEnd, err := r.lines.next()
			if err == io.EOF {
				return "", "", 0, "", mistake(opening, `this quote is never closed; if quotes are text in this file, write quotes = "none"`)
			}
			if err != nil {
				return "", "", 0, "", err
			}
			line, end, from = string(next), nextEnd, 1
			continue
		}
		b.WriteString(line[:i])
		from += utf8.RuneCountInString(line[:i]) + 1
		line = line[i+1:]
		if !strings.HasPrefix(line, `"`) {
			return b.String(), line, from, end, nil
		}
		b.WriteByte('"')
		line = line[1:]
		from++
	}
}

// likelyDelimiter is the candidate that the first line has most of outside quotes;
// a comma if it has none.
func likelyDelimiter(line []byte) rune {
	best, most := ',', 0
	for _, c := range ",;\t|" {
		count, inside := 0, false
		for _, b := range bytes.Runes(line) {
			switch {
			case b == '"':
				inside = !inside
			case b == c && !inside:
				count++
			}
		}
		if count > most {
			best, most = c, count
		}
	}
	return best
}
