package ui

import (
	"math"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"runexp/internal/show"
)

// sentence turns an error into a sentence.
func sentence(err error) string {
	text := err.Error()
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:] + "."
}

// score shows a metric with three decimals, as the terminal does.
func score(v float64) string { return show.Number(v, 3) }

// signed shows a difference.
func signed(v float64) string {
	text := score(v)
	if text != show.None && v > 0 {
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

// sortKey is a number for table.js; "" sorts last.
func sortKey(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// clock shows a time in UTC; the zero time as none.
func clock(t time.Time) string {
	if t.IsZero() {
		return show.None
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// Cells of the usual kinds.

func text(s string) cell { return cell{Text: s} }

func name(s string) cell { return cell{Text: s, Name: s != ""} }

func value(shown string, v float64) cell { return cell{Text: shown, Sort: sortKey(v)} }

func whole(n int64) cell { return value(show.Count(n), float64(n)) }

func size(n int64) cell { return value(show.Bytes(n), float64(n)) }

func seconds(s float64) cell { return value(show.Number(s, 1), s) }
