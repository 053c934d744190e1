package tokenizer

import (
	"fmt"
	"strings"
)

// readVocabTxt reads BERT's layout: one token per line, its number its id.
//
// The settings come from tokenizer_config.json. Without do_lower_case the
// vocabulary itself tells: one without any capital letter is for small ones.
func readVocabTxt(data []byte, c config) (spec, error) {
	s := spec{kind: "WordPiece", decoder: wordPieceDecoder{prefix: "##", cleanup: true}, pre: bertPreTokenizer{}}
	if c.class != "" && !strings.HasPrefix(c.class, "Bert") && !strings.HasPrefix(c.class, "DistilBert") &&
		!strings.HasPrefix(c.class, "Electra") && c.class != "PreTrainedTokenizerFast" {
		return s, fmt.Errorf("tokenizer_config.json: tokenizer_class %q with a vocab.txt is not known; known are BertTokenizer, DistilBertTokenizer and ElectraTokenizer", c.class)
	}

	var capitals bool
	s.entries, capitals = vocabTxtEntries(data)
	lower := c.object.boolean("do_lower_case", !capitals)
	s.normalizer = bertNormalizer{
		cleanText:    true,
		chineseChars: c.object.boolean("tokenize_chinese_chars", true),
		stripAccents: c.object.boolean("strip_accents", lower),
		lowercase:    lower,
	}
	if *c.object.err != nil {
		return s, *c.object.err
	}
	s.added = c.added

	role := func(name, usual string) string {
		if token := c.roles[name]; token != "" {
			return token
		}
		return usual
	}
	cls, sep, unk := role("cls_token", "[CLS]"), role("sep_token", "[SEP]"), role("unk_token", "[UNK]")
	s.template = func(v *vocabulary) (template, error) {
		ids, err := v.find(cls, sep)
		if err != nil {
			return template{}, fmt.Errorf("vocab.txt: %w", err)
		}
		return bertTemplate(ids[0], ids[1]), nil
	}
	s.model = func(v *vocabulary, banned map[int32]bool) (model, error) {
		ids, err := v.find(unk)
		if err != nil {
			return nil, fmt.Errorf("vocab.txt: %w", err)
		}
		return newWordPiece(v, "##", ids[0], 100, banned), nil
	}
	return s, nil
}

// vocabTxtEntries reads the lines and tells whether a token that is not in
// brackets has a capital letter. A blank line is an id without a token.
func vocabTxtEntries(data []byte) (entries []entry, capitals bool) {
	for i, l := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		token := strings.TrimSuffix(l, "\r")
		if token == "" {
			continue
		}
		bracketed := strings.HasPrefix(token, "[") && strings.HasSuffix(token, "]")
		capitals = capitals || !bracketed && strings.ContainsFunc(token, func(r rune) bool { return r >= 'A' && r <= 'Z' })
		entries = append(entries, entry{token, int64(i), line{"vocab.txt", i + 1}})
	}
	return entries, capitals
}

// find gives the ids of tokens that must be there.
func (v *vocabulary) find(tokens ...string) ([]int32, error) {
	ids := make([]int32, len(tokens))
	for i, token := range tokens {
		id, ok := v.ids[token]
		if !ok {
			return nil, fmt.Errorf("the vocabulary lacks the token %q", token)
		}
		ids[i] = id
	}
	return ids, nil
}
