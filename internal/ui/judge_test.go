package ui

import (
	"slices"
	"testing"

	"runexp/internal/show"
	"runexp/internal/stats"
	"runexp/results"
)

// outcomesOf makes outcomes of rows named a, b, c, …
func outcomesOf(labels []string, r stats.Rows) *results.Outcomes {
	n := max(len(r.Gold), len(r.Score))
	for i := range n {
		r.IDs = append(r.IDs, string(rune('a'+i)))
	}
	return &results.Outcomes{Split: "test_id", Labels: labels, Rows: &r}
}

// TestMistakes lists, for each kind of task, the rows that count as wrong in
// the order in which they are shown.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		o                      *results.Outcomes
		kind                   judgement
		rows                   []int
		gold, predicted, likes string // of the first row
	}{
		"classification": {outcomesOf([]string{"no", "yes"}, stats.Rows{Gold: []float64{0, 1, 1, 0}, Pred: []float64{1, 1, 0, 1}, Score: []float64{0, 1, 0, 0}, Probs: [][]float32{{0.4, 0.6}, {0.1, 0.9}, {0.75, 0.25}, {0.4, 0.6}}}),
			classes, []int{2, 0, 3}, "yes", "no", "no 0.750, yes 0.250"},
		"classes without probabilities": {outcomesOf([]string{"no", "yes"}, stats.Rows{Gold: []float64{0, 1}, Pred: []float64{0, 0}}), classes, []int{1}, "yes", "no", ""},
		"multiple choice":               {outcomesOf(nil, stats.Rows{Gold: []float64{0, 2}, Pred: []float64{1, 2}, Probs: [][]float32{{0.2, 0.5, 0.3}, {0, 0, 1}}}), classes, []int{0}, "choice 1", "choice 2", "choice 2 0.500, choice 3 0.300, choice 1 0.200"},
		"regression":                    {outcomesOf(nil, stats.Rows{Gold: []float64{1, 2, 3}, Pred: []float64{1.5, 0, 3}, Score: []float64{0.25, 4, 0}}), values, []int{1, 0, 2}, "2.000", "0.000", ""},
		"tagging":                       {outcomesOf([]string{"O", "B"}, stats.Rows{Score: []float64{3, 1, 2}, Weight: []float64{3, 4, 3}}), parts, []int{1, 2}, "4 parts", "1 right", ""},
		"several labels": {outcomesOf([]string{"x", "y"}, stats.Rows{Score: []float64{1, 0, 0}, Probs: [][]float32{{1, 0}, {0.5, 0.6}, {0.1, 0.2}}}),
			labels, []int{1, 2}, show.None, "x, y", "y 0.600, x 0.500"},
	} {
		j := newJudge(c.o)
		rows := j.mistakes()
		if j.kind != c.kind || !slices.Equal(rows, c.rows) {
			t.Errorf("%s: kind %d, rows %v; want %d, %v", name, j.kind, rows, c.kind, c.rows)
			continue
		}
		if got := j.gold(rows[0]).Text; got != c.gold {
			t.Errorf("%s: gold %q, want %q", name, got, c.gold)
		}
		if got := j.predicted(rows[0]).Text; got != c.predicted {
			t.Errorf("%s: predicted %q, want %q", name, got, c.predicted)
		}
		if got := j.distribution(rows[0]); got != c.likes {
			t.Errorf("%s: distribution %q, want %q", name, got, c.likes)
		}
	}
}

// TestPairingIsByRowID gives the second run the rows in another order and one
// that the first lacks.
func TestPairingIsByRowID(t *testing.T) {
	a := outcomesOf([]string{"no", "yes"}, stats.Rows{Gold: []float64{0, 1, 0}, Pred: []float64{0, 1, 1}})
	b := outcomesOf([]string{"no", "yes"}, stats.Rows{Gold: []float64{1, 0, 0, 1}, Pred: []float64{0, 0, 0, 1}})
	b.IDs = []string{"b", "c", "a", "new"}
	left, right, dropped := pairRows(a, b)
	if left.Len() != 3 || dropped == 0 {
		t.Fatalf("%d rows paired, %d left out", left.Len(), dropped)
	}
	var differ []string
	for i := range left.Len() {
		if left.IDs[i] != right.IDs[i] || left.Gold[i] != right.Gold[i] {
			t.Errorf("row %s of one is paired with row %s of the other", left.IDs[i], right.IDs[i])
		}
		if !sameAnswer(left, right, i) {
			differ = append(differ, left.IDs[i])
		}
	}
	slices.Sort(differ)
	if !slices.Equal(differ, []string{"b", "c"}) {
		t.Errorf("they differ on %v, want b and c", differ)
	}
	if a.Len() != 3 || b.Len() != 4 {
		t.Error("pairing changed what it was given")
	}
}

// TestDifferenceIsBMinusA checks the sign, and who is better when less is.
func TestDifferenceIsBMinusA(t *testing.T) {
	o := outcomesOf([]string{"no", "yes"}, stats.Rows{Gold: []float64{0, 1, 0, 1}, Pred: []float64{0, 0, 1, 1}})
	p := outcomesOf([]string{"no", "yes"}, stats.Rows{Gold: []float64{0, 1, 0, 1}, Pred: []float64{0, 1, 1, 1}})
	l := difference(results.Metric{Split: "dev", Name: "accuracy", Value: 0.5}, results.Metric{Split: "dev", Name: "accuracy", Value: 0.75}, o, p)
	if got := l.Cells[4].Text; got != "+0.250" {
		t.Errorf("B − A is %q", got)
	}
	if got := l.Cells[len(l.Cells)-1].Text; got != "B" {
		t.Errorf("better is %q, want B", got)
	}
	if got := l.Cells[8].Text; got != "4" {
		t.Errorf("%s rows, want 4", got)
	}
	l = difference(results.Metric{Name: "log_loss", Value: 0.5}, results.Metric{Name: "log_loss", Value: 0.75}, nil, nil)
	if got := l.Cells[len(l.Cells)-1].Text; got != "A" {
		t.Errorf("of losses, better is %q, want A", got)
	}
}

// TestLongListsComeInParts walks through the parts and finds every row once.
func TestLongListsComeInParts(t *testing.T) {
	rows := make([]int, 2*rowsAPage+7)
	for i := range rows {
		rows[i] = i
	}
	var seen []int
	r := &request{query: map[string][]string{}}
	for range 10 {
		part, links := r.part(rows, "/run", "r", "1:x")
		seen = append(seen, part...)
		next := links[0].(item).Links
		last := next[len(next)-1]
		if last.Text != "next ›" {
			break
		}
		r.query.Set("from", last.Href[len("/run?from="):len(last.Href)-len("&r=1%3Ax")])
	}
	if !slices.Equal(seen, rows) {
		t.Errorf("walking through gives %d rows, want %d, each once", len(seen), len(rows))
	}
	for _, from := range []string{"-1", "x", "1000000", "9999999999999999999", ""} {
		r.query.Set("from", from)
		if part, _ := r.part(rows, "/run"); len(part) != rowsAPage || part[0] != 0 {
			t.Errorf("from=%q: %d rows", from, len(part))
		}
	}
}
