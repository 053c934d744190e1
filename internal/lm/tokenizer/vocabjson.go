package tokenizer

import (
	"fmt"
	"slices"
	"strings"
)

// readVocabJSON reads the layout of GPT-2, RoBERTa and Qwen2: vocab.json maps
// tokens to ids, merges.txt lists pairs in the order of joining.
//
// The class in tokenizer_config.json tells them apart. Without one, a
// vocabulary that has <s>, </s> and <mask> is RoBERTa's.
func readVocabJSON(fs files, c config) (spec, error) {
	s := spec{kind: "byte-level BPE", decoder: byteLevelDecoder{}, added: c.added}
	var err error
	if s.entries, err = readVocab("vocab.json", fs["vocab.json"]); err != nil {
		return s, err
	}
	m := bpeConfig{rawBytes: true}
	if m.rules, err = readMerges(fs["merges.txt"]); err != nil {
		return s, err
	}
	s.model = m.build

	prefixSpace := c.object.boolean("add_prefix_space", false)
	bos := c.object.boolean("add_bos_token", false)
	if err := *c.object.err; err != nil {
		return s, err
	}
	s.pre = byteLevel{prefixSpace: prefixSpace, cut: true}
	s.template = func(*vocabulary) (template, error) { return plain, nil }

	class := strings.TrimSuffix(c.class, "Fast")
	if class == "" && hasTokens(s.entries, "<s>", "</s>", "<mask>") {
		class = "RobertaTokenizer"
	}
	switch class {
	case "", "GPT2Tokenizer":
		for _, role := range []string{"bos_token", "eos_token", "unk_token"} {
			if _, named := c.roles[role]; !named && hasTokens(s.entries, "<|endoftext|>") {
				c.roles[role] = "<|endoftext|>"
			}
		}
		if bos {
			s.template = func(v *vocabulary) (template, error) {
				ids, err := v.find(c.roles["bos_token"])
				if err != nil {
					return template{}, fmt.Errorf("tokenizer_config.json: add_bos_token: %w", err)
				}
				return bosTemplate(ids[0]), nil
			}
		}
	case "RobertaTokenizer":
		s.useRoberta(c)
	case "Qwen2Tokenizer":
		s.normalizer = nfc
		s.pre = preTokenizers{splitter{next: nextLlama3(1)}, byteLevel{prefixSpace: prefixSpace}}
	default:
		return s, fmt.Errorf("tokenizer_config.json: tokenizer_class %q with vocab.json and merges.txt is not known; known are GPT2Tokenizer, RobertaTokenizer and Qwen2Tokenizer", c.class)
	}
	return s, nil
}

// useRoberta adds RoBERTa's roles and template. Its mask takes the blank before
// it along.
func (s *spec) useRoberta(c config) {
	for role, token := range map[string]string{
		"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
		"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>",
	} {
		if _, named := c.roles[role]; !named {
			c.roles[role] = token
		}
	}
	s.template = func(v *vocabulary) (template, error) {
		ids, err := v.find(c.roles["cls_token"], c.roles["sep_token"])
		if err != nil {
			return template{}, fmt.Errorf("vocab.json: %w", err)
		}
		t := robertaTemplate(ids[0], ids[1])
		t.trim = true
		return t, nil
	}
	mask := c.roles["mask_token"]
	if slices.ContainsFunc(s.added, func(a addedToken) bool { return a.content == mask }) {
		return
	}
	for _, e := range s.entries {
		if e.token == mask && e.id >= 0 && e.id < maxTokens {
			s.added = append(s.added, addedToken{content: mask, id: int32(e.id), special: true, leftStrip: true})
		}
	}
}

func hasTokens(entries []entry, tokens ...string) bool {
	found := 0
	for _, e := range entries {
		if slices.Contains(tokens, e.token) {
			found++
		}
	}
	return found == len(tokens)
}

// readVocab reads a JSON object of tokens and ids.
func readVocab(name string, data []byte) ([]entry, error) {
	doc, err := parseJSON(name, data)
	if err != nil {
		return nil, err
	}
	return doc.vocab()
}

func (v value) vocab() ([]entry, error) {
	var entries []entry
	err := v.each(func(key, val value) error {
		token, err := key.str()
		if err != nil {
			return err
		}
		id, err := val.integer()
		if err != nil {
			return err
		}
		entries = append(entries, entry{token, id, key})
		return nil
	})
	return entries, err
}

// readMerges reads the lines of merges.txt. The first may name a version.
func readMerges(data []byte) ([]mergeRule, error) {
	var rules []mergeRule
	for i, l := range strings.Split(string(data), "\n") {
		l = strings.TrimSuffix(l, "\r")
		if l == "" || i == 0 && strings.HasPrefix(l, "#version") {
			continue
		}
		at := line{"merges.txt", i + 1}
		rule, ok := parseRule(l, at)
		if !ok {
			return nil, fmt.Errorf("%s: %q is not two tokens with a blank between", at.position(), l)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// parseRule reads "a b".
func parseRule(s string, where position) (mergeRule, bool) {
	left, right, ok := strings.Cut(s, " ")
	return mergeRule{left, right, where}, ok && left != "" && right != "" && !strings.Contains(right, " ")
}
