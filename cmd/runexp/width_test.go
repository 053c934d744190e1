package main

import (
	"testing"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"
)

func TestLinesFit(t *testing.T) {
	for _, c := range []struct {
		first, second string
		width         int
		want          string
	}{
		{"run     adapt method.lora@base/clauses#1", "(never run)", 0, "run     adapt method.lora@base/clauses#1  (never run)"},
		{"run     adapt method.lora@base/clauses#1", "(never run)", 80, "run     adapt method.lora@base/clauses#1  (never run)"},
		{"run     adapt method.lora@base/clauses#1", "(never run)", 40, "run     adapt…ase/clauses#1  (never run)"},
		{"run     a", "(after evaluate method.full@base/clauses#1)", 30, "run     a  (after ev…lauses#1)"},
		{"cached  adapt method.lora[learning_rate=0.0003]@base/clauses#1", "", 40, "cached  adapt method…003]@base/clauses#1"},
		{"日本語のデータ", "", 8, "日本…タ"},
	} {
		if got := fitLine(c.first, c.second, c.width); got != c.want {
			t.Errorf("width %d: %q, want %q", c.width, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		first, second, width := rapid.StringMatching(`[a-z@\[\]=é日]*`).Draw(t, "first"), rapid.StringMatching(`[a-z ()é日]*`).Draw(t, "second"), rapid.IntRange(8, 200).Draw(t, "width")
		if got := fitLine(first, second, width); runewidth.StringWidth(got) > width {
			t.Fatalf("%q is %d wide", got, runewidth.StringWidth(got))
		}
	})
}
