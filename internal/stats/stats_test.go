package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// classRows makes rows of three classes of which a share is right.
func classRows(rng *rand.Rand, n int, share float64, prior float64) *Rows {
	r := &Rows{}
	for i := range n {
		gold := float64(rng.IntN(3))
		if rng.Float64() < prior {
			gold = 0
		}
		pred := gold
		if rng.Float64() > share {
			pred = float64((int(gold) + 1 + rng.IntN(2)) % 3)
		}
		r.IDs = append(r.IDs, fmt.Sprint(i))
		r.Gold, r.Pred = append(r.Gold, gold), append(r.Pred, pred)
		r.Score = append(r.Score, b2f(gold == pred))
	}
	return r
}

func TestOneSeedSaysThatItCoversRowsOnly(t *testing.T) {
	y := []float64{1, 0, 1, 1, 0, 1, 0, 1}
	e := Summarize("accuracy", []float64{mean(y)}, [][]float64{y}, false)
	if !e.HasInterval() || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "rows only") {
		t.Errorf("estimate of one seed = %+v, want an interval and one warning about rows only", e)
	}
	copies := Summarize("accuracy", []float64{mean(y), mean(y), mean(y)}, [][]float64{y, y, y}, true)
	if copies.Low != e.Low || copies.High != e.High || copies.Seeds != 3 {
		t.Errorf("three copies = %+v, want the interval of one: %+v", copies, e)
	}
}

func TestDegenerateEstimates(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		what     string
		values   []float64
		rows     [][]float64
		interval bool
		warning  string
	}{
		{"no seed is finite", []float64{nan, math.Inf(1)}, nil, false, "2 of 2 seeds"},
		{"one seed, unknown rows", []float64{0.5}, nil, false, "one seed and unknown rows"},
		{"three seeds, unknown rows", []float64{0.5, 0.6, 0.7}, nil, true, "seeds only"},
		{"one seed diverged", []float64{0.5, nan, 0.6}, [][]float64{{0, 1, 1, 0}, nil, {1, 1, 0, 1}}, true, "1 of 3 seeds"},
		{"one row", []float64{0, 1}, [][]float64{{0}, {1}}, true, "one test row"},
		{"all right", []float64{1, 1}, [][]float64{{1, 1, 1}, {1, 1, 1}}, true, "exact binomial bound on 3 rows"},
		{"constant correlation", []float64{0, 0}, [][]float64{{0, 0, 0}, {0, 0, 0}}, false, "no row changes the value"},
		{"nothing", nil, nil, false, ""},
	} {
		metric := "accuracy"
		if c.what == "constant correlation" {
			metric = "mcc"
		}
		e := Summarize(metric, c.values, c.rows, false)
		if e.HasInterval() != c.interval || !strings.Contains(strings.Join(e.Warnings, "; "), c.warning) {
			t.Errorf("%s: %+v, want interval %v and a warning with %q", c.what, e, c.interval, c.warning)
		}
		if e.HasInterval() && (e.Low < 0 || e.High > 1 || e.Low > e.Mean || e.High < e.Mean) {
			t.Errorf("%s: interval [%v, %v] around %v", c.what, e.Low, e.High, e.Mean)
		}
	}
}

func TestRowValuesMustReproduceTheRecordedValue(t *testing.T) {
	r := classRows(rand.New(rand.NewPCG(1, 1)), 50, 0.7, 0)
	theta, _, _ := Measure("macro_f1", r)
	if _, ok := RowValues("macro_f1", r, theta); !ok {
		t.Error("RowValues refused the right value")
	}
	if _, ok := RowValues("macro_f1", r, theta+0.01); ok {
		t.Error("RowValues accepted a value that the rows do not give")
	}
	if _, ok := RowValues("someone_elses_metric", r, mean(r.Score)); !ok {
		t.Error("RowValues refused an unknown metric that is the mean of the scores")
	}
}

func TestRatioOfSums(t *testing.T) {
	r := &Rows{IDs: []string{"a", "b", "c"}, Score: []float64{6, 2, 10}, Weight: []float64{3, 1, 8}}
	theta, values, ok := Measure("loss", r)
	if !ok || theta != 1.5 || math.Abs(mean(values)-1.5) > 1e-12 {
		t.Errorf("loss per token = %v with row values %v, want 1.5", theta, values)
	}
	// Row a has loss 6 where 1.5 · 3 was expected, over a mean weight of 4.
	if want := 1.5 + (6-4.5)/4; math.Abs(values[0]-want) > 1e-12 {
		t.Errorf("row value = %v, want %v", values[0], want)
	}
	perplexity, _, _ := Measure("perplexity", r)
	if math.Abs(perplexity-math.Exp(1.5)) > 1e-12 {
		t.Errorf("perplexity = %v, want e^1.5", perplexity)
	}
}

func TestAlignPairsByID(t *testing.T) {
	a := &Rows{IDs: []string{"x", "y", "z"}, Score: []float64{1, 2, 3}}
	b := &Rows{IDs: []string{"z", "w", "x"}, Score: []float64{30, 40, 10}}
	got, dropped := Align([]*Rows{a, b})
	if dropped != 1 || fmt.Sprint(got[0].IDs, got[0].Score, got[1].IDs, got[1].Score) != "[x z] [1 3] [x z] [10 30]" {
		t.Errorf("Align = %v %v, %d dropped", got[0], got[1], dropped)
	}
}

func TestPairedIgnoresTheOrderOfRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var a, b, shuffled Sample
	for range 3 {
		x, y := classRows(rng, 80, 0.8, 0), classRows(rng, 80, 0.7, 0)
		y.Gold = x.Gold
		a.Rows, b.Rows = append(a.Rows, x), append(b.Rows, y)
		shuffled.Rows = append(shuffled.Rows, y.Take(rng.Perm(80)))
	}
	for _, metric := range []string{"accuracy", "macro_f1", "mcc"} {
		one, two := Paired(metric, a, b), Paired(metric, a, shuffled)
		if math.Abs(one.Mean-two.Mean) > 1e-12 || math.Abs(one.P-two.P) > 1e-9 || one.McNemar.P != two.McNemar.P {
			t.Errorf("%s: shuffled rows give %v (P %v), want %v (P %v)", metric, two.Mean, two.P, one.Mean, one.P)
		}
		back := Paired(metric, b, a)
		if math.Abs(one.Mean+back.Mean) > 1e-12 || math.Abs(one.P-back.P) > 1e-12 || one.Permutation.P != back.Permutation.P {
			t.Errorf("%s: a−b and b−a disagree: %+v, %+v", metric, one.Estimate, back.Estimate)
		}
	}
	same := Paired("accuracy", a, a)
	if same.P != 1 || same.Permutation.P != 1 || same.McNemar.P != 1 {
		t.Errorf("a against itself: P = %v, %v, %v; want 1", same.P, same.Permutation.P, same.McNemar.P)
	}
}

func TestPairedLeavesOutWhatOneSideLacks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	x, y := classRows(rng, 40, 0.8, 0), classRows(rng, 40, 0.7, 0)
	a := Sample{Rows: []*Rows{x, x, x}, Values: []float64{0.8, math.NaN(), 0.8}}
	b := Sample{Rows: []*Rows{y, y}}
	a.Values = nil
	a.Rows[1] = nil
	d := Paired("accuracy", a, b)
	if d.Seeds != 1 || !strings.Contains(strings.Join(d.Warnings, ";"), "2 seeds failed on one side") {
		t.Errorf("difference = %+v, want one seed and a warning about two", d.Estimate)
	}
	short := Sample{Rows: []*Rows{y.Take([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})}}
	d = Paired("macro_f1", Sample{Rows: []*Rows{x}}, short)
	if d.Rows != 10 || !strings.Contains(strings.Join(d.Warnings, ";"), "30 rows are not on both sides") {
		t.Errorf("difference = %+v, want ten rows and a warning about thirty", d.Estimate)
	}
}

func TestPermutationIsUniformUnderNoDifference(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	below, trials := 0, 400
	for k := range trials {
		d := make([]float64, 40)
		for i := range d {
			d[i] = float64(rng.IntN(3) - 1)
		}
		if SignFlip(d, PermutationConfig{Rounds: 499, Key: Key(k)}).P <= 0.05 {
			below++
		}
	}
	// The 99.9 % quantile of a binomial with 400 trials at 5 % is 35.
	if below > 35 {
		t.Errorf("%d of %d null samples have P ≤ 0.05", below, trials)
	}
	d := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	if p := SignFlip(d, PermutationConfig{Rounds: 999}).P; p != 1.0/1000 {
		t.Errorf("P of twenty equal differences = %v, want 1/1000", p)
	}
}

func TestPairedBootstrapMatchesTheNormalInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	d := make([]float64, 400)
	for i := range d {
		d[i] = 0.2 + rng.NormFloat64()
	}
	got := PairedBootstrap(d, BootstrapConfig{Rounds: 4000, Key: 3})
	h := 1.96 * math.Sqrt(variance(d)/400)
	if math.Abs(got.Low-(mean(d)-h)) > 0.1*h || math.Abs(got.High-(mean(d)+h)) > 0.1*h {
		t.Errorf("interval [%v, %v], want about %v ± %v", got.Low, got.High, mean(d), h)
	}
	if again := PairedBootstrap(d, BootstrapConfig{Rounds: 4000, Key: 3}); again.Low != got.Low {
		t.Error("the same key gives another interval")
	}
}

func TestRankByTestKeepsWhatCannotBeTold(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	sample := func(share float64) (s Sample) {
		for range 4 {
			s.Rows = append(s.Rows, classRows(rng, 600, share, 0))
		}
		return s
	}
	r := RankByTest("accuracy", []Sample{sample(0.5), sample(0.80), sample(0.79), {Rows: []*Rows{nil, nil}}})
	if r.Best != 1 && r.Best != 2 || !r.Tied[1] || !r.Tied[2] || r.Tied[0] || r.Tied[3] {
		t.Errorf("best %d, tied %v; want 1 and 2 tied, 0 worse, 3 absent", r.Best, r.Tied)
	}
	if r.Differences[0].Adjusted < r.Differences[0].P {
		t.Errorf("adjusted P %v is below P %v", r.Differences[0].Adjusted, r.Differences[0].P)
	}
}

func TestCorrectionsSkipWhatHasNoP(t *testing.T) {
	p := []float64{0.02, math.NaN(), 0.03}
	holm, bh := Holm(p), BenjaminiHochberg(p)
	if holm[0] != 0.04 || !math.IsNaN(holm[1]) || holm[2] != 0.04 || bh[0] != 0.03 || bh[2] != 0.03 {
		t.Errorf("Holm = %v, BenjaminiHochberg = %v", holm, bh)
	}
	if p[0] != 0.02 {
		t.Error("the caller's slice was changed")
	}
}

func TestMinimumDetectableIsWhatItSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	const n, trials = 400, 600
	probe := make([]float64, n)
	for i := range probe {
		probe[i] = rng.NormFloat64()
	}
	delta := MinimumDetectable(1/math.Sqrt(n), n-1, Alpha, 0.8)
	found := 0
	for range trials {
		for i := range probe {
			probe[i] = delta + rng.NormFloat64()
		}
		c := Crossed([][]float64{probe})
		if 2*tTail(math.Abs(mean(probe))/c.SE, c.DF) <= Alpha {
			found++
		}
	}
	if share := float64(found) / trials; share < 0.75 || share > 0.85 {
		t.Errorf("a difference of the minimum detectable size is found in %.1f %% of trials, want about 80", 100*share)
	}
}

// TestRowValuesOfLabelSets compares the jackknife with leaving rows out by hand.
func TestRowValuesOfLabelSets(t *testing.T) {
	r := &Rows{IDs: []string{"a", "b", "c", "d"}, Gold: []float64{0b011, 0b100, 0b000, 0b110}, Pred: []float64{0b010, 0b101, 0b001, 0b110}}
	// Label 0: 0 hits, 2 extra, 1 missed. Label 1: 2 hits. Label 2: 2 hits.
	macro := ofLabelSets(labelMacroF1)
	theta, values, ok := macro(r)
	if want := (0.0 + 1 + 1) / 3; !ok || math.Abs(theta-want) > 1e-12 {
		t.Fatalf("label macro-F1 = %v, want %v", theta, want)
	}
	for i := range values {
		without, _, _ := macro(r.Subset(func(k int) bool { return k != i }))
		if want := 4*theta - 3*without; math.Abs(values[i]-want) > 1e-12 {
			t.Errorf("row value %d = %v, want %v", i, values[i], want)
		}
	}
	if _, ok := RowValues("macro_f1", r, theta); !ok {
		t.Error("RowValues did not recognise the sets of labels by the recorded value")
	}
}

func TestRowValuesOfROCAUC(t *testing.T) {
	r := &Rows{IDs: []string{"a", "b", "c", "d", "e"}, Gold: []float64{1, 1, 0, 0, 0}}
	for _, p := range []float32{0.9, 0.4, 0.4, 0.1, 0.6} {
		r.Probs = append(r.Probs, []float32{1 - p, p})
	}
	theta, values, ok := rocAUC(r)
	// Of six pairs row a wins three; row b wins one, ties one and loses one.
	if want := 4.5 / 6; !ok || math.Abs(theta-want) > 1e-12 || math.Abs(mean(values)-want) > 1e-12 {
		t.Errorf("AUC = %v with mean row value %v, want %v", theta, mean(values), want)
	}
	if want := theta + 5.0/2*(1-theta); math.Abs(values[0]-want) > 1e-12 {
		t.Errorf("row value of a = %v, want %v", values[0], want)
	}
}

func TestRowsWithoutAnAnswerBelongToNoClass(t *testing.T) {
	r := &Rows{IDs: []string{"a", "b", "c"}, Gold: []float64{0, 0, 1}, Pred: []float64{0, -1, 1}}
	theta, _, ok := Measure("macro_f1", r)
	if want := (2.0/3 + 1) / 2; !ok || math.Abs(theta-want) > 1e-12 {
		t.Errorf("macro-F1 = %v, want %v", theta, want)
	}
}

// TestRowValuesAreTheJackknife compares the fast row values of every metric
// that has exact ones with leaving each row out and measuring again.
func TestRowValuesAreTheJackknife(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	r := classRows(rng, 30, 0.6, 0.2)
	for i := range r.Gold {
		p := []float32{rng.Float32(), rng.Float32(), rng.Float32()}
		p[int(r.Pred[i])]++
		total := p[0] + p[1] + p[2]
		r.Probs = append(r.Probs, []float32{p[0] / total, p[1] / total, p[2] / total})
	}
	for _, metric := range []string{"accuracy", "error", "mse", "mae", "macro_f1", "micro_f1", "weighted_f1", "f1", "mcc", "balanced_accuracy", "kappa", "log_loss", "brier", "ece", "rmse", "pearson"} {
		theta, values, ok := Measure(metric, r)
		if !ok {
			t.Errorf("Measure(%s) refused", metric)
			continue
		}
		for i := range values {
			without, _, _ := Measure(metric, r.Subset(func(k int) bool { return k != i }))
			if want := 30*theta - 29*without; math.Abs(values[i]-want) > 1e-9 {
				t.Errorf("%s: row value %d = %v, want %v", metric, i, values[i], want)
				break
			}
		}
	}
}

func TestSlopeSaysWhenPeriodsAreTooFew(t *testing.T) {
	for n, want := range map[int]string{1: "fewer than two periods", 2: "without an interval", 3: "fewer than five periods"} {
		s := Slope([]float64{1, 2, 3}[:n], []float64{5, 4, 4}[:n])
		if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], want) {
			t.Errorf("Slope of %d periods warns %v, want %q", n, s.Warnings, want)
		}
	}
	if s := Slope([]float64{1, 2, 3, 4, 5}, []float64{2, 4, 6, 8, 10}); s.Slope != 2 || s.P != 0 || s.Low != 2 {
		t.Errorf("a perfect line: %+v", s)
	}
}

func TestChiSquareOfLittle(t *testing.T) {
	if c := ChiSquare([]float64{5, 0}, []float64{7, 0}); c.P != 1 || len(c.Warnings) != 1 {
		t.Errorf("one category: %+v", c)
	}
	if c := ChiSquare([]float64{0, 0}, []float64{7, 1}); !math.IsNaN(c.P) || len(c.Warnings) != 1 {
		t.Errorf("an empty sample: %+v", c)
	}
}

func TestEqualValuesDoNotVary(t *testing.T) {
	for _, v := range []float64{0.1, 0.6649, 1.0 / 3, 0.8995} {
		if got := variance([]float64{v, v, v}); got != 0 {
			t.Errorf("variance of three times %v = %v, want 0", v, got)
		}
	}
}
