package dataset

import (
	"fmt"
	"strconv"
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
