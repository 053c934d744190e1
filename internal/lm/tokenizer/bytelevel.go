package tokenizer

import "strings"

// Byte-level vocabularies write each byte as a printable character, so that
// tokens are text whatever bytes they hold: printable Latin-1 characters stand
// for themselves, the others get the characters from U+0100 on, in order. A
// blank, for one, is Ġ.
//
// Source: Radford et al. 2019, the GPT-2 report and its published encoder.
var byteRunes, runeBytes = func() (runes [256]rune, bytes map[rune]byte) {
	bytes = make(map[rune]byte, 256)
	free := rune(0x100)
	for b := range runes {
		r := rune(b)
		if !(r >= '!' && r <= '~' || r >= '¡' && r <= '¬' || r >= '®' && r <= 'ÿ') {
			r = free
			free++
		}
		runes[b] = r
		bytes[r] = byte(b)
	}
	return runes, bytes
}()

// unmapBytes gives the bytes that characters stand for, unless one stands for none.
func unmapBytes(token string) (string, bool) {
	b := make([]byte, 0, len(token))
	for _, r := range token {
		c, ok := runeBytes[r]
		if !ok {
			return "", false
		}
		b = append(b, c)
	}
	return string(b), true
}

// byteLevel cuts text by GPT-2's pattern and turns it into byte characters,
// unless the model does that itself.
type byteLevel struct {
	prefixSpace bool // set a blank before text that does not start with one
	cut         bool // by the pattern; else the text stays one word
	mapped      bool
}

func (p byteLevel) split(t text, dst []text) []text {
	if p.prefixSpace && !strings.HasPrefix(t.s, " ") {
		t = prepend(t, " ", 0)
	}
	n := len(dst)
	if p.cut {
		dst = scan(t, dst, nextGPT2)
	} else {
		dst = append(dst, t)
	}
	if p.mapped {
		for i := n; i < len(dst); i++ {
			dst[i] = mapText(dst[i])
		}
	}
	return dst
}

// prepend sets a string before a text, unless that is empty. The string stands
// for the first n bytes of the text.
func prepend(t text, s string, n int) text {
	if t.s == "" {
		return t
	}
	b := newBuilder(t, 0)
	b.out = append(b.out, s...)
	b.mark(0, n)
	b.copy(0, len(t.s))
	return b.text()
}

func mapText(t text) text {
	b := newBuilder(t, 0)
	for i := range len(t.s) {
		b.out = append(b.out, string(byteRunes[t.s[i]])...)
		b.mark(i, i+1)
	}
	return b.text()
}

// byteLevelDecoder turns byte characters back. Tokens that are not written in
// them, such as added ones, stay as they are.
type byteLevelDecoder struct{}

func (byteLevelDecoder) decode(tokens []string) []string {
	var b strings.Builder
	for _, token := range tokens {
		if word, ok := unmapBytes(token); ok {
			token = word
		}
		b.WriteString(token)
	}
	return []string{validUTF8(b.String())}
}
