package report

import (
	"fmt"
	"strings"
	"unicode"
)

// visible makes text safe to show anywhere: line ends become blanks, control
// and direction characters become visible escapes (\x1b, \u202e), and bytes that
// are not UTF-8 become the replacement character.
func visible(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// visibleLines is visible line by line, for text whose line ends matter.
func visibleLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for k, line := range lines {
		lines[k] = visible(line)
	}
	return strings.Join(lines, "\n")
}
