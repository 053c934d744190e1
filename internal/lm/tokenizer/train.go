package tokenizer

import (
	"container/heap"
	"iter"
	"slices"
)

// TrainConfig says what vocabulary to make.
type TrainConfig struct {
	Vocabulary   int  // tokens at most, special ones included
	MinFrequency int  // a pair that occurs less often is not merged; 0 counts as 2
	Lowercase    bool // BERT: make letters small and take accents off
}

// pair is two neighbouring symbols.
type pair struct{ left, right int32 }

// counted is a distinct word of the training text, as symbols, and how often it
// occurs.
type counted struct {
	symbols []int32
	count   int64
}

// countWords counts the words of a text; longer ones than the limit in bytes
// teach nothing about language and are passed over.
func countWords(texts iter.Seq[string], n normalizer, p preTokenizer, longest int) map[string]int64 {
	counts := make(map[string]int64)
	var words []text
	for s := range texts {
		t := newText(s, 0, false)
		if n != nil {
			t = n.normalize(t)
		}
		words = p.split(t, words[:0])
		for _, w := range words {
			if len(w.s) <= longest {
				counts[w.s]++
			}
		}
	}
	return counts
}

// learner finds the most frequent pair of neighbours, makes it a symbol, and so
// on: byte-pair encoding. Equal counts are decided by the lower left symbol,
// then the lower right one, so that the result depends on the text alone.
//
// Counts are kept up to date word by word: where lists the words that hold a
// pair (or once held it), and the queue may be stale, which is noticed when a
// pair comes out of it.
//
// Source: Sennrich, Haddow and Birch 2016, arXiv:1508.07909.
type learner struct {
	words  []counted
	counts map[pair]int64
	where  map[pair][]int32
	queue  pairQueue
}

func newLearner(words []counted) *learner {
	l := &learner{words: words, counts: make(map[pair]int64), where: make(map[pair][]int32)}
	for i, w := range words {
		for k := 1; k < len(w.symbols); k++ {
			l.change(pair{w.symbols[k-1], w.symbols[k]}, w.count, int32(i))
		}
	}
	for p, n := range l.counts {
		l.queue = append(l.queue, queued{p, n})
	}
	heap.Init(&l.queue)
	return l
}

// change adds n to the count of a pair in a word.
func (l *learner) change(p pair, n int64, word int32) {
	l.counts[p] += n
	if n > 0 {
		if list := l.where[p]; len(list) == 0 || list[len(list)-1] != word {
			l.where[p] = append(list, word)
		}
	}
}

// best takes the most frequent pair, if it occurs at least min times.
func (l *learner) best(min int64) (pair, bool) {
	for len(l.queue) > 0 {
		top := heap.Pop(&l.queue).(queued)
		switch now := l.counts[top.pair]; {
		case now < min:
		case now < top.count:
			heap.Push(&l.queue, queued{top.pair, now})
		default:
			return top.pair, true
		}
	}
	return pair{}, false
}

// merge replaces the pair by the symbol in every word.
func (l *learner) merge(p pair, symbol int32) {
	words := l.where[p]
	delete(l.where, p)
	touched := make(map[pair]bool)
	for _, i := range words {
		w := &l.words[i]
		s := w.symbols
		merged := s[:0:0]
		for k := 0; k < len(s); k++ {
			if k+1 == len(s) || (pair{s[k], s[k+1]}) != p {
				merged = append(merged, s[k])
				continue
			}
			merged = append(merged, symbol)
			k++
		}
		if len(merged) == len(s) {
			continue
		}
		for k := 1; k < len(s); k++ {
			l.change(pair{s[k-1], s[k]}, -w.count, i)
		}
		for k := 1; k < len(merged); k++ {
			q := pair{merged[k-1], merged[k]}
			l.change(q, w.count, i)
			if q.left == symbol || q.right == symbol {
				touched[q] = true
			}
		}
		w.symbols = merged
	}
	delete(l.counts, p)
	for q := range touched {
		heap.Push(&l.queue, queued{q, l.counts[q]})
	}
}

// queued is a pair with its count when it was queued.
type queued struct {
	pair  pair
	count int64
}

// pairQueue has the most frequent pair first.
type pairQueue []queued

func (q pairQueue) Len() int      { return len(q) }
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(queued)) }

func (q pairQueue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.count != b.count {
		return a.count > b.count
	}
	if a.pair.left != b.pair.left {
		return a.pair.left < b.pair.left
	}
	return a.pair.right < b.pair.right
}

func (q *pairQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = slices.Delete(old, len(old)-1, len(old))
	return last
}
