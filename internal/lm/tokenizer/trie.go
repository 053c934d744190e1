package tokenizer

import (
	"cmp"
	"slices"
)

// trie finds all tokens that a text starts with. The children of a node stand
// side by side in order of their byte; those of node i are first[i] to first[i+1].
type trie struct {
	first []int32
	label []byte
	value []int32 // -1: no token ends here
}

type trieEntry struct {
	token string
	value int32
}

// newTrie builds the trie level by level out of distinct tokens.
func newTrie(entries []trieEntry) trie {
	slices.SortFunc(entries, func(a, b trieEntry) int { return cmp.Compare(a.token, b.token) })
	type rangeOf struct{ from, to, depth int } // the tokens below a node
	queue := []rangeOf{{0, len(entries), 0}}
	t := trie{label: []byte{0}, value: []int32{-1}}
	for node := 0; node < len(queue); node++ {
		r := queue[node]
		t.first = append(t.first, int32(len(queue)))
		i := r.from
		if i < r.to && len(entries[i].token) == r.depth {
			t.value[node] = entries[i].value
			i++
		}
		for i < r.to {
			c := entries[i].token[r.depth]
			from := i
			for i < r.to && entries[i].token[r.depth] == c {
				i++
			}
			queue = append(queue, rangeOf{from, i, r.depth + 1})
			t.label = append(t.label, c)
			t.value = append(t.value, -1)
		}
	}
	t.first = append(t.first, int32(len(queue)))
	return t
}

// prefixes calls f for every token that s starts with, the shortest first.
func (t trie) prefixes(s string, f func(length int, value int32)) {
	node := int32(0)
	for i := range len(s) {
		from, to := t.first[node], t.first[node+1]
		k, ok := slices.BinarySearch(t.label[from:to], s[i])
		if !ok {
			return
		}
		node = from + int32(k)
		if t.value[node] >= 0 {
			f(i+1, t.value[node])
		}
	}
}
