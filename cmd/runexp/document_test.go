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
