package tokenizer

// template says where special tokens stand around one text, and around two.
type template struct {
	single, pair []slot
	trim         bool // offsets leave out blanks at the borders of a token
}

// slot is a text, by its number 0 or 1, or else special tokens.
type slot struct {
	sequence int // -1: special tokens
	ids      []int32
	typ      int32 // the token type of what stands here
}

func special(typ int32, ids ...int32) slot { return slot{sequence: -1, ids: ids, typ: typ} }
func sequence(number int, typ int32) slot  { return slot{sequence: number, typ: typ} }

// plain adds nothing.
var plain = template{
	single: []slot{sequence(0, 0)},
	pair:   []slot{sequence(0, 0), sequence(1, 1)},
}

// bertTemplate is [CLS] A [SEP] and [CLS] A [SEP] B [SEP].
func bertTemplate(cls, sep int32) template {
	return template{
		single: []slot{special(0, cls), sequence(0, 0), special(0, sep)},
		pair:   []slot{special(0, cls), sequence(0, 0), special(0, sep), sequence(1, 1), special(1, sep)},
	}
}

// robertaTemplate is <s> A </s> and <s> A </s></s> B </s>, all of type 0.
func robertaTemplate(cls, sep int32) template {
	return template{
		single: []slot{special(0, cls), sequence(0, 0), special(0, sep)},
		pair:   []slot{special(0, cls), sequence(0, 0), special(0, sep, sep), sequence(1, 0), special(0, sep)},
	}
}

// bosTemplate is <s> A and <s> A <s> B.
func bosTemplate(bos int32) template {
	return template{
		single: []slot{special(0, bos), sequence(0, 0)},
		pair:   []slot{special(0, bos), sequence(0, 0), special(1, bos), sequence(1, 1)},
	}
}

func (t template) slots(pair bool) []slot {
	if pair {
		return t.pair
	}
	return t.single
}

func (t template) length(pair bool) int {
	n := 0
	for _, s := range t.slots(pair) {
		n += len(s.ids)
	}
	return n
}

// ids are all special tokens of the template.
func (t template) ids() []int32 {
	var ids []int32
	for _, s := range append(t.single[:len(t.single):len(t.single)], t.pair...) {
		ids = append(ids, s.ids...)
	}
	return ids
}

// join builds the encoding out of the tokens of each text.
//
// Types come from the template even where it is told to add nothing.
func (t template) join(sequences [][]spot, noSpecial bool) Encoding {
	n := t.length(len(sequences) == 2)
	for _, s := range sequences {
		n += len(s)
	}
	e := Encoding{
		IDs:     make([]int32, 0, n),
		Types:   make([]int32, 0, n),
		Offsets: make([][2]int, 0, n),
		Words:   make([]int32, 0, n),
	}
	for _, s := range t.slots(len(sequences) == 2) {
		switch {
		case s.sequence >= 0:
			for _, tok := range sequences[s.sequence] {
				e.add(tok.id, s.typ, tok.from, tok.to, tok.word)
			}
		case !noSpecial:
			for _, id := range s.ids {
				e.add(id, s.typ, 0, 0, -1)
			}
		}
	}
	return e
}

func (e *Encoding) add(id, typ int32, from, to int, word int32) {
	e.IDs = append(e.IDs, id)
	e.Types = append(e.Types, typ)
	e.Offsets = append(e.Offsets, [2]int{from, to})
	e.Words = append(e.Words, word)
}

// cut leaves only the first n tokens.
func (e *Encoding) cut(n int) {
	e.IDs, e.Types, e.Offsets, e.Words = e.IDs[:n], e.Types[:n], e.Offsets[:n], e.Words[:n]
	e.Truncated = true
}
