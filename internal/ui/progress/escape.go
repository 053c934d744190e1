package progress

import (
	"strconv"
	"strings"
	"unicode"
)

// Escape shows characters that a terminal would obey (ESC, carriage return,
// newline), that change the direction of text, or that are not valid UTF-8, as
// backslash sequences.
func Escape(text string) string {
	if !strings.ContainsFunc(text, unsafe) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if unsafe(c) {
			quoted := strconv.QuoteToASCII(string(c))
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// unsafe reports whether a character is a control or formatting character, or
// stands for a byte that is not UTF-8.
func unsafe(c rune) bool {
	return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || c == unicode.ReplacementChar
}
