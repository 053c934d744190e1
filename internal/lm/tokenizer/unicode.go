package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var lowerASCII = newASCIIMap(func(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
})

// lowerRune appends the small form of r. The dotted capital I is the one
// character whose small form is two characters.
func lowerRune(dst []byte, r rune, src string) []byte {
	if r == 'İ' {
		return append(dst, "i̇"...)
	}
	if l := unicode.ToLower(r); l != r {
		return utf8.AppendRune(dst, l)
	}
	return append(dst, src...)
}

// lowercase makes letters small, each character by itself.
type lowercase struct{}

func (lowercase) normalize(t text) text { return rewrite(t, lowerASCII, lowerRune) }

// accents drops all marks, also those that take room of their own.
type accents struct{}

func (accents) normalize(t text) text { return drop(t, isMark) }

// drop leaves out characters beyond ASCII.
func drop(t text, which func(r rune) bool) text {
	return rewrite(t, nil, func(dst []byte, r rune, src string) []byte {
		if which(r) {
			return dst
		}
		return append(dst, src...)
	})
}

// unicodeForm brings a text into one of the four Unicode normal forms.
type unicodeForm struct{ form norm.Form }

func (n unicodeForm) normalize(t text) text { return toForm(t, n.form) }

// toForm applies a normal form. What comes out of a run of characters that
// belong together stands for the whole run.
func toForm(t text, form norm.Form) text {
	clean := form.QuickSpanString(t.s)
	if clean == len(t.s) {
		return t
	}
	// Go back to a place where the text may be cut: the last character that was
	// accepted may still combine with the next one.
	for clean > 0 && !form.PropertiesString(t.s[clean:]).BoundaryBefore() {
		_, n := utf8.DecodeLastRuneInString(t.s[:clean])
		clean -= n
	}
	b := newBuilder(t, clean)
	var it norm.Iter
	it.InitString(form, t.s[clean:])
	for !it.Done() {
		i := it.Pos()
		b.out = append(b.out, it.Next()...)
		for it.Pos() == i && !it.Done() { // one character may give several steps
			b.out = append(b.out, it.Next()...)
		}
		b.mark(clean+i, clean+it.Pos())
	}
	return b.text()
}

func isASCIIPunctuation(r rune) bool {
	return r >= '!' && r <= '/' || r >= ':' && r <= '@' || r >= '[' && r <= '`' || r >= '{' && r <= '~'
}

// isPunctuation is BERT's idea of punctuation: all ASCII signs, such as $ and
// +, and what Unicode calls punctuation.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return isASCIIPunctuation(r)
	}
	return older(unicode.P, changedPunctuation, r)
}

// isOther tells whether r is a control or format character or of private use.
func isOther(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Co, r) || older(unicode.Cf, changedFormat, r)
}

func isNonspacingMark(r rune) bool { return older(unicode.Mn, changedNonspacing, r) }

func isMark(r rune) bool { return older(unicode.M, changedMarks, r) }

// isWordRune is the \w of regular expressions over Unicode.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}

var (
	nfc  = unicodeForm{norm.NFC}
	nfd  = unicodeForm{norm.NFD}
	nfkc = unicodeForm{norm.NFKC}
	nfkd = unicodeForm{norm.NFKD}
)

// validUTF8 replaces what is not UTF-8 by U+FFFD, one for each maximal part of a
// character as the Unicode standard recommends (chapter 3.9).
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError || n > 1 {
			b = append(b, s[i:i+n]...)
			i += n
			continue
		}
		b = append(b, "\uFFFD"...)
		i++
		for n := partial(s[i-1:]); n > 1; n-- {
			i++
		}
	}
	return string(b)
}

// partial is the length of the longest start of s that is the start of some
// character; at least 1.
func partial(s string) int {
	c := s[0]
	need, low, high := 0, byte(0x80), byte(0xBF)
	switch {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		if c == 0xE0 {
			low = 0xA0
		}
		if c == 0xED {
			high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		if c == 0xF0 {
			low = 0x90
		}
		if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for n <= need && n < len(s) && s[n] >= low && s[n] <= high {
		low, high = 0x80, 0xBF
		n++
	}
	return n
}
