package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a range of a text, and whether the pattern matched there.
type span struct {
	from, to int
	match    bool
}

// finder cuts a text into matches of a pattern and what lies between.
type finder func(dst []span, s string) []span

// behavior says what happens to the matches of a pattern.
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

// patternSplit cuts text at the matches of a pattern.
type patternSplit struct {
	find     finder
	behavior behavior
	invert   bool // what lies between the matches counts as the matches
}

func (p patternSplit) split(t text, dst []text) []text {
	for _, s := range p.arrange(p.find(nil, t.s)) {
		if s.from < s.to {
			dst = append(dst, t.slice(s.from, s.to))
		}
	}
	return dst
}

// arrange joins and drops spans as the behavior wants.
func (p patternSplit) arrange(spans []span) []span {
	if p.invert {
		for i := range spans {
			spans[i].match = !spans[i].match
		}
	}
	out := spans[:0]
	switch p.behavior {
	case removed:
		for _, s := range spans {
			if !s.match {
				out = append(out, s)
			}
		}
	case mergedWithPrevious:
		previous := false
		for _, s := range spans {
			if n := len(out); s.match && !previous && n > 0 {
				out[n-1].to = s.to
			} else {
				out = append(out, s)
			}
			previous = s.match
		}
	case mergedWithNext:
		for i, s := range spans {
			next := i+1 < len(spans) && !spans[i+1].match
			if s.match && next {
				spans[i+1].from = s.from
			} else {
				out = append(out, s)
			}
		}
	case contiguous:
		for i, s := range spans {
			if i > 0 && s.match == out[len(out)-1].match {
				out[len(out)-1].to = s.to
			} else {
				out = append(out, s)
			}
		}
	default:
		return spans
	}
	return out
}

// findRunes matches single characters.
func findRunes(is func(r rune) bool) finder {
	return func(dst []span, s string) []span {
		done := 0
		for i, r := range s {
			if !is(r) {
				continue
			}
			n := utf8.RuneLen(r)
			dst = appendGap(dst, done, i)
			dst = append(dst, span{i, i + n, true})
			done = i + n
		}
		return appendGap(dst, done, len(s))
	}
}

// findString matches a string.
func findString(pattern string) finder {
	return func(dst []span, s string) []span {
		done := 0
		for {
			i := strings.Index(s[done:], pattern)
			if i < 0 {
				return appendGap(dst, done, len(s))
			}
			i += done
			dst = appendGap(dst, done, i)
			done = i + len(pattern)
			dst = append(dst, span{i, done, true})
		}
	}
}

// findScan takes every word of a scanner as a match.
func findScan(next scanner) finder {
	return func(dst []span, s string) []span {
		for i := 0; i < len(s); {
			j := next(s, i)
			dst = append(dst, span{i, j, true})
			i = j
		}
		return dst
	}
}

func appendGap(dst []span, from, to int) []span {
	if from == to {
		return dst
	}
	return append(dst, span{from, to, false})
}

// splitter cuts text into the words of a scanner.
type splitter struct{ next scanner }

func (p splitter) split(t text, dst []text) []text { return scan(t, dst, p.next) }

// whitespaceSplit cuts at white space, which it drops.
var whitespaceSplit = patternSplit{find: findRunes(unicode.IsSpace), behavior: removed}

// wordSplit is the pattern \w+|[^\w\s]+: words, and runs of signs.
type wordSplit struct{}

func (wordSplit) split(t text, dst []text) []text {
	const ( // classes of characters
		none = iota
		word
		sign
	)
	start, class := 0, none
	for i, r := range t.s {
		c := sign
		switch {
		case unicode.IsSpace(r):
			c = none
		case isWordRune(r):
			c = word
		}
		if c == class {
			continue
		}
		if class != none {
			dst = append(dst, t.slice(start, i))
		}
		start, class = i, c
	}
	if class != none {
		dst = append(dst, t.slice(start, len(t.s)))
	}
	return dst
}
