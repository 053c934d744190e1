package tokenizer

import "strings"

// metaspace writes blanks as a visible character and lets each begin a word, as
// SentencePiece does.
type metaspace struct {
	blank  string // one character, usually ▁
	prefix prefixScheme
	cut    bool // at each blank; else the text stays one word

	failure *failure
}

// prefixScheme says before which texts a blank is set.
type prefixScheme string

const (
	prefixAlways prefixScheme = "always"
	prefixFirst  prefixScheme = "first" // only before what stands at the start of the input
	prefixNever  prefixScheme = "never"
)

func (p metaspace) split(t text, dst []text) []text {
	t = replaceMatches(t, findString(" "), p.blank, p.failure)
	if (p.prefix == prefixAlways || p.prefix == prefixFirst && t.first) && !strings.HasPrefix(t.s, p.blank) {
		t = prepend(t, p.blank, firstRune(t.s))
	}
	if !p.cut {
		return append(dst, t)
	}
	return patternSplit{find: findString(p.blank), behavior: mergedWithNext}.split(t, dst)
}

// metaspaceDecoder makes blanks of them again, but for those of the first token
// if one was set before it.
type metaspaceDecoder struct {
	blank  string
	prefix bool
}

func (d metaspaceDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, token := range tokens {
		blank := " "
		if i == 0 && d.prefix {
			blank = ""
		}
		out[i] = strings.ReplaceAll(token, d.blank, blank)
	}
	return out
}
