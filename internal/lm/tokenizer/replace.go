package tokenizer

import (
	"strings"
	"unicode"
)

// replacer replaces each match of a pattern.
type replacer struct {
	find    finder
	content string
	failure *failure
}

func (n replacer) normalize(t text) text { return replaceMatches(t, n.find, n.content, n.failure) }

func (n replacer) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, token := range tokens {
		out[i] = replaceMatches(newText(token, 0, false), n.find, n.content, n.failure).s
	}
	return out
}

// replaceMatches puts content in the place of each match, which it stands for. A
// text that would grow too long stays as it is, and f notes it.
func replaceMatches(t text, find finder, content string, f *failure) text {
	spans := find(nil, t.s)
	size := 0
	for _, s := range spans {
		if s.match {
			size += len(content)
		} else {
			size += s.to - s.from
		}
	}
	if f.tooLong(len(t.s), size) {
		return t
	}
	var b *builder
	for _, s := range spans {
		switch {
		case s.match:
			if b == nil {
				b = newBuilder(t, s.from)
			}
			b.out = append(b.out, content...)
			b.mark(s.from, s.to)
		case b != nil:
			b.copy(s.from, s.to)
		}
	}
	if b == nil {
		return t
	}
	return b.text()
}

// prepender sets a string before any text.
type prepender struct{ content string }

func (n prepender) normalize(t text) text { return prepend(t, n.content, firstRune(t.s)) }

// stripper takes white space off the ends.
type stripper struct{ left, right bool }

func (n stripper) normalize(t text) text {
	from, to := 0, len(t.s)
	if n.left {
		from = len(t.s) - len(strings.TrimLeftFunc(t.s, unicode.IsSpace))
	}
	if n.right {
		to = max(from, len(strings.TrimRightFunc(t.s, unicode.IsSpace)))
	}
	return t.slice(from, to)
}
