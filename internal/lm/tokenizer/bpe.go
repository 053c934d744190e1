package tokenizer

import "unicode/utf8"

// bpe spells a word in single characters (or bytes), then joins neighbours in
// the order in which training had joined them.
//
// Source: Sennrich, Haddow and Birch 2016, arXiv:1508.07909.
type bpe struct {
	symbols   map[string]int32 // vocabulary without the banned tokens
	merges    map[pair]merge
	byteIDs   *[256]int32 // words are raw bytes, each a symbol (-1: none); nil: words are characters
	fallback  *[256]int32 // tokens <0x00> to <0xFF> for characters that are not in the vocabulary; nil: none
	unk       int32       // -1: what is not in the vocabulary is left out
	fuseUnk   bool        // unknown neighbours are one token
	whole     bool        // a word that is a token is that token, whatever the merges say
	prefix    string      // of symbols that do not start a word
	suffix    string      // of the symbol that ends a word
	vocab     *vocabulary
	wholeWord map[string]int32 // for whole: the tokens as words are given
}

// merge is what joining a pair gives, and when it is due: lower ranks first.
type merge struct{ rank, id int32 }

const noMerge = int32(1<<31 - 1)

func (m *bpe) tokenize(dst []piece, word string) []piece {
	if m.whole {
		if id, ok := m.wholeWord[word]; ok {
			return append(dst, piece{id, 0, int32(len(word))})
		}
	}
	n := len(dst)
	if m.byteIDs != nil {
		dst = m.spellBytes(dst, word)
	} else {
		dst = m.spell(dst, word)
	}
	if len(dst)-n <= shortWord {
		return dst[:n+len(m.mergeShort(dst[n:]))]
	}
	return dst[:n+len(m.mergeLong(dst[n:]))]
}

func (m *bpe) spellBytes(dst []piece, word string) []piece {
	for i := range len(word) {
		if id := m.byteIDs[word[i]]; id >= 0 {
			dst = append(dst, piece{id, int32(i), int32(i + 1)})
		} else {
			dst = m.unknown(dst, i, i+1)
		}
	}
	return dst
}

func (m *bpe) spell(dst []piece, word string) []piece {
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRuneInString(word[i:])
		s := word[i : i+n]
		if i > 0 && m.prefix != "" {
			s = m.prefix + s
		}
		if i+n == len(word) && m.suffix != "" {
			s += m.suffix
		}
		id, ok := m.symbols[s]
		switch {
		case ok:
			dst = append(dst, piece{id, int32(i), int32(i + n)})
		case m.fallback != nil:
			for k := range n {
				dst = append(dst, piece{m.fallback[word[i+k]], int32(i + k), int32(i + k + 1)})
			}
		default:
			dst = m.unknown(dst, i, i+n)
		}
		i += n
	}
	return dst
}

func (m *bpe) unknown(dst []piece, from, to int) []piece {
	if m.unk < 0 {
		return dst
	}
	if n := len(dst); m.fuseUnk && from > 0 && n > 0 && dst[n-1].id == m.unk && int(dst[n-1].to) == from {
		dst[n-1].to = int32(to)
		return dst
	}
	return append(dst, piece{m.unk, int32(from), int32(to)})
}

// rank is when the pair is due, or noMerge.
func (m *bpe) rank(left, right int32) merge {
	if r, ok := m.merges[pair{left, right}]; ok {
		return r
	}
	return merge{noMerge, -1}
}
