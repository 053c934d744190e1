package tokenizer

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

var bertSpecials = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}

// maxAlphabet bounds the characters that a trained vocabulary knows; the rarer
// ones of a text in many scripts are unknown, as in BERT's own training.
const maxAlphabet = 1000

// TrainWordPiece makes a BERT tokenizer out of plain text. The same text and
// settings give the same vocabulary.
//
// Pieces are found by joining the most frequent neighbours within words, as the
// usual open implementations do; the original trainer was never published.
func TrainWordPiece(texts iter.Seq[string], c TrainConfig) (*Tokenizer, error) {
	n := bertNormalizer{cleanText: true, chineseChars: true, stripAccents: c.Lowercase, lowercase: c.Lowercase}
	counts := countWords(texts, n, bertPreTokenizer{}, 100)

	v := newSymbols(bertSpecials)
	words := v.splitWords(counts, alphabet(counts))
	if len(v.tokens) > c.Vocabulary {
		return nil, fmt.Errorf("train WordPiece: a vocabulary of %d is too small: %d special tokens and %d characters (first in a word or later) need %d",
			c.Vocabulary, len(bertSpecials), len(v.tokens)-len(bertSpecials), len(v.tokens))
	}
	l := newLearner(words)
	for len(v.tokens) < c.Vocabulary {
		p, ok := l.best(int64(c.minFrequency()))
		if !ok {
			break
		}
		l.merge(p, v.id(v.tokens[p.left]+strings.TrimPrefix(v.tokens[p.right], "##")))
	}
	t, err := fromFiles(wordPieceFiles(v.tokens, c.Lowercase))
	if err != nil {
		return nil, fmt.Errorf("train WordPiece: %w", err)
	}
	return t, nil
}

func (c TrainConfig) minFrequency() int {
	if c.MinFrequency == 0 {
		return 2
	}
	return c.MinFrequency
}

// alphabet gives the most frequent characters.
func alphabet(counts map[string]int64) map[rune]bool {
	freq := make(map[rune]int64)
	for word, n := range counts {
		for _, r := range word {
			freq[r] += n
		}
	}
	runes := make([]rune, 0, len(freq))
	for r := range freq {
		runes = append(runes, r)
	}
	slices.SortFunc(runes, func(a, b rune) int {
		return cmp.Or(cmp.Compare(freq[b], freq[a]), cmp.Compare(a, b))
	})
	known := make(map[rune]bool)
	for _, r := range runes[:min(len(runes), maxAlphabet)] {
		known[r] = true
	}
	return known
}

// symbols numbers the tokens of a growing vocabulary.
type symbols struct {
	tokens []string
	ids    map[string]int32
}

func newSymbols(tokens []string) *symbols {
	s := &symbols{ids: make(map[string]int32)}
	for _, token := range tokens {
		s.id(token)
	}
	return s
}

// id gives the number of a token, a new one if need be.
func (s *symbols) id(token string) int32 {
	id, ok := s.ids[token]
	if !ok {
		id = int32(len(s.tokens))
		s.ids[token] = id
		s.tokens = append(s.tokens, token)
	}
	return id
}

// splitWords spells words in symbols, one per character, marked where it does
// not start its word. Words with unknown characters are left out.
func (s *symbols) splitWords(counts map[string]int64, known map[rune]bool) []counted {
	first, later := make(map[rune]bool), make(map[rune]bool)
	var spelled []string
	for _, word := range sortedKeys(counts) {
		if strings.ContainsFunc(word, func(r rune) bool { return !known[r] }) {
			continue
		}
		spelled = append(spelled, word)
		for i, r := range word {
			if i == 0 {
				first[r] = true
			} else {
				later[r] = true
			}
		}
	}
	for _, r := range sortedRunes(first) {
		s.id(string(r))
	}
	for _, r := range sortedRunes(later) {
		s.id("##" + string(r))
	}
	words := make([]counted, 0, len(spelled))
	for _, word := range spelled {
		w := counted{count: counts[word]}
		for i, r := range word {
			prefix := ""
			if i > 0 {
				prefix = "##"
			}
			w.symbols = append(w.symbols, s.ids[prefix+string(r)])
		}
		words = append(words, w)
	}
	return words
}

func sortedRunes(set map[rune]bool) []rune {
	runes := make([]rune, 0, len(set))
	for r := range set {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	return runes
}

// wordPieceFiles are the files of a BERT tokenizer with the given vocabulary.
func wordPieceFiles(tokens []string, lowercase bool) files {
	config := fmt.Sprintf(`{
  "tokenizer_class": "BertTokenizer",
  "do_lower_case": %t,
  "pad_token": "[PAD]",
  "unk_token": "[UNK]",
  "cls_token": "[CLS]",
  "sep_token": "[SEP]",
  "mask_token": "[MASK]"
}
`, lowercase)
	var added bytes.Buffer
	for i, token := range bertSpecials {
		if i > 0 {
			added.WriteString(",\n")
		}
		fmt.Fprintf(&added, `{"id": %d, "content": %q, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}`, i, token)
	}
	whole := fmt.Sprintf(`{
"version": "1.0",
"truncation": null,
"padding": null,
"added_tokens": [
%s
],
"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": %t},
"pre_tokenizer": {"type": "BertPreTokenizer"},
"post_processor": {"type": "TemplateProcessing",
"single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
"pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
"special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
"decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
"vocab": %s}
}
`, added.Bytes(), lowercase, bytes.TrimSpace(vocabJSON(tokens)))
	return files{
		"tokenizer.json":        []byte(whole),
		"vocab.txt":             []byte(strings.Join(tokens, "\n") + "\n"),
		"tokenizer_config.json": []byte(config),
	}
}
