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

// accents drops marks that take no room of their own.
type accents struct{}

func (accents) normalize(t text) text { return stripAccents(t) }

func stripAccents(t text) text {
	return rewrite(t, nil, func(dst []byte, r rune, src string) []byte {
		if isNonspacingMark(r) {
			return dst
		}
		return append(dst, src...)
	})
}

// unicodeForm brings a text into one of the four Unicode normal forms.
type unicodeForm struct{ form norm.Form }

func (n unicodeForm) normalize(t text) text { return toForm(t, n.form) }

func decompose(t text) text { return toForm(t, norm.NFD) }

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
		i := clean + it.Pos()
		b.out = append(b.out, it.Next()...)
		b.mark(i, clean+it.Pos())
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
	return unicode.Is(unicode.P, r)
}

// isOther tells whether r is a control or format character, of private use, or
// not assigned.
func isOther(r rune) bool {
	return unicode.Is(unicode.C, r)
}

func isNonspacingMark(r rune) bool { return unicode.Is(unicode.Mn, r) }

// isWordRune is the \w of regular expressions over Unicode.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic)
}
