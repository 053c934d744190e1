package main

import (
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"runexp/internal/report"
)

// TestTablesFitTheTerminal: a table keeps every word, and its lines the width.
func TestTablesFitTheTerminal(t *testing.T) {
	words := func(s string) report.Text { return report.Text{{Text: s}} }
	v := report.Table{Caption: "What was found", Notes: []string{"a note that is longer than a narrow terminal is wide"},
		Head: []report.Column{{Name: "data set"}, {Name: "method"}, {Name: "accuracy", Number: true}},
		Rows: [][]report.Text{{words("clauses"), words("lora[learning_rate=0.0003, rank=8] on a base with a long name"), words("61.2 \x1b[31m")}}}
	for _, width := range []int{40, 60, 80, 140} {
		got := tableText(v, width)
		if n := text.LongestLineLen(got); n > width {
			t.Errorf("%d columns on a terminal of %d:\n%s", n, width, got)
		}
		flat := strings.Join(strings.Fields(got), " ")
		for _, word := range []string{"clauses", "rank=8]", "name", `61.2`, "What was found", "terminal"} {
			if !strings.Contains(flat, word) {
				t.Errorf("width %d: no %q in\n%s", width, word, got)
			}
		}
		if strings.Contains(got, "\x1b") {
			t.Errorf("width %d: an escape sequence of the data reaches the terminal", width)
		}
	}
}

// TestNarrowTablesSayOnceWhatAllRowsSay: columns without news go first, and names
// break where they have a joint.
func TestNarrowTablesSayOnceWhatAllRowsSay(t *testing.T) {
	cells := func(list ...string) (row []report.Text) {
		for _, s := range list {
			row = append(row, report.Text{{Text: s}})
		}
		return row
	}
	v := report.Table{
		Head: []report.Column{{Name: "data set"}, {Name: "method"}, {Name: "split"}, {Name: "A", Number: true}, {Name: "seeds", Number: true}},
		Rows: [][]report.Text{
			cells("clauses", "full[learning_rate=0.001] on base", "test_id", "77.2", "3"),
			cells("clauses", "lora[learning_rate=0.003] on base", "test_shift", "67.1", "3"),
		},
	}
	if wide := tableText(v, 100); strings.Contains(wide, "In all rows") || !strings.Contains(wide, "seeds") {
		t.Errorf("where there is room:\n%s", wide)
	}
	for _, width := range []int{36, 50} {
		got := tableText(v, width)
		if n := text.LongestLineLen(got); n > width {
			t.Errorf("%d columns on a terminal of %d:\n%s", n, width, got)
		}
		for _, words := range []string{"In all rows: data set clauses; seeds", "test_shift", "77.2"} {
			if !strings.Contains(strings.ReplaceAll(got, "\n", " "), words) {
				t.Errorf("width %d: no %q in\n%s", width, words, got)
			}
		}
	}
	v.Rows = v.Rows[:1]
	if one := tableText(v, 36); strings.Contains(one, "In all rows") {
		t.Errorf("of one row:\n%s", one)
	}
}

func TestCellsBreakAtTheirJoints(t *testing.T) {
	for _, c := range []struct{ cell, want string }{
		{"full[rank=8, alpha=16] → lora on base", "full[rank=8,\nalpha=16] →\nlora on base"},
		{"[−4.0, 2.1]", "[−4.0, 2.1]"},
		{"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmn\nopqrstuvwxyz"},
		{"", ""},
	} {
		if got := wrapCell(c.cell, 14); got != c.want {
			t.Errorf("%q became %q, want %q", c.cell, got, c.want)
		}
	}
}
