package dataset

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep JSON values may nest.
const maxDepth = 64

type jsonKind int

const (
	jsonNull jsonKind = iota
	jsonText          // strings; Text is decoded
	jsonRaw           // numbers, true, false; Text is as written
	jsonList
	jsonObject
)

// A jsonNode is a parsed JSON value.
type jsonNode struct {
	kind         jsonKind
	text         string
	keys         []string // of an object, in order
	items        []jsonNode
	line, column int
}

// get returns the member of an object.
func (n *jsonNode) get(key string) (*jsonNode, bool) {
	for i, k := range n.keys {
		if k == key {
			return &n.items[i], true
		}
	}
	return nil, false
}

// jsonParser is a strict parser of RFC 8259: no duplicate keys, no NaN, no numbers
// beyond a 64-bit float, nothing after the value, and a position in every error.
type jsonParser struct {
	path   string
	text   string
	at     int
	line   int
	begin  int // offset where the line begins
	nested int
}

func parseJSON(path, text string, line int) (jsonNode, error) {
	p := &jsonParser{path: path, text: text, line: line}
	p.space()
	node, err := p.value()
	if err != nil {
		return node, err
	}
	p.space()
	if p.at < len(p.text) {
		return node, p.wrong("%s after the value", p.found())
	}
	return node, nil
}

func (p *jsonParser) position(at int) (line, column int) {
	return p.line, utf8.RuneCountInString(p.text[p.begin:at]) + 1
}

func (p *jsonParser) wrong(format string, args ...any) error { return p.wrongAt(p.at, format, args...) }

func (p *jsonParser) wrongAt(at int, format string, args ...any) error {
	line, column := p.position(at)
	return mistake(Position{p.path, line, column}, "JSON: "+format, args...)
}

// found describes what stands at the current place.
func (p *jsonParser) found() string {
	if p.at >= len(p.text) {
		return "the text ends"
	}
	c, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return strconv.QuoteRune(c)
}

func (p *jsonParser) space() {
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case ' ', '\t', '\r':
		case '\n':
			p.line++
			p.begin = p.at + 1
		default:
			return
		}
	}
}

func (p *jsonParser) value() (jsonNode, error) {
	var node jsonNode
	line, column := p.position(p.at)
	var err error
	switch {
	case p.at >= len(p.text):
		return node, p.wrong("the text ends where a value should begin")
	case p.text[p.at] == '{':
		node, err = p.container('}')
	case p.text[p.at] == '[':
		node, err = p.container(']')
	case p.text[p.at] == '"':
		node.kind = jsonText
		node.text, err = p.string()
	default:
		node, err = p.word()
	}
	node.line, node.column = line, column
	return node, err
}

// container reads an object or a list; the opening bracket is next.
func (p *jsonParser) container(closing byte) (jsonNode, error) {
	bracket := p.text[p.at]
	line, column := p.position(p.at)
	node := jsonNode{kind: jsonList}
	if closing == '}' {
		node.kind = jsonObject
	}
	if p.nested++; p.nested > maxDepth {
		return node, p.wrong("nested deeper than %d", maxDepth)
	}
	defer func() { p.nested-- }()
	seen := make(map[string]bool)
	for p.at++; ; p.at++ {
		p.space()
		if p.at < len(p.text) && p.text[p.at] == closing && len(node.items) == 0 {
			p.at++
			return node, nil
		}
		if node.kind == jsonObject {
			if err := p.key(&node, seen); err != nil {
				return node, err
			}
		}
		item, err := p.value()
		if err != nil {
			return node, err
		}
		node.items = append(node.items, item)
		p.space()
		switch {
		case p.at >= len(p.text):
			return node, mistake(Position{p.path, line, column}, "JSON: %q is not closed: the text ends", bracket)
		case p.text[p.at] == closing:
			p.at++
			return node, nil
		case p.text[p.at] != ',':
			return node, p.wrong("%s where ',' or %q should be", p.found(), closing)
		}
	}
}

// key reads `"name" :` of a member.
func (p *jsonParser) key(node *jsonNode, seen map[string]bool) error {
	if p.at >= len(p.text) || p.text[p.at] != '"' {
		return p.wrong("%s where a key in quotes should be", p.found())
	}
	from := p.at
	name, err := p.string()
	if err != nil {
		return err
	}
	if seen[name] {
		return p.wrongAt(from, "the key %q a second time", name)
	}
	seen[name] = true
	node.keys = append(node.keys, name)
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != ':' {
		return p.wrong("%s where ':' should be", p.found())
	}
	p.at++
	p.space()
	return nil
}

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

func shorten(s string) string {
	if len(s) <= 40 {
		return s
	}
	cut := 40
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
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

// field makes a record's value of a node; an object has none of its own.
func (n *jsonNode) field() (Value, error) {
	v := Value{Text: n.text, Line: n.line, Column: n.column}
	if n.kind == jsonList {
		v.IsList = true
		for i := range n.items {
			item := &n.items[i]
			if item.kind == jsonList || item.kind == jsonObject {
				return v, fmt.Errorf("a list of lists or objects")
			}
			v.List = append(v.List, item.text)
		}
	}
	return v, nil
}
