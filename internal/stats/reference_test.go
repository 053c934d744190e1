package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// reference holds what testdata/reference.py computed with scipy.
type reference struct {
	TQuantile [][3]float64 `json:"t_quantile"`
	McNemar   [][3]float64 `json:"mcnemar"`
	ChiSquare []struct {
		A, B         []float64
		Statistic, P float64
	} `json:"chi_square"`
	Slope struct {
		X, Y                           []float64
		Slope, Intercept, Low, High, P float64
	}
	SignFlip struct {
		D []float64
		P float64
	} `json:"sign_flip"`
	Holm    struct{ P, Holm, BH []float64 }
	Crossed struct {
		Y                                    [][]float64
		SE, DF, Low, High, Seeds, Rows, Rest float64
	}
	Classes, Values struct {
		Gold, Pred []float64
		Metrics    map[string]struct {
			Value float64
			Rows  []float64
		}
	}
	Spearman       float64
	ExpectedBest   struct{ Values, Highest, Lowest []float64 } `json:"expected_best"`
	ClopperPearson [][4]float64                                `json:"clopper_pearson"`
	PairedT        struct {
		A, B []float64
		P    float64
	} `json:"paired_t"`
}

func readReference(t *testing.T) (r reference) {
	t.Helper()
	content, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// checkClose allows a relative error of 1e-8: both sides are float64 and differ in
// the order of sums, and the inverse incomplete beta function stops near 1e-9.
func checkClose(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-8*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

func TestAgainstScipy(t *testing.T) {
	r := readReference(t)
	for _, c := range r.TQuantile {
		checkClose(t, fmt.Sprintf("tQuantile(%v, %v)", c[0], c[1]), tQuantile(c[0], c[1]), c[2])
	}
	for _, c := range r.McNemar {
		checkClose(t, fmt.Sprintf("McNemar(%v, %v)", c[0], c[1]), McNemar(int(c[0]), int(c[1])).P, c[2])
	}
	for _, c := range r.ChiSquare {
		got := ChiSquare(c.A, c.B)
		checkClose(t, "ChiSquare statistic", got.Statistic, c.Statistic)
		checkClose(t, "ChiSquare P", got.P, c.P)
	}
	s := Slope(r.Slope.X, r.Slope.Y)
	checkClose(t, "slope", s.Slope, r.Slope.Slope)
	checkClose(t, "intercept", s.Intercept, r.Slope.Intercept)
	checkClose(t, "slope low", s.Low, r.Slope.Low)
	checkClose(t, "slope high", s.High, r.Slope.High)
	checkClose(t, "slope P", s.P, r.Slope.P)
	checkClose(t, "SignFlip P", SignFlip(r.SignFlip.D, PermutationConfig{}).P, r.SignFlip.P)
	for k, got := range Holm(r.Holm.P) {
		checkClose(t, "Holm", got, r.Holm.Holm[k])
	}
	for k, got := range BenjaminiHochberg(r.Holm.P) {
		checkClose(t, "BenjaminiHochberg", got, r.Holm.BH[k])
	}
	for k := range r.ExpectedBest.Values {
		checkClose(t, "ExpectedBest highest", ExpectedBest(r.ExpectedBest.Values, k+1, false), r.ExpectedBest.Highest[k])
		checkClose(t, "ExpectedBest lowest", ExpectedBest(r.ExpectedBest.Values, k+1, true), r.ExpectedBest.Lowest[k])
	}
	for _, c := range r.ClopperPearson {
		low, high := clopperPearson(c[0]/c[1], int(c[1]))
		checkClose(t, "Clopper-Pearson low", low, c[2])
		checkClose(t, "Clopper-Pearson high", high, c[3])
	}
}

func TestCrossedAgainstProjections(t *testing.T) {
	c := readReference(t).Crossed
	got := Crossed(c.Y)
	checkClose(t, "SE", got.SE, c.SE)
	checkClose(t, "DF", got.DF, c.DF)
	checkClose(t, "seeds", got.Seeds, c.Seeds)
	checkClose(t, "rows", got.Rows, c.Rows)
	checkClose(t, "rest", got.Rest, c.Rest)
	values := make([]float64, len(c.Y))
	for s := range values {
		values[s] = mean(c.Y[s])
	}
	e := Summarize("unbounded", values, c.Y, false)
	checkClose(t, "low", e.Low, c.Low)
	checkClose(t, "high", e.High, c.High)
}

func TestRowValuesAgainstLeavingRowsOut(t *testing.T) {
	r := readReference(t)
	for _, side := range []struct {
		gold, pred []float64
		metrics    map[string]struct {
			Value float64
			Rows  []float64
		}
	}{{r.Classes.Gold, r.Classes.Pred, r.Classes.Metrics}, {r.Values.Gold, r.Values.Pred, r.Values.Metrics}} {
		rows := &Rows{IDs: make([]string, len(side.gold)), Gold: side.gold, Pred: side.pred}
		for name, want := range side.metrics {
			got, ok := RowValues(name, rows, want.Value)
			if !ok {
				t.Errorf("RowValues(%s): refused", name)
				continue
			}
			for i := range got {
				checkClose(t, fmt.Sprintf("%s without row %d", name, i), got[i], want.Rows[i])
			}
		}
	}
	rows := &Rows{IDs: make([]string, len(r.Values.Gold)), Gold: r.Values.Gold, Pred: r.Values.Pred}
	theta, _, _ := Measure("spearman", rows)
	checkClose(t, "spearman", theta, r.Spearman)
}

func TestOneSeedIsThePairedT(t *testing.T) {
	p := readReference(t).PairedT
	ids := make([]string, len(p.A))
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	d := Paired("score", Sample{Rows: []*Rows{{IDs: ids, Score: p.A}}}, Sample{Rows: []*Rows{{IDs: ids, Score: p.B}}})
	checkClose(t, "paired t P", d.P, p.P)
}
