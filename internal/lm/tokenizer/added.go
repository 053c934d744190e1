package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is a token beside the model's vocabulary, matched as a whole.
type addedToken struct {
	content    string
	id         int32
	special    bool
	singleWord bool // matches only between non-word characters
	leftStrip  bool // takes white space before it along
	rightStrip bool // and after it
	normalized bool // is looked for in the normalized text
}

// addedTokens are found in text before words are cut: some in the text as
// written, some in the normalized text. Special tokens are in neither matcher.
type addedTokens struct {
	raw, normalized matcher
	byID            map[int32]addedToken
}

func newAddedTokens(tokens []addedToken, n normalizer) addedTokens {
	a := addedTokens{byID: make(map[int32]addedToken, len(tokens))}
	for _, tok := range tokens {
		a.byID[tok.id] = tok
		switch {
		case tok.special || tok.content == "":
		case tok.normalized:
			content := tok.content
			if n != nil {
				content = n.normalize(newText(content, 0, false)).s
			}
			a.normalized.add(content, tok)
		default:
			a.raw.add(tok.content, tok)
		}
	}
	return a
}

// matcher finds the longest token that starts leftmost.
type matcher struct {
	tokens  map[string]addedToken
	lengths [256][]int // by first byte: lengths that occur, longest first
}

func (m *matcher) add(content string, tok addedToken) {
	if content == "" {
		return
	}
	if m.tokens == nil {
		m.tokens = make(map[string]addedToken)
	}
	m.tokens[content] = tok
	lengths := &m.lengths[content[0]]
	at := 0
	for at < len(*lengths) && (*lengths)[at] > len(content) {
		at++
	}
	if at < len(*lengths) && (*lengths)[at] == len(content) {
		return
	}
	*lengths = append(*lengths, 0)
	copy((*lengths)[at+1:], (*lengths)[at:])
	(*lengths)[at] = len(content)
}

func (m *matcher) at(s string) (addedToken, int) {
	for _, n := range m.lengths[s[0]] {
		if n <= len(s) {
			if tok, ok := m.tokens[s[:n]]; ok {
				return tok, n
			}
		}
	}
	return addedToken{}, 0
}

// split gives the text between matches, with id -1, and the matches.
func (m *matcher) split(t text, emit func(t text, id int32)) {
	if m.tokens == nil {
		emit(t, -1)
		return
	}
	s, done := t.s, 0
	for i := 0; i < len(s); {
		tok, n := m.at(s[i:])
		if n == 0 {
			i++
			continue
		}
		from, to := i, i+n
		i = to
		if tok.singleWord && (endsInWord(s[:from]) || startsWithWord(s[to:])) {
			continue
		}
		if tok.leftStrip {
			from = max(done, len(strings.TrimRightFunc(s[:from], unicode.IsSpace)))
		}
		if tok.rightStrip {
			to = len(s) - len(strings.TrimLeftFunc(s[to:], unicode.IsSpace))
		}
		if done < from {
			emit(t.slice(done, from), -1)
		}
		emit(t.slice(from, to), tok.id)
		done = to
		i = max(i, to)
	}
	if done < len(s) {
		emit(t.slice(done, len(s)), -1)
	}
}

func endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && isWordRune(r)
}

func startsWithWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isWordRune(r)
}
