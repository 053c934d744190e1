package tokenizer

// wordLevel knows whole words only.
type wordLevel struct {
	ids map[string]int32 // without the banned tokens
	unk int32
}

func (m wordLevel) tokenize(dst []piece, word string) []piece {
	id, ok := m.ids[word]
	if !ok {
		id = m.unk
	}
	return append(dst, piece{id, 0, int32(len(word))})
}

func newWordLevel(v *vocabulary, unk int32, banned map[int32]bool) wordLevel {
	m := wordLevel{ids: make(map[string]int32, len(v.ids)), unk: unk}
	for token, id := range v.ids {
		if !banned[id] {
			m.ids[token] = id
		}
	}
	return m
}
