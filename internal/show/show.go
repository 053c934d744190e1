// Package show writes numbers and text of others for people to read: what the
// report, the page and the terminal have in common.
package show

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// None stands where there is no number; the status or a note says why.
const None = "–"

// Visible makes text safe to show anywhere: line ends become blanks, control
// and direction characters become visible escapes (\x1b, \u202e), and bytes that
// are not UTF-8 become the replacement character.
func Visible(text string) string {
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

// VisibleLines is visible line by line, for text whose line ends matter.
func VisibleLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for k, line := range lines {
		lines[k] = Visible(line)
	}
	return strings.Join(lines, "\n")
}

// Number writes a value; what is not finite as None.
func Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		if strings.Trim(rest, "0.") == "" {
			return rest // no minus zero
		}
		return "−" + rest
	}
	return text
}

// Probability shows a p-value.
func Probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return None
	case p < 0.001:
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// Count shows an integer with thousands separated.
func Count[T int | int64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "−", text[1:]
	}
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return sign + text
}

// Bytes shows a size in decimal units: 1 MB is 10^6 bytes.
func Bytes(n int64) string {
	v := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if math.Abs(v) < 1000 {
			if unit == "B" {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.3g %s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.3g TB", v)
}

// Plural is "1 seed" or "3 seeds".
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Count(n) + " " + what + "s"
}
