package methods

import (
	"math"
	"slices"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// logProbability is log p of a token after (or at) a place of one sequence, by
// the plain formula.
func logProbability(t *testing.T, logits []float32, token int32) float64 {
	t.Helper()
	sum := 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z))
	}
	return float64(logits[token]) - math.Log(sum)
}

// Answers are scored as if each question were asked alone and each token read
// by hand.
func TestAnswersAreScoredByLikelihood(t *testing.T) {
	for name, base := range tinyModels(t) {
		var questions []Question
		for i := range 30 { // several forward passes
			ids := []int32{2, int32(7 + i%20), 9, 11, int32(8 + i%3), 13}
			questions = append(questions, Question{IDs: ids[:3+i%4], At: []int{1, 2}, Answers: [][]int32{{12, 14}, {12, 30}}})
		}
		got := ScoreAnswers(base, questions)
		for i, q := range questions {
			a := tensor.NewArena()
			logits := base.Pass(autodiff.New(a, false), nil).LMLogits(base.Arch, nn.NewBatch([][]int32{q.IDs}, nil), func(int) []int { return q.At }).Value
			v := logits.Cols
			for k, answer := range q.Answers {
				want := logProbability(t, logits.Slice()[:v], answer[0]) + logProbability(t, logits.Slice()[v:2*v], answer[1])
				if math.Abs(got[i][k]-want) > 1e-4 {
					t.Errorf("%s: answer %d of question %d scores %g, want %g", name, k, i, got[i][k], want)
				}
			}
			a.Free()
		}
	}
}

// A model that answers to nothing with 0.8 and 0.2 is no longer trusted for
// saying so to a row.
func TestCalibrateTakesThePriorOut(t *testing.T) {
	p := Calibrate([]float64{0.8, 0.2}, []float64{0.8, 0.2})
	if math.Abs(p[0]-0.5) > 1e-12 || math.Abs(p[1]-0.5) > 1e-12 {
		t.Errorf("the prior itself is calibrated to %v, want even", p)
	}
	if p = Calibrate([]float64{0.7, 0.3}, []float64{0.8, 0.2}); p[1] < p[0] || math.Abs(p[0]+p[1]-1) > 1e-12 {
		t.Errorf("0.7 of a prior of 0.8 is calibrated to %v, want the other class and a sum of 1", p)
	}
}

func TestDemonstrationsAreBalancedAndDrawn(t *testing.T) {
	labels := make([]int, 90)
	for i := range labels {
		labels[i] = min(i%10, 2) // class 0 and 1 have 9 rows each
	}
	draw := func(selection string, shots int, seed uint64) []int {
		m := &Prompting{Shots: shots, Selection: selection}
		rows := m.Draw(labels, 3, tensor.NewKey(seed, "prompt"))
		if sorted := slices.Compact(slices.Sorted(slices.Values(rows))); len(sorted) != shots {
			t.Fatalf("%s: %d different rows of %d", selection, len(sorted), shots)
		}
		return rows
	}
	for _, shots := range []int{1, 2, 7, 30} {
		counts := make([]int, 3)
		for _, i := range draw("balanced", shots, 1) {
			counts[labels[i]]++
		}
		if most := min(9, (shots+2)/3); counts[0] > most || counts[1] > most || shots <= 27 && counts[2] > most {
			t.Errorf("%d rows have classes %v, want them even", shots, counts)
		}
	}
	if slices.Equal(draw("random", 8, 1), draw("random", 8, 2)) || !slices.Equal(draw("random", 8, 1), draw("random", 8, 1)) {
		t.Error("the seed, and only the seed, must move the choice")
	}
}

func TestNearestRowsStandLast(t *testing.T) {
	train := Features{Rows: 4, Cols: 2, X: []float32{1, 0, 0, 1, 3, 3, -1, 0}}
	if got := Nearest(train, []float32{2, 1}, 3); !slices.Equal(got, []int{1, 0, 2}) {
		t.Errorf("nearest rows %v, want [1 0 2]", got)
	}
}

func TestPromptSearchTriesWithinItsBudget(t *testing.T) {
	m := NewPromptSearch()
	m.Templates = []string{"{a} {mask}"}
	m.Grammar = [][]string{{"{a} .", "{a} ?"}, {"", "so"}, {"{mask}"}}
	m.Words = map[string][]string{"x": {"yes", "true", "right"}, "y": {"no", "false", "wrong"}}
	if errs := m.Validate(); errs != nil {
		t.Fatal(errs)
	}
	if m.Combinations() != (1+4)*3 || m.Draws() {
		t.Fatalf("%d combinations, drawn: %v; want 15, all tried", m.Combinations(), m.Draws())
	}
	all := m.Tried(testKey)
	seen := map[string]bool{}
	for _, w := range all {
		seen[w.String()] = true
	}
	if len(all) != 15 || len(seen) != 15 {
		t.Errorf("%d wordings, %d different; want 15", len(all), len(seen))
	}
	if !seen[`"{a} ? {mask}" with x = true; y = false`] || !seen[`"{a} . so {mask}" with x = yes; y = no`] {
		t.Errorf("wordings are missing: %v", all)
	}
	m.Budget = 4
	if some := m.Tried(testKey); len(some) != 4 || !m.Draws() {
		t.Errorf("%d wordings within a budget of 4", len(some))
	}
	m.Words["y"] = m.Words["y"][:2]
	m.Templates = []string{"{a}"}
	if errs := m.Validate(); len(errs) != 1 {
		t.Errorf("words of different numbers: %v", errs)
	}
}
