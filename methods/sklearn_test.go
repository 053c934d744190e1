package methods

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// reference is what testdata/reference.py wrote.
type reference struct {
	Texts           []string
	Classes, Binary []int
	Values, Weights []float64
	Terms           []string
	TFIDF           [][]float64
	TextCases       []referenceCase `json:"text_cases"`
	Features        [][]float32
	Standardised    [][]float64
	FeatureCases    []referenceCase `json:"feature_cases"`
}

type referenceCase struct {
	Kind      string
	C         float64
	Objective float64
	Scores    [][]float64
}

func readReference(t *testing.T) reference {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// problem returns the task and targets of a reference case.
func (r reference) problem(kind string) (Task, []Target) {
	task := Task{Kind: Classification, Outputs: 3}
	targets := make([]Target, len(r.Texts))
	for i := range targets {
		targets[i] = Target{Class: r.Classes[i], Value: r.Values[i]}
	}
	switch kind {
	case "weighted":
		task.ClassWeights = r.Weights
	case "binary":
		task.Outputs = 2
		for i, c := range r.Binary {
			targets[i].Class = c
		}
	case "ridge":
		task = Task{Kind: Regression, Outputs: 1}
	}
	return task, targets
}

func TestTFIDFFeaturesEqualScikitLearn(t *testing.T) {
	r := readReference(t)
	v, x := r.design(t)
	if !slices.Equal(v.terms, r.Terms) {
		t.Fatalf("terms = %q, want %q", v.terms, r.Terms)
	}
	for i, want := range r.TFIDF {
		got := make([]float64, x.columns)
		for e := x.start[i]; e < x.start[i+1]; e++ {
			got[x.column[e]] = x.value[e]
		}
		if d := floats.Distance(got, want, math.Inf(1)); d > 1e-12 {
			t.Errorf("row %d (%q) is off by %g", i, r.Texts[i], d)
		}
	}
}

// design is the vectorizer of the texts and what it makes of them.
func (r reference) design(t *testing.T) (*vectorizer, *sparse) {
	t.Helper()
	rows := textsOf(r.examples(nil))
	v, err := newVectorizer(rows, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := v.transform(rows)
	if err != nil {
		t.Fatal(err)
	}
	return v, x
}

func (r reference) examples(targets []Target) []TextExample {
	rows := make([]TextExample, len(r.Texts))
	for i, text := range r.Texts {
		rows[i].Text = text
		if targets != nil {
			rows[i].Target = targets[i]
		}
	}
	return rows
}

// objective evaluates the problem of the path at float64 weights.
func objective(p *linearProblem, v []float64, c float64) float64 {
	total := floats.Sum(p.weights)
	grad, z := make([]float64, len(v)), make([]float64, p.x.rows()*p.k)
	return p.evaluate(grad, v, z, 1/(c*total), total)
}

func TestLinearOptimumEqualsScikitLearn(t *testing.T) {
	r := readReference(t)
	_, x := r.design(t)
	var standardised []float64
	for _, row := range r.Standardised {
		standardised = append(standardised, row...)
	}
	d := newDense(standardised, len(r.Standardised), len(r.Standardised[0]))
	check := func(x design, cases []referenceCase) {
		for _, c := range cases {
			task, targets := r.problem(c.Kind)
			path := newLinearPath(x, task, targets)
			if _, err := path.next(c.C); err != nil {
				t.Fatalf("%s C=%g: %v", c.Kind, c.C, err)
			}
			// The minimum is flat: 1e-9 here is about 1e-5 in the scores.
			if got := objective(path.problems[0], path.solutions[0], c.C); math.Abs(got-c.Objective) > 1e-9 {
				t.Errorf("%T %s C=%g: objective = %.12f, scikit-learn has %.12f", x, c.Kind, c.C, got, c.Objective)
			}
		}
	}
	check(x, r.TextCases)
	check(mergeSingles(x), r.TextCases)
	check(d, r.FeatureCases)
}

func TestTFIDFScoresEqualScikitLearn(t *testing.T) {
	r := readReference(t)
	for _, c := range r.TextCases {
		task, targets := r.problem(c.Kind)
		m := NewTFIDF()
		m.Strengths = []float64{c.C}
		p, err := m.FitText(textsOf(r.examples(targets)), textsOf(nil), task, controlKey)
		if err != nil {
			t.Fatal(err)
		}
		compareScores(t, c, p.PredictText(r.examples(nil)))
	}
}

func TestLinearProbeScoresEqualScikitLearn(t *testing.T) {
	r := readReference(t)
	for _, c := range r.FeatureCases {
		task, targets := r.problem(c.Kind)
		f := Features{Rows: len(r.Features), Cols: len(r.Features[0]), Targets: targets}
		for _, row := range r.Features {
			f.X = append(f.X, row...)
		}
		m := NewProbing()
		m.Strengths = []float64{c.C}
		p, err := m.FitFeatures(f, Features{}, task, controlKey)
		if err != nil {
			t.Fatal(err)
		}
		compareScores(t, c, p.PredictFeatures(f))
	}
}

// compareScores allows what float32 weights and gradientTolerance leave.
func compareScores(t *testing.T, c referenceCase, got [][]float64) {
	t.Helper()
	for i := range c.Scores {
		if d := floats.Distance(got[i], c.Scores[i], math.Inf(1)); d > 1e-4 {
			t.Errorf("%s C=%g row %d: scores %v, scikit-learn has %v", c.Kind, c.C, i, got[i], c.Scores[i])
		}
	}
}
