package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// bertNormalizer is the cleaning that BERT's vocabularies were made with: it
// drops control characters, makes all white space blanks, sets blanks around
// Chinese characters, takes accents off and makes letters small.
type bertNormalizer struct {
	cleanText    bool
	chineseChars bool
	stripAccents bool
	lowercase    bool
}

func (n bertNormalizer) normalize(t text) text {
	if n.cleanText {
		t = rewrite(t, cleanASCII, cleanRune)
	}
	if n.chineseChars {
		t = rewrite(t, nil, spaceChinese)
	}
	if n.stripAccents {
		t = drop(nfd.normalize(t), isNonspacingMark)
	}
	if n.lowercase {
		t = rewrite(t, lowerASCII, lowerRune)
	}
	return t
}

var cleanASCII = newASCIIMap(func(c byte) byte {
	switch {
	case c == '\t' || c == '\n' || c == '\r':
		return ' '
	case c < 0x20 || c == 0x7F:
		return dropped
	}
	return c
})

func cleanRune(dst []byte, r rune, src string) []byte {
	switch {
	case r == utf8.RuneError || isOther(r):
		return dst
	case unicode.IsSpace(r):
		return append(dst, ' ')
	}
	return append(dst, src...)
}

func spaceChinese(dst []byte, r rune, src string) []byte {
	if !isChinese(r) {
		return append(dst, src...)
	}
	dst = append(dst, ' ')
	dst = append(dst, src...)
	return append(dst, ' ')
}

// isChinese tells whether r is in one of the blocks of Han characters that BERT
// cuts around. Kana and Hangul are not among them.
func isChinese(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF ||
		r >= 0x3400 && r <= 0x4DBF ||
		r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B73F ||
		r >= 0x2B740 && r <= 0x2B81F ||
		r >= 0x2B920 && r <= 0x2CEAF ||
		r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x2F800 && r <= 0x2FA1F
}

// bertPreTokenizer cuts at white space, which it drops, and around each
// punctuation character.
type bertPreTokenizer struct{}

// Classes of ASCII characters for bertPreTokenizer.
const (
	bertLetter = iota
	bertSpace
	bertPunctuation
)

var bertASCII = func() (class [utf8.RuneSelf]byte) {
	for i := range class {
		r := rune(i)
		switch {
		case unicode.IsSpace(r):
			class[i] = bertSpace
		case isASCIIPunctuation(r):
			class[i] = bertPunctuation
		}
	}
	return class
}()

func (bertPreTokenizer) split(t text, dst []text) []text {
	s := t.s
	start := 0
	for i := 0; i < len(s); {
		class, n := bertLetter, 1
		if c := s[i]; c < utf8.RuneSelf {
			class = int(bertASCII[c])
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			switch {
			case unicode.IsSpace(r):
				class = bertSpace
			case isPunctuation(r):
				class = bertPunctuation
			}
		}
		if class != bertLetter {
			if start < i {
				dst = append(dst, t.slice(start, i))
			}
			if class == bertPunctuation {
				dst = append(dst, t.slice(i, i+n))
			}
			start = i + n
		}
		i += n
	}
	if start < len(s) {
		dst = append(dst, t.slice(start, len(s)))
	}
	return dst
}
