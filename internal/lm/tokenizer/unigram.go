package tokenizer

import (
	"math"
	"slices"
	"unicode/utf8"
)

// unigram picks the pieces with the highest sum of log probabilities.
//
// Source: Kudo 2018, arXiv:1804.10959; the search is that of SentencePiece.
type unigram struct {
	pieces   trie
	scores   []float64
	unk      int32 // -1: text outside the vocabulary gives nothing
	unkScore float64
	fallback *[256]int32 // nil: unknown characters are unk
}

// unkPenalty is how much less likely than the rarest piece an unknown character is.
const unkPenalty = 10

func newUnigram(v *vocabulary, scores []float64, unk int32, byteFallback bool, banned map[int32]bool) *unigram {
	m := &unigram{scores: scores, unk: unk}
	lowest := math.Inf(1)
	var tokens []trieEntry
	for id, score := range scores {
		lowest = min(lowest, score)
		if token := v.tokens[id]; token != "" && !banned[int32(id)] {
			tokens = append(tokens, trieEntry{token, int32(id)})
		}
	}
	m.unkScore = lowest - unkPenalty
	m.pieces = newTrie(tokens)
	if byteFallback {
		m.fallback = v.byteTokens()
	}
	return m
}

// tokenize finds the best path from the left: for each position the best sum of
// scores and the piece that ends there. The earlier found of equals stays.
func (m *unigram) tokenize(dst []piece, word string) []piece {
	type node struct {
		score float64
		from  int32 // -1: not reached
		id    int32
	}
	best := make([]node, len(word)+1)
	for i := range best[1:] {
		best[i+1].from = -1
	}
	reach := func(from, to int, id int32, score float64) {
		if n := &best[to]; n.from < 0 || best[from].score+score > n.score {
			*n = node{best[from].score + score, int32(from), id}
		}
	}
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRuneInString(word[i:])
		single := false
		m.pieces.prefixes(word[i:], func(length int, id int32) {
			reach(i, i+length, id, m.scores[id])
			single = single || length == n
		})
		if !single {
			reach(i, i+n, m.unk, m.unkScore)
		}
		i += n
	}

	start := len(dst)
	for to := len(word); to > 0; {
		n := best[to]
		dst = append(dst, piece{n.id, n.from, int32(to)})
		to = int(n.from)
	}
	slices.Reverse(dst[start:])
	return m.replaceUnknown(dst, start, word)
}

// replaceUnknown makes one token of unknown neighbours, or spells them in bytes.
func (m *unigram) replaceUnknown(dst []piece, start int, word string) []piece {
	if !slices.ContainsFunc(dst[start:], func(p piece) bool { return p.id == m.unk }) {
		return dst
	}
	path := slices.Clone(dst[start:])
	dst = dst[:start]
	for i, p := range path {
		switch {
		case p.id != m.unk:
			dst = append(dst, p)
		case m.fallback != nil:
			for k := p.from; k < p.to; k++ {
				dst = append(dst, piece{m.fallback[word[k]], k, k + 1})
			}
		case i > 0 && path[i-1].id == m.unk:
			if m.unk >= 0 {
				dst[len(dst)-1].to = p.to
			}
		case m.unk >= 0:
			dst = append(dst, p)
		}
	}
	return dst
}
