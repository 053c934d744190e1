package tokenizer

// normalizer rewrites a text before it is cut into words.
type normalizer interface {
	normalize(t text) text
}

// normalizers apply one after the other.
type normalizers []normalizer

func (ns normalizers) normalize(t text) text {
	for _, n := range ns {
		t = n.normalize(t)
	}
	return t
}
