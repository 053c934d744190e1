package tokenizer

import "fmt"

// mergeRule is a line of merges.txt: two tokens to join.
type mergeRule struct {
	left, right string
	where       position
}

// bpeConfig is how a file describes a BPE model.
type bpeConfig struct {
	rules        []mergeRule
	unk          string
	fuseUnk      bool
	byteFallback bool
	ignoreMerges bool
	prefix       string
	suffix       string
	rawBytes     bool // the byte-level pre-tokenizer leaves the bytes to the model
}

func (c bpeConfig) build(v *vocabulary, banned map[int32]bool) (model, error) {
	m := &bpe{
		symbols: make(map[string]int32, len(v.ids)),
		unk:     -1,
		fuseUnk: c.fuseUnk,
		whole:   c.ignoreMerges,
		prefix:  c.prefix,
		suffix:  c.suffix,
		vocab:   v,
	}
	for token, id := range v.ids {
		if !banned[id] {
			m.symbols[token] = id
		}
	}
	if c.unk != "" {
		ids, err := v.find(c.unk)
		if err != nil {
			return nil, fmt.Errorf("unknown token: %w", err)
		}
		m.unk = ids[0]
	}
	if c.byteFallback {
		m.fallback = v.byteTokens()
	}
	if err := m.addRules(c.rules); err != nil {
		return nil, err
	}
	m.wholeWord = m.symbols
	if c.rawBytes {
		m.useBytes()
	}
	return m, nil
}

// byteTokens are the ids of <0x00> to <0xFF>, or nil if one is missing.
func (v *vocabulary) byteTokens() *[256]int32 {
	var ids [256]int32
	for b := range ids {
		id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			return nil
		}
		ids[b] = id
	}
	return &ids
}

// addRules numbers the merges in file order; the later of equal ones counts.
func (m *bpe) addRules(rules []mergeRule) error {
	m.merges = make(map[pair]merge, len(rules))
	for rank, r := range rules {
		ids, err := m.vocab.find(r.left, r.right)
		if err != nil {
			return fmt.Errorf("%s: merge of %q and %q: %w", r.where.position(), r.left, r.right, err)
		}
		if len(r.right) < len(m.prefix) {
			return fmt.Errorf("%s: merge of %q and %q: the second one is shorter than the prefix %q", r.where.position(), r.left, r.right, m.prefix)
		}
		joined := r.left + r.right[len(m.prefix):]
		if _, err := m.vocab.find(joined); err != nil {
			return fmt.Errorf("%s: merge of %q and %q: %w", r.where.position(), r.left, r.right, err)
		}
		if id, ok := m.symbols[joined]; ok { // not banned
			m.merges[pair{ids[0], ids[1]}] = merge{int32(rank), id}
		}
	}
	return nil
}

// useBytes makes the model take raw bytes for the characters that stand for
// them in a byte-level vocabulary.
func (m *bpe) useBytes() {
	m.byteIDs = new([256]int32)
	for b, r := range byteRunes {
		id, ok := m.symbols[string(r)]
		if !ok {
			id = -1
		}
		m.byteIDs[b] = id
	}
	if !m.whole {
		return
	}
	m.wholeWord = make(map[string]int32, len(m.symbols))
	for token, id := range m.symbols {
		if word, ok := unmapBytes(token); ok {
			m.wholeWord[word] = id
		}
	}
}
