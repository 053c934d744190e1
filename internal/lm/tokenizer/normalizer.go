package tokenizer

import "fmt"

// normalizer rewrites a text before it is cut into words.
type normalizer interface {
	normalize(t text) text
}

// tooLong tells whether a text of some bytes has become too long, and notes it.
// The characters of real texts grow by a factor of 18 at most (U+FDFA, in the
// compatibility forms), but a file could hold parts that double a text forty
// times.
func (f *failure) tooLong(before, after int) bool {
	limit := 1<<20 + 64*before
	if after <= limit {
		return false
	}
	f.set(fmt.Errorf("tokenizer: rewriting made %d bytes out of %d; the limit is %d", after, before, limit))
	return true
}

// normalizers apply one after the other. A text that grows too long is noted and
// left as it was.
type normalizers struct {
	parts   []normalizer
	failure *failure
}

func (ns normalizers) normalize(t text) text {
	original := t
	for _, n := range ns.parts {
		t = n.normalize(t)
		if ns.failure.tooLong(len(original.s), len(t.s)) {
			return original
		}
	}
	return t
}
