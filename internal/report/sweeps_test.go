package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"runexp/internal/stats"
)

func markdown(t *testing.T, f *Facts, s *stats.Study) string {
	t.Helper()
	var out bytes.Buffer
	if err := Markdown(&out, Build(f, s)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Scores by labelled rows say from how many on more change nothing; 0 stands for
// all rows of the training split.
func TestLearningCurvesSayHowManyRowsAreNeeded(t *testing.T) {
	f, s := fixture()
	s.Entries = nil
	for _, e := range []struct {
		rows  string
		score float64
	}{{"0", 0.81}, {"50", 0.45}, {"150", 0.80}, {"300", 0.805}} {
		s.Entries = append(s.Entries, entry("base", "lora", "lora[train_rows="+e.rows+"]", e.score, e.score, 8192, 32768, e.rows == "0"))
	}
	text := markdown(t, f, s)
	if want := "| method | 50 | 150 | 300 | 600 | rows needed |"; !strings.Contains(text, want) {
		t.Errorf("the report lacks %q", want)
	}
	if want := "| 150 |\n"; !strings.Contains(text, want) {
		t.Errorf("150 rows are not what is needed:\n%s", text[strings.Index(text, "## Curves"):])
	}
}

// Tested in the format trained on, rows are in distribution: the table trained on ×
// tested on has them on its diagonal, and no row for what a method was not trained on.
func TestCrossTablesHaveADiagonalAndNoEmptyRows(t *testing.T) {
	f, s := fixture()
	f.Datasets[0].Shift = &ShiftFacts{"format", "trained on pair and cloze, tested on cloze."}
	s.Entries = nil
	for _, e := range []struct{ block, condition string }{{"lora", "pair"}, {"lora", "cloze"}, {"prompting", "cloze"}} {
		one := entry("base", e.block, e.block, 0.8, 0.6, 8192, 32768, true)
		one.Condition = e.condition
		other := map[string]string{"pair": "cloze", "cloze": "question"}[e.condition]
		one.Scores = append(one.Scores, stats.Score{Split: shifted, Slice: "format=" + other, Metric: "macro_f1",
			Estimate: stats.Estimate{Mean: 0.6, SD: math.NaN(), Low: math.NaN(), High: math.NaN()}})
		s.Entries = append(s.Entries, one)
	}
	text := markdown(t, f, s)
	start := strings.Index(text, "lora, by format")
	table := text[start : start+strings.Index(text[start:], "Cost")]
	if want := "| trained on | cloze | pair | question |"; !strings.Contains(table, want) {
		t.Errorf("the table lacks %q:\n%s", want, table)
	}
	prompting := table[strings.Index(table, "prompting, by format"):]
	if prompting = prompting[:strings.Index(prompting, "macro-F1")]; strings.Contains(prompting, "`pair`") {
		t.Errorf("prompting was not trained on pairs:\n%s", prompting)
	}
}

// Bins of a long training are of equal size, so that no part of one ends the curve.
func TestTrainingCurvesEndOnAWholeBin(t *testing.T) {
	c := stats.Curve{Seed: 1}
	for step := range int64(curvePoints + 1) {
		c.Steps, c.Values = append(c.Steps, step+1), append(c.Values, float64(step))
	}
	s := meanCurve([]stats.Curve{c})
	if len(s.X) != curvePoints || s.X[len(s.X)-1] != curvePoints+1 || s.Y[len(s.Y)-1] != curvePoints-0.5 {
		t.Errorf("%d points, the last at %g with %g", len(s.X), s.X[len(s.X)-1], s.Y[len(s.Y)-1])
	}
}
