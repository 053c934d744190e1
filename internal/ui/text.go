package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// visible makes text of others safe to read: line ends become blanks, control
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

// sentence turns an error into a sentence.
func sentence(err error) string {
	text := err.Error()
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:] + "."
}

// none stands where there is no number.
const none = "–"

// number shows a value; what is not finite shows as none.
func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return none
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

// score shows a metric with three decimals, as the terminal does.
func score(v float64) string { return number(v, 3) }

// signed shows a difference.
func signed(v float64) string {
	text := score(v)
	if text != none && v > 0 {
		return "+" + text
	}
	return text
}

func interval(low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return ""
	}
	return "[" + score(low) + ", " + score(high) + "]"
}

func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return number(p, 3)
}

// sortKey is a number for table.js; "" sorts last.
func sortKey(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// count separates thousands.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// byteSize shows a size in decimal units: 1 MB is 10^6 bytes.
func byteSize(n int64) string {
	v, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if math.Abs(v) < 1000 {
			break
		}
		v, unit = v/1000, next
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(int64(n)) + " " + what + "s"
}

// clock shows a time in UTC; the zero time as none.
func clock(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// Cells of the usual kinds.

func text(s string) cell { return cell{Text: s} }

func name(s string) cell { return cell{Text: s, Name: s != ""} }

func value(shown string, v float64) cell { return cell{Text: shown, Sort: sortKey(v)} }

func whole(n int64) cell { return value(count(n), float64(n)) }

func size(n int64) cell { return value(byteSize(n), float64(n)) }

func seconds(s float64) cell { return value(number(s, 1), s) }
