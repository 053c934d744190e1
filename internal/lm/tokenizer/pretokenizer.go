package tokenizer

// preTokenizer cuts a text into words; some rewrite it on the way. It appends
// them to dst.
type preTokenizer interface {
	split(t text, dst []text) []text
}

// preTokenizers apply one after the other, each to the words of the one before.
type preTokenizers []preTokenizer

func (ps preTokenizers) split(t text, dst []text) []text {
	words := []text{t}
	for i, p := range ps {
		last := i == len(ps)-1
		var next []text
		if last {
			next = dst
		}
		for _, w := range words {
			next = p.split(w, next)
		}
		words = next
	}
	return words
}
