package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// spot is a token and where it stands in its text.
type spot struct {
	id       int32
	word     int32
	from, to int
}

// worker is the scratch memory of one call, with the pieces of words seen before.
type worker struct {
	tokens []spot
	words  []text
	pieces []piece
	count  int32 // words so far
	cache  map[string][]piece
}

// Words longer than this are not remembered; and the cache is emptied when it
// holds this many, which bounds it to some 20 MB.
const (
	longestCached = 64
	mostCached    = 1 << 16
)

func (w *worker) reset() {
	w.tokens = w.tokens[:0]
	w.count = 0
}

// EncodeInput gives a model's input for one text or, if hasPair, two, with the
// special tokens of the tokenizer's template.
//
// Where the result would be longer than o.MaxLength, tokens are left out of the
// longer text until both are equally long, then of both in turn. The template
// is kept whole unless it alone is too long; see [Tokenizer.TemplateLength].
func (t *Tokenizer) EncodeInput(text, pair string, hasPair bool, o Options) Encoding {
	w := t.workers.get()
	defer t.workers.put(w)
	w.reset()
	t.encodeText(w, newText(text, 0, true))
	sequences := [][]spot{t.snap(w.tokens, text)}
	if hasPair {
		first := slices.Clone(sequences[0])
		w.reset()
		t.encodeText(w, newText(pair, 0, true))
		sequences = [][]spot{first, t.snap(w.tokens, pair)}
	}

	truncated := false
	if o.MaxLength > 0 {
		room := o.MaxLength
		if !o.NoSpecial {
			room = max(0, room-t.template.length(hasPair))
		}
		truncated = truncate(sequences, room, o.TruncateStart)
	}
	e := t.template.join(sequences, o.NoSpecial)
	e.Truncated = truncated
	if o.MaxLength > 0 && len(e.IDs) > o.MaxLength {
		e.cut(o.MaxLength)
	}
	return e
}

// EncodeParts gives a model's input for a prompt: texts and, between them,
// special tokens by their names. Texts that follow each other are read as one,
// so that words may go across. Offsets count in the prompt as written, with the
// names of the special tokens in it.
//
// Where the result would be longer than o.MaxLength, text tokens are left out
// of whichever part has most left, the later one among equals; so a long row
// gives way before the template's own words do, and named special tokens stay.
//
// It panics if a name is not in the vocabulary: callers look with [Tokenizer.ID]
// first, where they can tell whose mistake it is.
func (t *Tokenizer) EncodeParts(parts []Part, o Options) Encoding {
	w := t.workers.get()
	defer t.workers.put(w)
	w.reset()

	var prompt strings.Builder
	for _, p := range parts {
		prompt.WriteString(p.written())
	}
	text := prompt.String()

	start, next := 0, 0 // the text not yet encoded goes from start to next
	flush := func(end int) {
		if start < end {
			t.encodeText(w, newText(text[start:end], start, true))
		}
	}
	for _, p := range parts {
		if p.Special == "" {
			next += len(p.Text)
			continue
		}
		id, ok := t.vocab.ids[p.Special]
		if !ok {
			panic(fmt.Sprintf("tokenizer: EncodeParts: no token is named %q", p.Special))
		}
		a := t.added.byID[id]
		end := next
		if a.leftStrip {
			end = len(strings.TrimRightFunc(text[:end], unicode.IsSpace))
		}
		flush(end)
		w.tokens = append(w.tokens, spot{id: id, word: -1})
		next += len(p.Special)
		start = next
		if a.rightStrip {
			start = len(text) - len(strings.TrimLeftFunc(text[next:], unicode.IsSpace))
		}
	}
	flush(next)
	return t.finishParts(t.snap(w.tokens, text), parts, o)
}

// written is the part as it stands in the prompt.
func (p Part) written() string {
	if p.Special != "" {
		return p.Special
	}
	return p.Text
}

func (t *Tokenizer) finishParts(tokens []spot, parts []Part, o Options) Encoding {
	truncated := false
	if o.MaxLength > 0 {
		room := o.MaxLength
		if !o.NoSpecial {
			room = max(0, room-t.template.length(false))
		}
		if len(tokens) > room {
			tokens = truncateParts(tokens, parts, room, o.TruncateStart)
			truncated = true
		}
	}
	e := t.template.join([][]spot{tokens}, o.NoSpecial)
	e.Truncated = truncated
	if o.MaxLength > 0 && len(e.IDs) > o.MaxLength {
		e.cut(o.MaxLength)
	}
	return e
}

// encodeText appends the tokens of a text to w.tokens.
func (t *Tokenizer) encodeText(w *worker, s text) {
	if s.s == "" {
		return
	}
	t.added.raw.split(s, func(s text, id int32) {
		if id >= 0 {
			w.add(s, id)
			return
		}
		if t.normalizer != nil {
			s = t.normalizer.normalize(s)
		}
		t.added.normalized.split(s, func(s text, id int32) {
			if id >= 0 {
				w.add(s, id)
				return
			}
			t.encodeWords(w, s)
		})
	})
}

// add appends an added token, which is a word by itself.
func (w *worker) add(s text, id int32) {
	from, to := s.source(0, len(s.s))
	w.tokens = append(w.tokens, spot{id: id, word: w.count, from: from, to: to})
	w.count++
}

func (t *Tokenizer) encodeWords(w *worker, s text) {
	if s.s == "" {
		return
	}
	if t.pre == nil {
		w.words = append(w.words[:0], s)
	} else {
		w.words = t.pre.split(s, w.words[:0])
	}
	for i := range w.words {
		word := &w.words[i]
		if word.s == "" {
			continue
		}
		for _, p := range w.tokenize(t.model, word.s) {
			tok := spot{id: p.id, word: w.count}
			if word.track {
				tok.from, tok.to = word.source(int(p.from), int(p.to))
			}
			w.tokens = append(w.tokens, tok)
		}
		w.count++
	}
}

// tokenize asks the model, unless the word was seen before.
func (w *worker) tokenize(m model, word string) []piece {
	if len(word) > longestCached {
		w.pieces = m.tokenize(w.pieces[:0], word)
		return w.pieces
	}
	if pieces, ok := w.cache[word]; ok {
		return pieces
	}
	if len(w.cache) >= mostCached {
		clear(w.cache)
	}
	w.pieces = m.tokenize(w.pieces[:0], word)
	pieces := slices.Clone(w.pieces)
	w.cache[strings.Clone(word)] = pieces
	return pieces
}

// snap moves offsets inside a character outwards to its borders: a token may be
// some bytes of a character, but a range of text cannot. Where the template says
// so, the blank that a token starts with is then left out of its range.
func (t *Tokenizer) snap(tokens []spot, text string) []spot {
	for i := range tokens {
		tok := &tokens[i]
		tok.from = border(text, tok.from, -1)
		tok.to = border(text, tok.to, 1)
		if t.template.trim {
			for tok.from < tok.to && text[tok.from] == ' ' {
				tok.from++
			}
			for tok.from < tok.to && text[tok.to-1] == ' ' {
				tok.to--
			}
		}
	}
	return tokens
}

// border goes from byte i in steps until a character starts there. It goes no
// further than a character is long, for text that is not UTF-8.
func border(text string, i, step int) int {
	for range utf8.UTFMax - 1 {
		if i <= 0 || i >= len(text) || utf8.RuneStart(text[i]) {
			break
		}
		i += step
	}
	return i
}
