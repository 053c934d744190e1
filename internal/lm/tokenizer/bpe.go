package tokenizer

import (
	"container/heap"
	"fmt"
	"unicode/utf8"
)

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

// shortWord is the length up to which looking at every pair beats a queue.
const shortWord = 32

// mergeShort joins the pair of lowest rank, the leftmost of equals, until no
// pair can be joined. It looks at all pairs each time, and is what mergeLong is
// tested against.
func (m *bpe) mergeShort(s []piece) []piece {
	var due [shortWord]merge
	ranks := due[:0]
	for i := 1; i < len(s); i++ {
		ranks = append(ranks, m.rank(s[i-1].id, s[i].id))
	}
	for len(ranks) > 0 {
		best := 0
		for i, r := range ranks {
			if r.rank < ranks[best].rank {
				best = i
			}
		}
		if ranks[best].rank == noMerge {
			break
		}
		s[best].id = ranks[best].id
		s[best].to = s[best+1].to
		s = append(s[:best+1], s[best+2:]...)
		ranks = append(ranks[:best], ranks[best+1:]...)
		if best > 0 {
			ranks[best-1] = m.rank(s[best-1].id, s[best].id)
		}
		if best < len(ranks) {
			ranks[best] = m.rank(s[best].id, s[best+1].id)
		}
	}
	return s
}

// mergeLong does the same for n symbols in O(n log n): symbols are a linked
// list, and pairs wait in a queue. A pair whose symbols have changed since it
// was queued is passed over.
func (m *bpe) mergeLong(s []piece) []piece {
	next := make([]int32, len(s))
	prev := make([]int32, len(s))
	for i := range s {
		next[i], prev[i] = int32(i+1), int32(i-1)
	}
	var queue mergeQueue
	waiting := func(i, j int32) (candidate, bool) {
		if i < 0 || int(j) >= len(s) {
			return candidate{}, false
		}
		r := m.rank(s[i].id, s[j].id)
		return candidate{r, i, j, pair{s[i].id, s[j].id}}, r.rank != noMerge
	}
	for i := range s {
		if c, ok := waiting(int32(i), int32(i+1)); ok {
			queue = append(queue, c)
		}
	}
	heap.Init(&queue)
	gone := make([]bool, len(s))
	for len(queue) > 0 {
		c := heap.Pop(&queue).(candidate)
		i, j := c.left, c.right
		if gone[i] || gone[j] || next[i] != j || c.ids != (pair{s[i].id, s[j].id}) {
			continue
		}
		s[i].id, s[i].to = c.id, s[j].to
		gone[j] = true
		next[i] = next[j]
		if int(next[i]) < len(s) {
			prev[next[i]] = i
		}
		if c, ok := waiting(prev[i], i); ok {
			heap.Push(&queue, c)
		}
		if c, ok := waiting(i, next[i]); ok {
			heap.Push(&queue, c)
		}
	}
	kept := s[:0]
	for i := range s {
		if !gone[i] {
			kept = append(kept, s[i])
		}
	}
	return kept
}

// candidate is a pair that can be joined: symbols left and right of a word, and
// their ids when it was queued.
type candidate struct {
	merge
	left, right int32
	ids         pair
}

type mergeQueue []candidate

func (q mergeQueue) Len() int      { return len(q) }
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *mergeQueue) Push(x any)   { *q = append(*q, x.(candidate)) }

func (q mergeQueue) Less(i, j int) bool {
	if q[i].rank != q[j].rank {
		return q[i].rank < q[j].rank
	}
	return q[i].left < q[j].left
}

func (q *mergeQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// mergeRule is a line of merges.txt: two tokens to join.
type mergeRule struct {
	left, right string
	where       position
}

// bpeConfig is how a file describes a BPE model.
type bpeConfig struct {
	rules        []mergeRule
	unk          string
	fuseUnk      bool
	byteFallback bool
	ignoreMerges bool
	prefix       string
	suffix       string
	rawBytes     bool // the byte-level pre-tokenizer leaves the bytes to the model
}

func (c bpeConfig) build(v *vocabulary, banned map[int32]bool) (model, error) {
	m := &bpe{
		symbols: make(map[string]int32, len(v.ids)),
		unk:     -1,
		fuseUnk: c.fuseUnk,
		whole:   c.ignoreMerges,
		prefix:  c.prefix,
		suffix:  c.suffix,
		vocab:   v,
	}
	for token, id := range v.ids {
		if !banned[id] {
			m.symbols[token] = id
		}
	}
	if c.unk != "" {
		ids, err := v.find(c.unk)
		if err != nil {
			return nil, fmt.Errorf("unknown token: %w", err)
		}
		m.unk = ids[0]
	}
	if c.byteFallback {
		m.fallback = v.byteTokens()
	}
	if err := m.addRules(c.rules); err != nil {
		return nil, err
	}
	m.wholeWord = m.symbols
	if c.rawBytes {
		m.useBytes()
	}
	return m, nil
}

// byteTokens are the ids of <0x00> to <0xFF>, or nil if one is missing.
func (v *vocabulary) byteTokens() *[256]int32 {
	var ids [256]int32
	for b := range ids {
		id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			return nil
		}
		ids[b] = id
	}
	return &ids
}

// addRules numbers the merges in file order; the later of equal ones counts.
func (m *bpe) addRules(rules []mergeRule) error {
	m.merges = make(map[pair]merge, len(rules))
	for rank, r := range rules {
		ids, err := m.vocab.find(r.left, r.right)
		if err != nil {
			return fmt.Errorf("%s: merge of %q and %q: %w", r.where.position(), r.left, r.right, err)
		}
		if len(r.right) < len(m.prefix) {
			return fmt.Errorf("%s: merge of %q and %q: the second one is shorter than the prefix %q", r.where.position(), r.left, r.right, m.prefix)
		}
		joined := r.left + r.right[len(m.prefix):]
		if _, err := m.vocab.find(joined); err != nil {
			return fmt.Errorf("%s: merge of %q and %q: %w", r.where.position(), r.left, r.right, err)
		}
		if id, ok := m.symbols[joined]; ok { // not banned
			m.merges[pair{ids[0], ids[1]}] = merge{int32(rank), id}
		}
	}
	return nil
}

// useBytes makes the model take raw bytes for the characters that stand for
// them in a byte-level vocabulary.
func (m *bpe) useBytes() {
	m.byteIDs = new([256]int32)
	for b, r := range byteRunes {
		id, ok := m.symbols[string(r)]
		if !ok {
			id = -1
		}
		m.byteIDs[b] = id
	}
	if !m.whole {
		return
	}
	m.wholeWord = make(map[string]int32, len(m.symbols))
	for token, id := range m.symbols {
		if word, ok := unmapBytes(token); ok {
			m.wholeWord[word] = id
		}
	}
}
