package tokenizer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// value is one value of a document.
type value struct {
	doc *document
	at  int // offset of its first byte
}

// end is the offset after the value at i of a document that was checked.
func (d *document) end(i int) int {
	switch d.data[i] {
	case '"':
		return d.stringEnd(i)
	case '{', '[':
		depth := 0
		for {
			switch d.data[i] {
			case '"':
				i = d.stringEnd(i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(d.data) && !strings.ContainsRune(",]} \n\t\r", rune(d.data[i])) {
		i++
	}
	return i
}

func (d *document) stringEnd(i int) int {
	for i++; d.data[i] != '"'; i++ {
		if d.data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func (v value) errorf(format string, args ...any) error {
	return v.doc.errorf(v.at, format, args...)
}

func (v value) position() string { return fmt.Sprintf("%s: offset %d", v.doc.name, v.at) }

// what names the kind of a value, for errors.
func (v value) what() string {
	switch v.doc.data[v.at] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	}
	return "a number"
}

func (v value) isNull() bool { return v.doc.data[v.at] == 'n' }

// each calls f for the keys of an object, in file order. Callers that keep the
// keys notice duplicates themselves; see [value.fields].
func (v value) each(f func(key value, val value) error) error {
	d := v.doc
	if d.data[v.at] != '{' {
		return v.errorf("%s where an object must stand", v.what())
	}
	for i := d.space(v.at + 1); d.data[i] != '}'; {
		key := value{d, i}
		i = d.space(d.stringEnd(i)) + 1 // the colon
		val := value{d, d.space(i)}
		if err := f(key, val); err != nil {
			return err
		}
		if i = d.space(d.end(val.at)); d.data[i] == ',' {
			i = d.space(i + 1)
		}
	}
	return nil
}

// items calls f for the elements of a list.
func (v value) items(f func(val value) error) error {
	d := v.doc
	if d.data[v.at] != '[' {
		return v.errorf("%s where a list must stand", v.what())
	}
	for i := d.space(v.at + 1); d.data[i] != ']'; {
		if err := f(value{d, i}); err != nil {
			return err
		}
		if i = d.space(d.end(i)); d.data[i] == ',' {
			i = d.space(i + 1)
		}
	}
	return nil
}

func (v value) str() (string, error) {
	d := v.doc
	if d.data[v.at] != '"' {
		return "", v.errorf("%s where a string must stand", v.what())
	}
	end := d.stringEnd(v.at) - 1
	raw := d.data[v.at+1 : end]
	if !strings.Contains(raw, `\`) {
		return raw, nil
	}
	var b strings.Builder
	for i := v.at + 1; i < end; {
		if d.data[i] != '\\' {
			b.WriteByte(d.data[i])
			i++
			continue
		}
		r, n, err := d.escape(i)
		if err != nil {
			return "", err
		}
		b.WriteRune(r)
		i += n
	}
	return b.String(), nil
}

func (v value) number() (string, error) {
	if c := v.doc.data[v.at]; c != '-' && (c < '0' || c > '9') {
		return "", v.errorf("%s where a number must stand", v.what())
	}
	return v.doc.data[v.at:v.doc.end(v.at)], nil
}

func (v value) integer() (int64, error) {
	s, err := v.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, v.errorf("%s is not an integer of 64 bits", s)
	}
	return n, nil
}

func (v value) float() (float64, error) {
	s, err := v.number()
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, v.errorf("%s is outside the range of numbers", s)
	}
	return f, nil
}

func (v value) boolean() (bool, error) {
	switch v.doc.data[v.at] {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	}
	return false, v.errorf("%s where true or false must stand", v.what())
}
