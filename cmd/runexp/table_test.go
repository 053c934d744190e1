package main

import (
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A narrow terminal keeps what the comparison is about: the methods and their
// scores.
func TestComparisonFitsTheTerminal(t *testing.T) {
	render := func(width int) string {
		w := table.NewWriter()
		w.AppendHeader(table.Row{"data set", "condition", "model", "method", "metric", "in distribution", "under shift", "LM loss +", "trained", "stored", "seconds", "status"})
		w.AppendRow(table.Row{"clauses", "cut=2001", "base", "lora", "macro_f1", "0.606 [0.356, 0.855]", "0.280 [0.193, 0.367]", "+0.000", "3,336", "25.1 kB", "0.1", "ok"})
		w.SetColumnConfigs(columnConfigs)
		return fitted(w, columnConfigs, leastNeeded, width)
	}
	whole := text.LongestLineLen(render(0))
	for width := whole; width > 80; width-- {
		out := render(width)
		if got := text.LongestLineLen(out); got > width {
			t.Fatalf("%d columns on a terminal of %d:\n%s", got, width, out)
		}
		for _, needed := range []string{"lora", "0.606", "0.280", "ok"} {
			if !strings.Contains(out, needed) {
				t.Fatalf("%q is missing at %d columns:\n%s", needed, width, out)
			}
		}
	}
	if out := render(whole); !strings.Contains(strings.ToLower(out), "seconds") {
		t.Errorf("a column is missing although all fit:\n%s", out)
	}
}
