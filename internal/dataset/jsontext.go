package dataset

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// word reads a number, true, false or null.
func (p *jsonParser) word() (jsonNode, error) {
	from := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \t\r\n,:[]{}\"", rune(p.text[p.at])) {
		p.at++
	}
	word := p.text[from:p.at]
	switch {
	case word == "null":
		return jsonNode{kind: jsonNull}, nil
	case word == "true" || word == "false":
		return jsonNode{kind: jsonRaw, text: word}, nil
	case !isNumber(word):
		p.at = from
		if word == "" {
			return jsonNode{}, p.wrong("%s where a value should begin", p.found())
		}
		return jsonNode{}, p.wrong("%q is no JSON value", shorten(word))
	}
	if v, err := strconv.ParseFloat(word, 64); err != nil || math.IsInf(v, 0) {
		return jsonNode{}, p.wrongAt(from, "%s is beyond the numbers of 64 bits", shorten(word))
	}
	return jsonNode{kind: jsonRaw, text: word}, nil
}

// isNumber is JSON's grammar of numbers: no leading zeros, plus signs or hexadecimals.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if strings.HasPrefix(s, ".") {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := digits(s)
		return n > 0 && n == len(s)
	}
	return s == ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// string reads a string; the opening quote is next.
func (p *jsonParser) string() (string, error) {
	from := p.at
	p.at++
	if i := strings.IndexAny(p.text[p.at:], "\"\\\x00\n"); i >= 0 && p.text[p.at+i] == '"' && plain(p.text[p.at:p.at+i]) {
		s := p.text[p.at : p.at+i]
		p.at += i + 1
		return s, nil
	}
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return b.String(), nil
		case c < 0x20:
			return "", p.wrong("the control character U+%04X inside a string must be written as an escape", c)
		case c == '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return "", p.wrongAt(from, "this string is not closed")
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 {
			return false
		}
	}
	return true
}

// escape reads one escape sequence; surrogates must come in pairs.
func (p *jsonParser) escape(b *strings.Builder) error {
	if p.at+1 >= len(p.text) {
		return p.wrong("the text ends in an escape")
	}
	c := p.text[p.at+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		p.at += 2
		return nil
	}
	if c != 'u' {
		return p.wrong(`\%c is no escape`, c)
	}
	r, err := p.hex(p.at)
	if err != nil {
		return err
	}
	if !utf16.IsSurrogate(r) {
		b.WriteRune(r)
		p.at += 6
		return nil
	}
	if strings.HasPrefix(p.text[p.at+6:], `\u`) {
		low, err := p.hex(p.at + 6)
		if err != nil {
			return err
		}
		if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
			b.WriteRune(full)
			p.at += 12
			return nil
		}
	}
	return p.wrong("half of a surrogate pair: %s", p.text[p.at:p.at+6])
}

func (p *jsonParser) hex(at int) (rune, error) {
	if at+6 > len(p.text) {
		return 0, p.wrongAt(at, "the text ends in an escape")
	}
	v, err := strconv.ParseUint(p.text[at+2:at+6], 16, 16)
	if err != nil {
		return 0, p.wrongAt(at, "%q are not four hexadecimal digits", p.text[at+2:at+6])
	}
	return rune(v), nil
}
