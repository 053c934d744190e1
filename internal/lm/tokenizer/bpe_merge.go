package tokenizer

import "container/heap"

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
