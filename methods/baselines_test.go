package methods

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"runexp/internal/lm/tensor"
)

var testKey = tensor.NewKey(1, "test")

func classRows(classes ...int) []TextExample {
	rows := make([]TextExample, len(classes))
	for i, c := range classes {
		rows[i] = TextExample{Text: fmt.Sprintf("word%d text", c), Target: Target{Class: c}}
	}
	return rows
}

func fitText(t *testing.T, m TextFitter, train, dev []TextExample, task Task) TextPredictor {
	t.Helper()
	p, err := m.FitText(textsOf(train), textsOf(dev), task, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMajorityCounts(t *testing.T) {
	task := Task{Kind: Classification, Outputs: 4}
	got := fitText(t, &Majority{}, classRows(2, 1, 2, 1), nil, task).PredictText(make([]TextExample, 1))[0]
	// Classes 1 and 2 tie: the first wins. Class 3 has no rows but a chance.
	if want := []float64{1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8}; !reflect.DeepEqual(got, want) {
		t.Errorf("scores = %v, want %v", got, want)
	}
	if argmax(got) != 1 {
		t.Errorf("argmax = %d, want 1", argmax(got))
	}

	values := []TextExample{{Target: Target{Value: 1}}, {Target: Target{Value: 4}}}
	got = fitText(t, &Majority{}, values, nil, Task{Kind: Regression, Outputs: 1}).PredictText(make([]TextExample, 1))[0]
	if got[0] != 2.5 {
		t.Errorf("regression score = %v, want the mean 2.5", got[0])
	}

	labels := []TextExample{{Target: Target{Labels: []bool{true, false}}}, {Target: Target{Labels: []bool{true, false}}}}
	got = fitText(t, &Majority{}, labels, nil, Task{Kind: MultiLabel, Outputs: 2}).PredictText(make([]TextExample, 1))[0]
	if want := []float64{3.0 / 4, 1.0 / 4}; !reflect.DeepEqual(got, want) {
		t.Errorf("multi-label scores = %v, want %v", got, want)
	}
}

func TestBaselinesRefuseWhatDoesNotFit(t *testing.T) {
	class := Task{Kind: Classification, Outputs: 2}
	tests := []struct {
		name  string
		train []TextExample
		dev   []TextExample
		task  Task
		want  string
	}{
		{"empty", nil, nil, class, "no training rows"},
		{"class", classRows(0, 2), nil, class, "class 2 of 2"},
		{"no dev", classRows(0, 1), nil, class, "no dev rows"},
		{"labels", classRows(0, 1), nil, Task{Kind: MultiLabel, Outputs: 2}, "0 labels of 2"},
		{"weights", classRows(0, 1), nil, Task{Kind: Classification, Outputs: 2, ClassWeights: []float64{1}}, "1 class weights"},
		{"negative", classRows(0, 1), nil, Task{Kind: Classification, Outputs: 2, ClassWeights: []float64{1, -1}}, "above 0"},
		{"tagging", classRows(0, 1), nil, Task{Kind: Tagging, Outputs: 2}, "tagging"},
		{"kind", classRows(0, 1), nil, Task{Kind: LanguageModeling, Outputs: 2}, "language_modeling"},
	}
	for _, test := range tests {
		if _, err := NewTFIDF().FitText(textsOf(test.train), textsOf(test.dev), test.task, testKey); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestTFIDFChoosesTheStrengthByTheTasksMeasure(t *testing.T) {
	train, dev := classRows(0, 0, 1, 1), classRows(0, 1)
	// A measure that likes unsure predictions picks the strongest penalty,
	// one that likes sure ones the weakest.
	sureness := func(sign float64) func([][]float64, []Target) float64 {
		return func(scores [][]float64, _ []Target) float64 {
			sum := 0.0
			for _, s := range scores {
				sum += sign * math.Abs(s[0]-s[1])
			}
			return sum
		}
	}
	for _, test := range []struct{ sign, want float64 }{{-1, 0.1}, {1, 100}} {
		task := Task{Kind: Classification, Outputs: 2, Score: sureness(test.sign)}
		m := NewTFIDF()
		m.Strengths = []float64{100, 0.1, 1}
		if got := fitText(t, m, train, dev, task).(*tfidfPredictor).model.strength; got != test.want {
			t.Errorf("sign %v: strength %v, want %v", test.sign, got, test.want)
		}
	}
}

func TestTFIDFReadsBothTextsApart(t *testing.T) {
	row := func(text, pair string, class int) TextExample {
		return TextExample{Text: text, Pair: pair, HasPair: true, Target: Target{Class: class}}
	}
	// Only which side says "cat" tells the classes apart.
	train := []TextExample{row("cat", "dog", 0), row("dog", "cat", 1), row("cat", "cow", 0), row("cow", "cat", 1)}
	m := NewTFIDF()
	m.Strengths = []float64{100}
	p := fitText(t, m, train, nil, Task{Kind: Classification, Outputs: 2})
	got := p.PredictText([]TextExample{row("cat", "hen", 0), row("hen", "cat", 0)})
	if argmax(got[0]) != 0 || argmax(got[1]) != 1 {
		t.Errorf("scores = %v, want class 0, then 1", got)
	}
}

// A class without training rows, and one that has all of them, give finite
// probabilities.
func TestTFIDFUnseenClasses(t *testing.T) {
	m := NewTFIDF()
	m.Strengths = []float64{100}
	for _, classes := range [][]int{{1, 1, 1}, {1, 3, 3}, {0, 1, 3, 3}} {
		p := fitText(t, m, classRows(classes...), nil, Task{Kind: Classification, Outputs: 5})
		s := p.PredictText(classRows(1))[0]
		sum := 0.0
		for c, v := range s {
			sum += v
			if !(v > 0) {
				t.Errorf("train %v: probability of class %d is %v", classes, c, v)
			}
		}
		if math.Abs(sum-1) > 1e-12 || argmax(s) != 1 {
			t.Errorf("train %v: probabilities %v sum to %v, want class 1 and 1", classes, s, sum)
		}
	}
}

func TestTFIDFOneVersusRest(t *testing.T) {
	var train []TextExample
	for i := range 24 {
		r := TextExample{Text: "the", Target: Target{Labels: []bool{i%2 == 0, i%3 == 0, true}}}
		if i%2 == 0 {
			r.Text += " even"
		}
		if i%3 == 0 {
			r.Text += " triple"
		}
		train = append(train, r)
	}
	m := NewTFIDF()
	m.Strengths = []float64{100}
	s := fitText(t, m, train, nil, Task{Kind: MultiLabel, Outputs: 3}).PredictText([]TextExample{{Text: "the triple"}, {Text: "the even"}})
	for i, want := range [][]bool{{false, true, true}, {true, false, true}} {
		for j, on := range want {
			if (s[i][j] > 0.5) != on {
				t.Errorf("row %d label %d has probability %v, want %v", i, j, s[i][j], on)
			}
		}
	}
	// A label that is always on has the smoothed frequency 25/26.
	if got := s[0][2]; math.Abs(got-25.0/26) > 1e-6 {
		t.Errorf("constant label has probability %v, want 25/26", got)
	}
}

// Merging the terms that occur once must not change the minimum.
func TestMergedSinglesHaveTheSameMinimum(t *testing.T) {
	r := readReference(t)
	_, x := r.design(t)
	merged := mergeSingles(x)
	if merged.columns >= x.columns {
		t.Fatalf("%d of %d columns remain", merged.columns, x.columns)
	}
	task, targets := r.problem("multinomial")
	plain, err := newLinearPath(x, task, targets).next(1)
	if err != nil {
		t.Fatal(err)
	}
	short, err := newLinearPath(merged, task, targets).next(1)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range merged.expand(short.w, short.width()) {
		if d := math.Abs(float64(w - plain.w[i])); d > 1e-4 {
			t.Errorf("weight %d = %v, without merging %v", i, w, plain.w[i])
		}
	}
}

func TestTextPredictorsSurviveSaving(t *testing.T) {
	r := readReference(t)
	_, targets := r.problem("multinomial")
	rows := r.examples(targets)
	for _, m := range []TextFitter{&Majority{}, NewTFIDF()} {
		for _, task := range []Task{{Kind: Classification, Outputs: 4}, {Kind: Regression, Outputs: 1}} {
			p := fitText(t, m, rows, rows, task)
			var b, again bytes.Buffer
			if err := p.Save(&b); err != nil {
				t.Fatal(err)
			}
			saved := b.Bytes()
			if int64(len(saved)) != p.StoredBytes() {
				t.Errorf("%s: %d bytes saved, StoredBytes = %d", m.Type(), len(saved), p.StoredBytes())
			}
			q, err := LoadText(bytes.NewReader(saved))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(q.PredictText(rows), p.PredictText(rows)) {
				t.Errorf("%s %s: loaded predictor gives other scores", m.Type(), task.Kind)
			}
			if q.ParamCount() != p.ParamCount() {
				t.Errorf("%s: loaded predictor has %d parameters, not %d", m.Type(), q.ParamCount(), p.ParamCount())
			}
			if err := fitText(t, m, rows, rows, task).Save(&again); err != nil || !bytes.Equal(again.Bytes(), saved) {
				t.Errorf("%s: fitting again gives other bytes (%v)", m.Type(), err)
			}
			for n := range len(saved) {
				if _, err := LoadText(bytes.NewReader(saved[:n])); err == nil {
					t.Fatalf("%s: the first %d of %d bytes load", m.Type(), n, len(saved))
				}
			}
		}
	}
}

// textsOf are the rows of a list.
func textsOf(rows []TextExample) Texts {
	return func(do func(TextExample) error) error {
		for _, r := range rows {
			if err := do(r); err != nil {
				return err
			}
		}
		return nil
	}
}
