package tokenizer

import "unicode/utf8"

// model cuts one word into pieces of the vocabulary and appends them to dst.
type model interface {
	tokenize(dst []piece, word string) []piece
}

// piece is a token of a word: its id, and the bytes of the word it stands for.
type piece struct{ id, from, to int32 }

// wordPiece takes the longest piece that fits from the left, again and again. A
// word that cannot be covered is one unknown token.
//
// Source: Wu et al. 2016, arXiv:1609.08144, as in BERT's reference code.
type wordPiece struct {
	head, tail map[string]int32 // pieces that start a word; pieces that go on, without their prefix
	longest    int              // bytes of the longest piece
	unk        int32
	maxChars   int // words of more characters are unknown
}

func (m *wordPiece) tokenize(dst []piece, word string) []piece {
	if len(word) > m.maxChars && utf8.RuneCountInString(word) > m.maxChars {
		return append(dst, piece{m.unk, 0, int32(len(word))})
	}
	n := len(dst)
	pieces := m.head
	for from := 0; from < len(word); {
		to := min(len(word), from+m.longest)
		id, ok := int32(0), false
		for ; to > from; to-- {
			if to < len(word) && !utf8.RuneStart(word[to]) {
				continue
			}
			if id, ok = pieces[word[from:to]]; ok {
				break
			}
		}
		if !ok {
			return append(dst[:n], piece{m.unk, 0, int32(len(word))})
		}
		dst = append(dst, piece{id, int32(from), int32(to)})
		from = to
		pieces = m.tail
	}
	return dst
}

// newWordPiece leaves out the banned tokens, which text must not yield.
func newWordPiece(v *vocabulary, prefix string, unk int32, maxChars int, banned map[int32]bool) *wordPiece {
	m := &wordPiece{
		head:     make(map[string]int32, len(v.ids)),
		tail:     make(map[string]int32),
		unk:      unk,
		maxChars: maxChars,
	}
	for id, token := range v.tokens {
		if token == "" || banned[int32(id)] {
			continue
		}
		m.longest = max(m.longest, len(token))
		m.head[token] = int32(id)
		if len(token) > len(prefix) && token[:len(prefix)] == prefix {
			m.tail[token[len(prefix):]] = int32(id)
		}
	}
	return m
}
