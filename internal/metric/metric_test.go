package metric

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestAgreesWithScikitLearn compares with figures written by testdata/make.py.
// Both sides sum float64 in different orders, hence the tolerance.
func TestAgreesWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Kind string
		In   map[string][]float64
		Want map[string]float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, c := range cases {
		in := Input{Positive: 1, Probs: c.In["probs"]}
		if v := c.In["classes"]; v != nil {
			in.Classes = int(v[0])
		}
		switch c.Kind {
		case Classification:
			in.Gold, in.Pred = whole(c.In["gold"]), whole(c.In["pred"])
		case Regression:
			in.GoldValues, in.PredValues = c.In["gold"], c.In["pred"]
		case MultiLabel:
			in.GoldLabels, in.PredLabels = flags(c.In["gold"]), flags(c.In["pred"])
		}
		for name, want := range c.Want {
			m, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Compute(in); math.Abs(got.V-want) > 1e-12*max(1, math.Abs(want)) || got.Flag != "" {
				t.Errorf("case %d, %s: %s = %+v, want %v", i, c.Kind, name, got, want)
			}
			if m.Rows != nil {
				sum := 0.0
				for _, r := range m.Rows(in) {
					sum += r
				}
				if got := sum / float64(len(m.Rows(in))); math.Abs(got-want) > 1e-12 {
					t.Errorf("case %d: the mean of the rows of %s = %v, want %v", i, name, got, want)
				}
			}
			compared++
		}
	}
	if compared < 80 {
		t.Errorf("only %d figures compared", compared)
	}
}

func whole(v []float64) []int {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = int(x)
	}
	return out
}

func flags(v []float64) []bool {
	out := make([]bool, len(v))
	for i, x := range v {
		out[i] = x == 1
	}
	return out
}

// byName computes a measure of the registry.
func byName(name string, in Input) Value {
	m, err := ByName(name)
	if err != nil {
		panic(err)
	}
	return m.Compute(in)
}

func TestDegenerateCasesHaveAValueAndAFlag(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	cases := []struct {
		name string
		got  Value
		want Value
	}{
		{"accuracy of nothing", byName("accuracy", Input{}), Value{0, FlagNoRows}},
		{"macro F1 of nothing", MacroF1(nil, nil), Value{0, FlagNoRows}},
		{"micro F1 of nothing", MicroF1(nil, nil), Value{0, FlagNoRows}},
		{"F1 of nothing", F1(nil, nil, 1), Value{0, FlagNoRows}},
		{"F1, class on neither side", F1([]int{0, 0}, []int{0, 0}, 1), Value{0, FlagNoneFound}},
		{"F1, class below a higher one", F1([]int{0, 2}, []int{0, 2}, 1), Value{0, FlagNoneFound}},
		{"F1, never predicted", F1([]int{0, 1}, []int{0, 0}, 1), Value{0, ""}},
		{"macro F1, one class, all right", MacroF1([]int{3, 3}, []int{3, 3}), Value{1, ""}},
		{"MCC of nothing", MCC(nil, nil), Value{0, FlagNoRows}},
		{"MCC, constant predictions", MCC([]int{0, 1}, []int{1, 1}), Value{0, FlagOneClass}},
		{"MCC, constant gold", MCC([]int{1, 1}, []int{0, 1}), Value{0, FlagOneClass}},
		{"log loss of nothing", byName("log_loss", Input{Classes: 2}), Value{0, FlagNoRows}},
		{"log loss of impossible gold", byName("log_loss", Input{Classes: 2, Gold: []int{0}, Probs: []float64{0, 1}}), Value{-math.Log(1e-15), ""}},
		{"log loss of NaN", byName("log_loss", Input{Classes: 2, Gold: []int{0}, Probs: []float64{nan, 1}}), Value{0, FlagNotFinite}},
		{"Brier of NaN", byName("brier", Input{Classes: 2, Gold: []int{0}, Probs: []float64{nan, 1}}), Value{0, FlagNotFinite}},
		{"ECE of nothing", ECE(nil, nil, 2), Value{0, FlagNoRows}},
		{"ECE of NaN", ECE([]int{0}, []float64{0.5, nan}, 2), Value{0, FlagNotFinite}},
		{"ECE of certainty", ECE([]int{0, 1}, []float64{1, 0, 1, 0}, 2), Value{0.5, ""}},
		{"AUC of nothing", ROCAUC(nil, nil, 2), Value{0, FlagNoRows}},
		{"AUC, one class", ROCAUC([]int{1, 1}, []float64{0, 1, 1, 0}, 2), Value{0.5, FlagOneClass}},
		{"AUC, all tied", ROCAUC([]int{0, 1}, []float64{.5, .5, .5, .5}, 2), Value{0.5, ""}},
		{"AUC of NaN", ROCAUC([]int{0, 1}, []float64{.5, nan, .5, .5}, 2), Value{0.5, FlagNotFinite}},
		{"AUC, third class absent", ROCAUC([]int{0, 1}, []float64{.8, .1, .1, .1, .8, .1}, 3), Value{1, FlagOneClass}},
		{"MSE of nothing", MSE(nil, nil), Value{0, FlagNoRows}},
		{"MSE of infinity", MSE([]float64{1}, []float64{inf}), Value{0, FlagNotFinite}},
		{"RMSE of NaN", RMSE([]float64{1}, []float64{nan}), Value{0, FlagNotFinite}},
		{"MAE of NaN", byName("mae", Input{GoldValues: []float64{1}, PredValues: []float64{nan}}), Value{0, FlagNotFinite}},
		{"R² of nothing", R2(nil, nil), Value{0, FlagNoRows}},
		{"R² of NaN", R2([]float64{1, 2}, []float64{nan, 1}), Value{0, FlagNotFinite}},
		{"R², constant gold, right", R2([]float64{2, 2}, []float64{2, 2}), Value{1, FlagConstant}},
		{"R², constant gold, wrong", R2([]float64{2, 2}, []float64{2, 3}), Value{0, FlagConstant}},
		{"Pearson of nothing", Pearson(nil, nil), Value{0, FlagNoRows}},
		{"Pearson, constant", Pearson([]float64{1, 2}, []float64{3, 3}), Value{0, FlagConstant}},
		{"Pearson, one row", Pearson([]float64{1}, []float64{3}), Value{0, FlagConstant}},
		{"Pearson of NaN", Pearson([]float64{1, 2}, []float64{nan, 3}), Value{0, FlagNotFinite}},
		{"Pearson of tiny differences", Pearson([]float64{0, 1e-200}, []float64{0, 1}), Value{0, FlagConstant}},
		{"Spearman, constant", Spearman([]float64{1, 1}, []float64{3, 4}), Value{0, FlagConstant}},
		{"Spearman of infinity", Spearman([]float64{1, 2}, []float64{inf, 3}), Value{0, FlagNotFinite}},
		{"labels of nothing", LabelMacroF1(nil, nil, 2), Value{0, FlagNoRows}},
		{"micro F1 of no labels", LabelMicroF1([]bool{false}, []bool{false}, 1), Value{0, FlagNoneFound}},
		{"average precision without positives", LabelAveragePrecision([]bool{false, true}, []float64{.5, .5}, 2), Value{0.5, "1 of 2 labels occur in no row and count as 0"}},
		{"average precision of NaN", LabelAveragePrecision([]bool{true}, []float64{nan}, 1), Value{0, FlagNotFinite}},
		{"macro F1, absent label", LabelMacroF1([]bool{true, false}, []bool{true, false}, 2), Value{0.5, "1 of 2 labels occur on neither side and count as 0"}},
		{"entities of nothing", EntityF1(nil, nil), Value{0, FlagNoRows}},
		{"no entities", EntityF1([][]string{{"O"}}, [][]string{{"O"}}), Value{0, FlagNoneFound}},
		{"tags of nothing", TagAccuracy([][]string{{}}, [][]string{{}}), Value{0, FlagNoRows}},
		{"loss of nothing", Loss([]float64{0}, []float64{0}), Value{0, FlagNoRows}},
		{"loss of NaN", Loss([]float64{nan}, []float64{1}), Value{0, FlagNotFinite}},
		{"perplexity too large", Perplexity([]float64{1e6}, []float64{1}), Value{0, FlagNotFinite}},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s = %+v, want %+v", c.name, c.got, c.want)
		}
	}
}

func TestNoAnswerIsWrong(t *testing.T) {
	gold, pred := []int{0, 0, 1, 1}, []int{0, NoAnswer, 1, NoAnswer}
	if got := byName("accuracy", Input{Gold: gold, Pred: pred}); got.V != 0.5 {
		t.Errorf("accuracy = %v, want 0.5", got)
	}
	// Each class: one hit, one missed, nothing extra: 2/3.
	if got := MacroF1(gold, pred); math.Abs(got.V-2.0/3) > 1e-15 {
		t.Errorf("MacroF1 = %v, want 2/3", got)
	}
	if got := MicroF1(gold, pred); math.Abs(got.V-2.0/3) > 1e-15 {
		t.Errorf("MicroF1 = %v, want 2/3", got)
	}
	if got := MCC(gold, pred); got.V <= 0 || got.V >= 1 {
		t.Errorf("MCC = %v, want between 0 and 1", got)
	}
}

func TestEntitiesInBIO(t *testing.T) {
	cases := []struct {
		tags string
		want []Entity
	}{
		{"O O", nil},
		{"B-PER I-PER O", []Entity{{"PER", 0, 2}}},
		{"B-PER B-PER", []Entity{{"PER", 0, 1}, {"PER", 1, 2}}},
		{"I-PER I-PER", []Entity{{"PER", 0, 2}}},
		{"B-PER I-LOC", []Entity{{"PER", 0, 1}, {"LOC", 1, 2}}},
		{"B-PER O I-PER", []Entity{{"PER", 0, 1}, {"PER", 2, 3}}},
		{"B-a-b I-a-b", []Entity{{"a-b", 0, 2}}},
		{"X-PER PER B- I-", []Entity{{"", 2, 4}}},
	}
	for _, c := range cases {
		if got := Entities(strings.Fields(c.tags)); !slices.Equal(got, c.want) {
			t.Errorf("Entities(%s) = %v, want %v", c.tags, got, c.want)
		}
	}
}

func TestEntityF1CountsWholeEntities(t *testing.T) {
	gold := [][]string{strings.Fields("B-PER I-PER O B-LOC"), strings.Fields("O B-ORG")}
	pred := [][]string{strings.Fields("B-PER O O B-LOC"), strings.Fields("B-ORG B-ORG")}
	// Right: LOC, second ORG. Extra: short PER, first ORG. Missed: PER. 2·2/(2·2+2+1).
	if got := EntityF1(gold, pred); math.Abs(got.V-4.0/7) > 1e-15 || got.Flag != "" {
		t.Errorf("EntityF1 = %v, want 4/7", got)
	}
	if got := TagAccuracy(gold, pred); math.Abs(got.V-4.0/6) > 1e-15 {
		t.Errorf("TagAccuracy = %v, want 4/6", got)
	}
	if got := TagMatchRows(gold, gold); !slices.Equal(got, []float64{1, 1}) {
		t.Errorf("TagMatchRows = %v, want [1 1]", got)
	}
	if got := TagMatchRows(gold, pred); !slices.Equal(got, []float64{0, 0}) {
		t.Errorf("TagMatchRows = %v, want [0 0]", got)
	}
}

func TestLossIsWeightedByTokens(t *testing.T) {
	if got := Loss([]float64{2, 6}, []float64{1, 3}); got.V != 2 {
		t.Errorf("Loss = %v, want 2", got)
	}
	if got := Perplexity([]float64{2 * math.Ln2}, []float64{2}); math.Abs(got.V-2) > 1e-15 {
		t.Errorf("Perplexity = %v, want 2", got)
	}
}

func TestRanksShareTies(t *testing.T) {
	v := []float64{3, 1, 3, 2, 3}
	if got := Ranks(v); !slices.Equal(got, []float64{4, 1, 4, 2, 4}) {
		t.Errorf("Ranks = %v, want [4 1 4 2 4]", got)
	}
	if !slices.Equal(v, []float64{3, 1, 3, 2, 3}) {
		t.Error("Ranks changed its argument")
	}
}

func TestEveryTaskHasADefaultAmongItsMetrics(t *testing.T) {
	for _, task := range []string{Classification, Regression, MultiLabel, Tagging, MultipleChoice, LanguageModeling} {
		d := Default(task)
		if d == nil || !slices.Contains(For(task), d) {
			t.Errorf("default of %s is %v, which is not among its metrics", task, d)
		}
	}
	if Default("unknown") != nil || For("unknown") != nil {
		t.Error("an unknown task has metrics")
	}
	seen := map[string]bool{}
	for _, m := range metrics {
		if seen[m.Name] || m.About == "" || len(m.Tasks) == 0 || m.Compute == nil {
			t.Errorf("metric %q is defined twice or in part", m.Name)
		}
		seen[m.Name] = true
	}
	if _, err := ByName("acuracy"); err == nil || !strings.Contains(err.Error(), "accuracy, macro_f1") {
		t.Errorf("ByName of a misspelt name = %v, want the list of names", err)
	}
}

func TestMismatchedSlicesPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"accuracy": func() { byName("accuracy", Input{Gold: []int{1}}) },
		"columns":  func() { byName("log_loss", Input{Classes: 2, Gold: []int{1}, Probs: []float64{1, 2, 3}}) },
		"classes":  func() { byName("ece", Input{}) },
		"negative": func() { MacroF1([]int{-1}, []int{0}) },
		"tags":     func() { EntityF1([][]string{{"O"}}, [][]string{{"O", "O"}}) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "metric: ") {
					t.Errorf("%s: no panic with the package's prefix", name)
				}
			}()
			f()
		}()
	}
}
