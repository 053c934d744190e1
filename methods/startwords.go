package methods

import (
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/tensor"
)

// A wordStart says which words trained vectors start from: random ones of the
// vocabulary, those of the labels (and random ones for the rest), or those of
// a text, over and over.
type wordStart struct {
	name string // vocabulary, label_words, text, or another that is no word
	text string
}

// validate returns what is wrong with the attributes init and init_text.
func (s wordStart) validate() []error {
	errs := oneOf("init", s.name, "vocabulary", "label_words", "text", "random")
	if (s.name == "text") != (s.text != "") {
		errs = append(errs, &FieldError{"init_text", `The text goes with init = "text"; one without the other has no meaning.`})
	}
	return errs
}

// ids returns n token ids.
func (s wordStart) ids(n int, base *lm.Base, setup Setup, key tensor.Key) ([]int32, error) {
	var ids []int32
	switch s.name {
	case "label_words":
		if len(setup.Words) == 0 {
			return nil, fieldErrorf("init", `init = "label_words" needs a format with words.`)
		}
		ids = interleave(setup.Words)
	case "text":
		if base.Tokenizer == nil {
			return nil, fieldErrorf("init", `init = "text" needs a model with a tokenizer.`)
		}
		text := base.Tokenizer.Encode(s.text)
		if len(text) == 0 {
			return nil, fieldErrorf("init_text", "The text %q has no tokens.", s.text)
		}
		for len(ids) < n {
			ids = append(ids, text...)
		}
	}
	ordinary := ordinaryTokens(base)
	for i := uint64(0); len(ids) < n; i++ {
		ids = append(ids, ordinary[int(key.Float64(i)*float64(len(ordinary)))])
	}
	return ids[:n], nil
}

// interleave takes the first word of each label, then the second of each.
func interleave(words [][]int32) []int32 {
	var ids []int32
	for i := 0; ; i++ {
		before := len(ids)
		for _, w := range words {
			if i < len(w) {
				ids = append(ids, w[i])
			}
		}
		if len(ids) == before {
			return ids
		}
	}
}

// ordinaryTokens lists the vocabulary without special tokens.
func ordinaryTokens(base *lm.Base) []int32 {
	n, special := base.Config().Vocabulary, []int32(nil)
	if t := base.Tokenizer; t != nil {
		s := t.Special()
		n, special = min(n, t.Size()), []int32{s.PAD, s.UNK, s.CLS, s.SEP, s.MASK, s.BOS, s.EOS}
	}
	ids := make([]int32, 0, n)
	for id := range int32(n) {
		if !slices.Contains(special, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
