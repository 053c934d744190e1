package tokenizer

import (
	"fmt"
	"hash/fnv"
	"math"
)

// NewHashing gives a tokenizer for random models that come without tokenizer
// files: lower-case words, each with an id that its hash chooses, and BERT's
// five special tokens and template. It panics if the vocabulary has no room for
// a word beside them.
func NewHashing(vocabulary int) *Tokenizer {
	if vocabulary <= len(bertSpecials) || vocabulary > math.MaxInt32 {
		panic(fmt.Sprintf("tokenizer: NewHashing: vocabulary is %d, must be at least %d", vocabulary, len(bertSpecials)+1))
	}
	t, err := fromFiles(files{"tokenizer.json": fmt.Appendf(nil, `{"version": "1.0", "model": {"type": "Hashing", "vocabulary": %d}}`+"\n", vocabulary)})
	if err != nil {
		panic("tokenizer: NewHashing: " + err.Error())
	}
	return t
}

// hashing gives each word one id above those of the special tokens.
type hashing struct{ size int }

func (m hashing) tokenize(dst []piece, word string) []piece {
	h := fnv.New64a()
	h.Write([]byte(word))
	first := uint64(len(bertSpecials))
	id := first + h.Sum64()%(uint64(m.size)-first)
	return append(dst, piece{int32(id), 0, int32(len(word))})
}

// hashingSpec describes the tokenizer; words stand in its vocabulary as "#5",
// "#6", and so on.
func hashingSpec(size int) spec {
	s := spec{
		kind:       "hashing",
		normalizer: bertNormalizer{cleanText: true, chineseChars: true, stripAccents: true, lowercase: true},
		pre:        bertPreTokenizer{},
		entries:    make([]entry, size),
	}
	for i := range s.entries {
		token := fmt.Sprintf("#%d", i)
		if i < len(bertSpecials) {
			token = bertSpecials[i]
		}
		s.entries[i] = entry{token, int64(i), line{"tokenizer.json", 1}}
	}
	s.template = func(*vocabulary) (template, error) { return bertTemplate(2, 3), nil }
	s.model = func(*vocabulary, map[int32]bool) (model, error) { return hashing{size}, nil }
	return s
}

// readHashing reads the description that NewHashing writes.
func readHashing(o object) (spec, error) {
	size := o.integer("vocabulary", 0)
	o.only("type", "vocabulary")
	if *o.err != nil {
		return spec{}, *o.err
	}
	if size <= int64(len(bertSpecials)) || size > maxTokens {
		return spec{}, o.errorf("a hashing vocabulary of %d is outside %d to %d", size, len(bertSpecials)+1, maxTokens)
	}
	return hashingSpec(int(size)), nil
}
