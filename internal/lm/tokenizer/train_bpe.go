package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
)

const endOfText = "<|endoftext|>"

// longestLearned bounds the words that byte-pair training looks at, in bytes.
const longestLearned = 256

// TrainByteBPE makes a GPT-2 tokenizer out of plain text: every byte is a
// token, so no text is unknown. The last id is that of <|endoftext|>. The same
// text and settings give the same vocabulary.
func TrainByteBPE(texts iter.Seq[string], c TrainConfig) (*Tokenizer, error) {
	v := newSymbols(byteAlphabet())
	if c.Vocabulary < len(v.tokens)+1 {
		return nil, fmt.Errorf("train byte-level BPE: a vocabulary of %d is too small: 256 bytes and %s need 257", c.Vocabulary, endOfText)
	}
	var n normalizer
	if c.Lowercase {
		n = lowercase{}
	}
	counts := countWords(texts, n, byteLevel{cut: true}, longestLearned)
	var words []counted
	for _, word := range sortedKeys(counts) {
		w := counted{count: counts[word]}
		for i := range len(word) {
			w.symbols = append(w.symbols, v.ids[string(byteRunes[word[i]])])
		}
		words = append(words, w)
	}
	l := newLearner(words)
	var rules []mergeRule
	for len(v.tokens) < c.Vocabulary-1 {
		p, ok := l.best(int64(c.minFrequency()))
		if !ok {
			break
		}
		left, right := v.tokens[p.left], v.tokens[p.right]
		rules = append(rules, mergeRule{left: left, right: right})
		l.merge(p, v.id(left+right))
	}
	v.id(endOfText)
	t, err := fromFiles(byteBPEFiles(v.tokens, rules, c.Lowercase))
	if err != nil {
		return nil, fmt.Errorf("train byte-level BPE: %w", err)
	}
	return t, nil
}

// byteAlphabet lists the characters that stand for bytes in GPT-2's order:
// those that stand for themselves first.
func byteAlphabet() []string {
	var own, moved []string
	for b, r := range byteRunes {
		if rune(b) == r {
			own = append(own, string(r))
		} else {
			moved = append(moved, string(r))
		}
	}
	return append(own, moved...)
}

// quote writes a JSON string with characters as they are.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("tokenizer: quote: " + err.Error()) // a string can always be written
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// vocabJSON writes tokens with their ids, in order of id.
func vocabJSON(tokens []string) []byte {
	var b bytes.Buffer
	for i, token := range tokens {
		sep := ",\n"
		if i == 0 {
			sep = "{\n"
		}
		fmt.Fprintf(&b, "%s%s: %d", sep, quote(token), i)
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

// byteBPEFiles are the files of a GPT-2 tokenizer with the given vocabulary,
// whose last token is the end of text.
func byteBPEFiles(tokens []string, rules []mergeRule, lower bool) files {
	var merges, list bytes.Buffer
	merges.WriteString("#version: 0.2\n")
	for i, r := range rules {
		fmt.Fprintf(&merges, "%s %s\n", r.left, r.right)
		if i > 0 {
			list.WriteString(",\n")
		}
		fmt.Fprintf(&list, "[%s, %s]", quote(r.left), quote(r.right))
	}
	normalizer := "null"
	if lower {
		normalizer = `{"type": "Lowercase"}`
	}
	vocab := vocabJSON(tokens)
	whole := fmt.Sprintf(`{
"version": "1.0",
"truncation": null,
"padding": null,
"added_tokens": [{"id": %d, "content": %q, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
"normalizer": %s,
"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
"post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
"decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
"model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
"vocab": %s, "merges": [
%s
]}
}
`, len(tokens)-1, endOfText, normalizer, bytes.TrimSpace(vocab), list.Bytes())
	config := fmt.Sprintf(`{
  "tokenizer_class": "GPT2Tokenizer",
  "add_prefix_space": false,
  "bos_token": %[1]q,
  "eos_token": %[1]q,
  "unk_token": %[1]q
}
`, endOfText)
	return files{
		"tokenizer.json":        []byte(whole),
		"vocab.json":            vocab,
		"merges.txt":            merges.Bytes(),
		"tokenizer_config.json": []byte(config),
	}
}
