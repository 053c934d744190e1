package tokenizer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The files of a tokenizer may come from anywhere and may be large, so JSON is
// read strictly and in place: a document is checked once, then walked without
// building a tree. Unlike encoding/json it refuses duplicate keys, invalid
// UTF-8 and lone surrogates, and every error has its byte offset.

// document is a JSON file that was checked.
type document struct {
	name string
	data string
}

// syntaxError is a fault in a file, with the offset of the first wrong byte.
type syntaxError struct {
	file   string
	offset int
	reason string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s", e.file, e.offset, e.reason)
}

const maxDepth = 64 // of nested arrays and objects; published files have 6

func parseJSON(name string, data []byte) (value, error) {
	d := &document{name: name, data: string(data)}
	i, err := d.check(d.space(0), 0)
	if err != nil {
		return value{}, err
	}
	if i = d.space(i); i < len(d.data) {
		return value{}, d.errorf(i, "unexpected %s after the end of the document", d.show(i))
	}
	return value{d, d.space(0)}, nil
}

func (d *document) errorf(at int, format string, args ...any) error {
	return &syntaxError{d.name, at, fmt.Sprintf(format, args...)}
}

// show is the character at i, for errors.
func (d *document) show(i int) string {
	if i >= len(d.data) {
		return "end of file"
	}
	r, _ := utf8.DecodeRuneInString(d.data[i:])
	return strconv.QuoteRune(r)
}

func (d *document) space(i int) int {
	for i < len(d.data) && (d.data[i] == ' ' || d.data[i] == '\n' || d.data[i] == '\t' || d.data[i] == '\r') {
		i++
	}
	return i
}

func (d *document) is(i int, c byte) bool { return i < len(d.data) && d.data[i] == c }

// check checks the value at i and returns the offset after it.
func (d *document) check(i, depth int) (int, error) {
	switch {
	case i >= len(d.data):
		return 0, d.errorf(i, "unexpected end of file")
	case depth > maxDepth:
		return 0, d.errorf(i, "nested deeper than %d levels", maxDepth)
	case d.data[i] == '{':
		return d.checkList(i, depth, '}')
	case d.data[i] == '[':
		return d.checkList(i, depth, ']')
	case d.data[i] == '"':
		return d.checkString(i)
	}
	for _, word := range []string{"null", "true", "false"} {
		if strings.HasPrefix(d.data[i:], word) {
			return i + len(word), nil
		}
	}
	return d.checkNumber(i)
}

// checkList checks an object or an array, which ends with the given bracket.
func (d *document) checkList(i, depth int, end byte) (int, error) {
	if i = d.space(i + 1); d.is(i, end) {
		return i + 1, nil
	}
	for {
		var err error
		if end == '}' {
			if !d.is(i, '"') {
				return 0, d.errorf(i, "unexpected %s where a key must stand", d.show(i))
			}
			if i, err = d.checkString(i); err != nil {
				return 0, err
			}
			if i = d.space(i); !d.is(i, ':') {
				return 0, d.errorf(i, "unexpected %s where ':' must stand", d.show(i))
			}
			i = d.space(i + 1)
		}
		if i, err = d.check(i, depth+1); err != nil {
			return 0, err
		}
		i = d.space(i)
		if d.is(i, end) {
			return i + 1, nil
		}
		if !d.is(i, ',') {
			return 0, d.errorf(i, "unexpected %s where ',' or %q must stand", d.show(i), end)
		}
		i = d.space(i + 1)
	}
}

func (d *document) checkString(i int) (int, error) {
	for j := i + 1; j < len(d.data); {
		c := d.data[j]
		switch {
		case c == '"':
			return j + 1, nil
		case c == '\\':
			_, n, err := d.escape(j)
			if err != nil {
				return 0, err
			}
			j += n
		case c < 0x20:
			return 0, d.errorf(j, "control character %#02x in a string", c)
		case c < utf8.RuneSelf:
			j++
		default:
			r, n := utf8.DecodeRuneInString(d.data[j:])
			if r == utf8.RuneError && n == 1 {
				return 0, d.errorf(j, "invalid UTF-8 in a string")
			}
			j += n
		}
	}
	return 0, d.errorf(i, "string without an end")
}

// escape reads the escape sequence at j: its character and its length.
func (d *document) escape(j int) (rune, int, error) {
	if j+1 >= len(d.data) {
		return 0, 0, d.errorf(j, "string without an end")
	}
	if k := strings.IndexByte(`"\/bfnrt`, d.data[j+1]); k >= 0 {
		return rune("\"\\/\b\f\n\r\t"[k]), 2, nil
	}
	hi, ok := d.hex(j)
	if !ok {
		return 0, 0, d.errorf(j, "invalid escape in a string")
	}
	if !utf16.IsSurrogate(hi) {
		return hi, 6, nil
	}
	lo, ok := d.hex(j + 6)
	if r := utf16.DecodeRune(hi, lo); ok && r != utf8.RuneError {
		return r, 12, nil
	}
	return 0, 0, d.errorf(j, "half of a surrogate pair in a string")
}

// hex reads \uXXXX at j.
func (d *document) hex(j int) (rune, bool) {
	if j+6 > len(d.data) || d.data[j] != '\\' || d.data[j+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(d.data[j+2:j+6], 16, 32)
	return rune(n), err == nil
}

func (d *document) checkNumber(i int) (int, error) {
	j := i
	digits := func() bool {
		from := j
		for j < len(d.data) && d.data[j] >= '0' && d.data[j] <= '9' {
			j++
		}
		return j > from
	}
	if d.is(j, '-') {
		j++
	}
	zero := d.is(j, '0')
	from := j
	if !digits() {
		return 0, d.errorf(i, "unexpected %s where a value must stand", d.show(i))
	}
	if zero && j > from+1 {
		return 0, d.errorf(i, "number with a leading zero")
	}
	if d.is(j, '.') {
		j++
		if !digits() {
			return 0, d.errorf(j, "number without digits after its point")
		}
	}
	if d.is(j, 'e') || d.is(j, 'E') {
		j++
		if d.is(j, '+') || d.is(j, '-') {
			j++
		}
		if !digits() {
			return 0, d.errorf(j, "number without digits in its exponent")
		}
	}
	return j, nil
}
