package stats

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// simulated draws one experiment: every seed shifts the log-odds of being
// right, every row has its own difficulty, and the rest is a coin. It returns
// the 0/1 matrix.
func simulated(rng *rand.Rand, seeds, rows int, ability, seedSD, rowSD float64) [][]float64 {
	difficulty := make([]float64, rows)
	for r := range difficulty {
		difficulty[r] = rowSD * rng.NormFloat64()
	}
	y := make([][]float64, seeds)
	for s := range y {
		level := ability + seedSD*rng.NormFloat64()
		y[s] = make([]float64, rows)
		for r := range y[s] {
			if rng.Float64() < 1/(1+math.Exp(-(level+difficulty[r]))) {
				y[s][r] = 1
			}
		}
	}
	return y
}

// expected is the probability of being right that simulated draws around, by
// numerical integration over the sum of both normal effects.
func expected(ability, seedSD, rowSD float64) float64 {
	sd := math.Sqrt(seedSD*seedSD + rowSD*rowSD)
	total, weight := 0.0, 0.0
	for z := -8.0; z <= 8; z += 0.001 {
		w := math.Exp(-z * z / 2)
		total += w / (1 + math.Exp(-(ability + sd*z)))
		weight += w
	}
	return total / weight
}

func simulations() int {
	if os.Getenv("RUNEXP_LONG") != "" {
		return 2000
	}
	return 200
}

// TestIntervalsCover simulates experiments over the range that small studies
// live in, and counts how often the interval holds the true accuracy.
func TestIntervalsCover(t *testing.T) {
	worst, pooled, n := 1.0, 0, 0
	for _, seeds := range []int{3, 5, 10} {
		for _, seedSD := range []float64{0, 0.05, 0.15, 0.4} {
			for _, rows := range []int{200, 1000} {
				if seeds == 10 && rows == 1000 {
					continue
				}
				rng := rand.New(rand.NewPCG(uint64(seeds*rows), math.Float64bits(seedSD)))
				truth := expected(1, seedSD, 1.5)
				covered, width, trials := 0, 0.0, simulations()
				for range trials {
					y := simulated(rng, seeds, rows, 1, seedSD, 1.5)
					values := make([]float64, seeds)
					for s := range y {
						values[s] = mean(y[s])
					}
					e := Summarize("accuracy", values, y, false)
					if e.Low <= truth && truth <= e.High {
						covered++
					}
					width += e.High - e.Low
				}
				share := float64(covered) / float64(trials)
				worst = min(worst, share)
				pooled += covered
				n += trials
				t.Logf("seeds %2d, rows %4d, seed sd %.2f: coverage %.1f %%, mean width %.3f", seeds, rows, seedSD, 100*share, width/float64(trials))
			}
		}
	}
	share := float64(pooled) / float64(n)
	t.Logf("pooled over %d experiments: %.1f %%", n, 100*share)
	if share < 0.93 || share > 0.97 {
		t.Errorf("95 %% intervals cover %.1f %% of %d experiments, want 93 to 97", 100*share, n)
	}
	if worst < 0.90 {
		t.Errorf("the worst setting covers %.1f %%, want at least 90", 100*worst)
	}
}

// TestIntervalsCoverMacroF1 does the same for a metric that is no mean over
// rows: three unequal classes, each seed with an ability of its own. The truth
// is the mean over seeds of the metric on very many rows.
func TestIntervalsCoverMacroF1(t *testing.T) {
	const seeds, rows = 4, 400
	draw := func(rng *rand.Rand, n int, abilities []float64) []*Rows {
		tables := make([]*Rows, len(abilities))
		gold, hard := make([]float64, n), make([]float64, n)
		for i := range n {
			gold[i] = []float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 2}[rng.IntN(10)]
			hard[i] = rng.NormFloat64()
		}
		for s, a := range abilities {
			r := &Rows{IDs: make([]string, n), Gold: gold, Pred: make([]float64, n)}
			for i := range n {
				r.Pred[i] = gold[i]
				if a+hard[i]+rng.NormFloat64() < 0 {
					r.Pred[i] = float64((int(gold[i]) + 1 + rng.IntN(2)) % 3)
				}
			}
			tables[s] = r
		}
		return tables
	}
	rng := rand.New(rand.NewPCG(31, 32))
	ability := func() float64 { return 1 + 0.15*rng.NormFloat64() }
	truth, worlds := 0.0, 60
	for range worlds {
		theta, _, _ := Measure("macro_f1", draw(rng, 4000, []float64{ability()})[0])
		truth += theta / float64(worlds)
	}
	covered, trials := 0, simulations()
	for range trials {
		abilities := make([]float64, seeds)
		for s := range abilities {
			abilities[s] = ability()
		}
		values, matrix := make([]float64, seeds), make([][]float64, seeds)
		for s, r := range draw(rng, rows, abilities) {
			values[s], matrix[s], _ = Measure("macro_f1", r)
		}
		if e := Summarize("macro_f1", values, matrix, false); e.Low <= truth && truth <= e.High {
			covered++
		}
	}
	share := float64(covered) / float64(trials)
	t.Logf("macro-F1, %d seeds, %d rows: coverage %.1f %% of %d", seeds, rows, 100*share, trials)
	if share < 0.91 || share > 0.99 {
		t.Errorf("95 %% intervals of macro-F1 cover %.1f %%, want about 95", 100*share)
	}
}
