package work

import (
	"math"
	"testing"

	"runexp/internal/dataset"
)

// An evaluation whose accuracy by year is known: 9, 7 and 5 of 10 rows.
func fading() *Evaluation {
	o := Outcomes{Split: dataset.TestShiftSplit}
	e := &Evaluation{}
	for p, right := range []int{9, 7, 5} {
		slice := []string{"year=2001-2004", "year=2005-2008", "year=2009-2012"}[p]
		for i := range 10 {
			pred := 0.0
			if i >= right {
				pred = 1
			}
			o.IDs, o.Slices = append(o.IDs, slice+string(rune('a'+i))), append(o.Slices, slice)
			o.Gold, o.Pred, o.Score = append(o.Gold, 0), append(o.Pred, pred), append(o.Score, 1-pred)
		}
		e.Metrics = append(e.Metrics, Metric{Split: o.Split, Slice: slice, Name: "accuracy", Value: float64(right) / 10, N: 10})
	}
	e.Outcomes = []Outcomes{o}
	return e
}

func TestPeriodsAreSummedUp(t *testing.T) {
	e := fading()
	data := &dataset.Dataset{Task: dataset.Classification, LabelNames: []string{"no", "yes"}, Accounting: trained(1, 0)}
	e.summarise(data, "accuracy", 4)
	got := map[string]float64{}
	for _, m := range e.Metrics {
		if m.Slice == "all" {
			got[m.Name] = m.Value
		}
	}
	// Slope over periods −1, 0, 1 is (0.5 − 0.9)/2; its variance (0.09 + 0.25)/9/4.
	half := 1.959964 * math.Sqrt((0.9*0.1+0.5*0.5)/9/4)
	for name, want := range map[string]float64{
		"accuracy_average": 0.7, "accuracy_worst": 0.5, "accuracy_prior_adjusted": 0.7,
		"accuracy_period_slope": -0.2, "accuracy_period_slope_low": -0.2 - half, "accuracy_period_slope_high": -0.2 + half,
	} {
		if v, ok := got[name]; !ok || math.Abs(v-want) > 1e-6 {
			t.Errorf("%s is %g, want %g", name, v, want)
		}
	}
}

// trained accounts for training rows of each class.
func trained(rows ...int) dataset.Accounting {
	split := dataset.SplitCount{Name: dataset.TrainSplit}
	for _, n := range rows {
		split.Labels = append(split.Labels, dataset.Named{Rows: n})
	}
	return dataset.Accounting{Splits: []dataset.SplitCount{split}}
}

// TestScoreAtTheTrainingPrior has recalls 1 and ½: 3 of 4 rows of training are of the
// class that is always right, and half of the test's.
func TestScoreAtTheTrainingPrior(t *testing.T) {
	data := &dataset.Dataset{Task: dataset.Classification, LabelNames: []string{"a", "b"}, Accounting: trained(3, 1)}
	o := Outcomes{Gold: []float64{0, 0, 1, 1}, Pred: []float64{0, 0, 1, 0}}
	for name, want := range map[string]float64{
		"accuracy": 0.75*1 + 0.25*0.5,
		// weights 3·(1, 0; ½·⅓ …): class a has 3 right and ½ extra, class b ½ right and ½ missed
		"macro_f1": (6/6.5 + 1/1.5) / 2,
		"f1":       1 / 1.5,
	} {
		if v, ok := adjusted(data, o, name); !ok || math.Abs(v-want) > 1e-12 {
			t.Errorf("%s is %g, want %g", name, v, want)
		}
	}
	o.Pred[3] = -1 // no class was chosen
	if v, _ := adjusted(data, o, "accuracy"); v != 0.75+0.125 {
		t.Errorf("accuracy is %g without an answer", v)
	}
	if _, ok := adjusted(data, o, "mcc"); ok {
		t.Error("mcc is adjusted")
	}
}
