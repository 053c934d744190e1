package safetensors

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON token by token and accepts nothing but what its caller
// asks for. Package encoding/json is of no use here: it takes the last of two
// equal keys, "DTYPE" for "dtype", arrays that are too long, null for anything
// and broken UTF-8, and each of these lets two readers see two different models.
type scanner struct {
	data []byte
	pos  int
	base int64 // offset of data[0] in the file, for errors
}

// fail makes an error that points at data[at].
func (s *scanner) fail(at int, format string, args ...any) error {
	return &Error{Offset: s.base + int64(at), Err: fmt.Errorf(format, args...)}
}

// space skips the four characters that JSON calls white space.
func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek skips white space and returns the next byte without taking it, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// found describes the next byte for a message.
func (s *scanner) found() string {
	if s.pos == len(s.data) {
		return "the end"
	}
	return fmt.Sprintf("%q", s.data[s.pos])
}

// expect takes the byte c, after white space.
func (s *scanner) expect(c byte, what string) error {
	if s.peek() != c || s.pos == len(s.data) {
		return s.fail(s.pos, "expected %s, found %s", what, s.found())
	}
	s.pos++
	return nil
}

// object reads {"key": value, …} and calls member with each key, in order,
// with the scanner standing before the value. A key that comes twice is an
// error; keys are compared after their escapes are decoded.
func (s *scanner) object(member func(key string, at int) error) error {
	if err := s.expect('{', "an object"); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	seen := map[string]struct{}{}
	for {
		s.space()
		at := s.pos
		key, err := s.str()
		if err != nil {
			return err
		}
		if _, ok := seen[key]; ok {
			return s.fail(at, "duplicate key %q", clip(key))
		}
		seen[key] = struct{}{}
		if err := s.expect(':', `":"`); err != nil {
			return err
		}
		if err := member(key, at); err != nil {
			return err
		}
		if s.peek() == ',' {
			s.pos++
			continue
		}
		return s.expect('}', `"," or "}"`)
	}
}

// naturals reads an array of at most limit whole numbers.
func (s *scanner) naturals(what string, limit int) ([]int64, error) {
	if err := s.expect('[', what); err != nil {
		return nil, err
	}
	list := []int64{}
	if s.peek() == ']' {
		s.pos++
		return list, nil
	}
	for {
		s.space()
		if len(list) == limit {
			return nil, s.fail(s.pos, "%s has more than %d numbers", what, limit)
		}
		n, err := s.natural()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		if s.peek() == ',' {
			s.pos++
			continue
		}
		return list, s.expect(']', `"," or "]"`)
	}
}

// natural reads a whole number from 0 to 2⁶³-1, written without sign, point,
// exponent or leading zero.
func (s *scanner) natural() (int64, error) {
	s.space()
	start := s.pos
	for s.pos < len(s.data) && isDigit(s.data[s.pos]) {
		s.pos++
	}
	digits := s.data[start:s.pos]
	switch {
	case len(digits) == 0:
		return 0, s.fail(start, "expected a whole number from 0, found %s", s.found())
	case digits[0] == '0' && len(digits) > 1:
		return 0, s.fail(start, "number with a leading zero")
	case s.pos < len(s.data) && (s.data[s.pos] == '.' || s.data[s.pos]|0x20 == 'e'):
		return 0, s.fail(start, "number with a fraction or an exponent; only whole numbers are allowed")
	}
	n, err := strconv.ParseInt(string(digits[:min(len(digits), 20)]), 10, 64)
	if err != nil || len(digits) > 19 {
		return 0, s.fail(start, "number above %d", int64(math.MaxInt64))
	}
	return n, nil
}

// str reads a string: valid UTF-8, no bare control characters, no half of a surrogate pair.
func (s *scanner) str() (string, error) {
	if err := s.expect('"', "a string"); err != nil {
		return "", err
	}
	start := s.pos
	var out []byte // used from the first escape on
	escaped := false
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			raw := s.data[start:s.pos]
			s.pos++
			if escaped {
				return string(out), nil
			}
			return string(raw), nil
		case c == '\\':
			if !escaped {
				escaped = true
				out = append(out, s.data[start:s.pos]...)
			}
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		case c < ' ':
			return "", s.fail(s.pos, "control character %q in a string", c)
		default:
			r, n := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && n == 1 {
				return "", s.fail(s.pos, "invalid UTF-8 in a string")
			}
			if escaped {
				out = append(out, s.data[s.pos:s.pos+n]...)
			}
			s.pos += n
		}
	}
	return "", s.fail(start-1, "string without an end")
}

// escape reads one escape sequence; the scanner stands on its backslash.
func (s *scanner) escape() (rune, error) {
	at := s.pos
	s.pos++
	if s.pos == len(s.data) {
		return 0, s.fail(at, "escape without an end")
	}
	c := s.data[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
	default:
		return 0, s.fail(at, "unknown escape %q", `\`+string(rune(c)))
	}
	first, ok := s.hex4()
	if !ok {
		return 0, s.fail(at, `\u without four hexadecimal digits`)
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	if s.pos+1 < len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
		s.pos += 2
		if second, ok := s.hex4(); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, s.fail(at, "half of a surrogate pair")
}

// hex4 takes four hexadecimal digits.
func (s *scanner) hex4() (rune, bool) {
	if len(s.data)-s.pos < 4 {
		return 0, false
	}
	var r rune
	for _, c := range s.data[s.pos : s.pos+4] {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	s.pos += 4
	return r, true
}

// scalar takes a string, a number, true or false and returns its text.
func (s *scanner) scalar() (string, error) {
	c := s.peek()
	if c == '"' {
		return s.str()
	}
	start := s.pos
	for s.pos < len(s.data) && (isDigit(s.data[s.pos]) || 'a' <= s.data[s.pos]|0x20 && s.data[s.pos]|0x20 <= 'z' ||
		s.data[s.pos] == '-' || s.data[s.pos] == '+' || s.data[s.pos] == '.') {
		s.pos++
	}
	text := string(s.data[start:s.pos])
	if text == "true" || text == "false" {
		return text, nil
	}
	if (c == '-' || isDigit(c)) && len(text) <= 40 {
		if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(v, 0) {
			return text, nil
		}
	}
	return "", s.fail(start, "expected a string, a number, true or false")
}

// end checks that only white space follows.
func (s *scanner) end() error {
	if s.space(); s.pos < len(s.data) {
		return s.fail(s.pos, "expected nothing more, found %s", s.found())
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// clip keeps a message readable when a hostile file holds a name of megabytes.
func clip(s string) string {
	const limit = 120
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
