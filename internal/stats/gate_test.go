package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// invocations draws an old and a new invocation of one method on the same rows of
// three classes, of which the first has 6 rows in 10, the last one: rows share
// their difficulty, every seed of either side is drawn anew with an accuracy of its
// own (standard deviation seedSD), and nine of ten coins are common to both sides.
// The new one loses `loss` of accuracy on average.
func invocations(rng *rand.Rand, seeds, rows int, seedSD, loss float64) (old, now Sample) {
	gold, difficulty := make([]float64, rows), make([]float64, rows)
	for r := range difficulty {
		gold[r] = []float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 2}[rng.IntN(10)]
		difficulty[r] = 0.6 + 0.3*rng.Float64()
	}
	for range seeds {
		a := &Rows{IDs: rowIDs(rows), Gold: gold, Pred: make([]float64, rows)}
		b := &Rows{IDs: rowIDs(rows), Gold: gold, Pred: make([]float64, rows)}
		shiftA, shiftB := seedSD*rng.NormFloat64(), seedSD*rng.NormFloat64()-loss
		for i := range rows {
			coin, wrong := rng.Float64(), math.Mod(gold[i]+1+float64(rng.IntN(2)), 3)
			a.Pred[i], b.Pred[i] = gold[i], gold[i]
			if coin >= difficulty[i]+shiftA {
				a.Pred[i] = wrong
			}
			if rng.IntN(10) == 0 {
				coin = rng.Float64()
			}
			if coin >= difficulty[i]+shiftB {
				b.Pred[i] = wrong
			}
		}
		old.Rows, now.Rows = append(old.Rows, a), append(now.Rows, b)
	}
	return old, now
}

var rowIDCache []string

func rowIDs(n int) []string {
	for len(rowIDCache) < n {
		rowIDCache = append(rowIDCache, string(rune(0x4e00+len(rowIDCache))))
	}
	return rowIDCache[:n]
}

// failing is how many of n gates fail on a loss, when the margin is given.
func failing(rng *rand.Rand, n int, metric string, seeds, rows int, seedSD, loss, margin, alpha float64) (share float64) {
	for range n {
		old, now := invocations(rng, seeds, rows, seedSD, loss)
		e, _, _, _, _ := pairedEstimate(metric, old, now)
		if e.tail(e.Mean-margin) <= alpha {
			share += 1 / float64(n)
		}
	}
	return share
}

// gateSetting is how an experiment is run every night.
type gateSetting struct {
	metric      string
	seeds, rows int
	seedSD      float64
}

// gateSettings are those that a test has the time for.
func gateSettings() []gateSetting {
	if os.Getenv("RUNEXP_LONG") == "" {
		return []gateSetting{{"accuracy", 2, 500, 0.02}, {"accuracy", 3, 500, 0.01}, {"macro_f1", 3, 500, 0.01}}
	}
	var all []gateSetting
	for _, metric := range []string{"accuracy", "macro_f1"} {
		for _, seeds := range []int{2, 3, 5} {
			for _, rows := range []int{200, 500, 2000} {
				for _, sd := range []float64{0, 0.005, 0.01, 0.03} {
					all = append(all, gateSetting{metric, seeds, rows, sd})
				}
			}
		}
	}
	return all
}

// A loss of exactly the margin is the hardest case that must pass. In the long
// form every setting is drawn 10,000 times.
func TestGateKeepsItsAlpha(t *testing.T) {
	const alpha, margin = 0.05, 0.01
	for _, s := range gateSettings() {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(s.seeds*s.rows), math.Float64bits(s.seedSD)))
			allowed := margin
			if s.metric != "accuracy" {
				allowed = lossOf(rng, s, margin)
			}
			trials := 5 * simulations()
			share := failing(rng, trials, s.metric, s.seeds, s.rows, s.seedSD, margin, allowed, alpha)
			t.Logf("%s, %d seeds, %4d rows, seed sd %.3f: false alarms %.2f %% of %d", s.metric, s.seeds, s.rows, s.seedSD, 100*share, trials)
			if limit := alpha + 3*math.Sqrt(alpha*(1-alpha)/float64(trials)); share > limit {
				t.Errorf("false alarms %.2f %%, want at most %.2f %%", 100*share, 100*limit)
			}
		})
	}
}

// lossOf is the mean loss of a metric where the accuracy loses so much, over many
// experiments of the setting.
func lossOf(rng *rand.Rand, s gateSetting, accuracy float64) float64 {
	total, n := 0.0, 10_000*simulations()/s.rows/s.seeds
	for range n {
		old, now := invocations(rng, s.seeds, s.rows, s.seedSD, accuracy)
		_, values, _, _ := pairUp(s.metric, old, now)
		total += (mean(values[0]) - mean(values[1])) / float64(n)
	}
	return total
}

func TestGateCatchesALoss(t *testing.T) {
	const alpha = 0.05
	for _, s := range []gateSetting{{"accuracy", 3, 2000, 0.005}, {"macro_f1", 3, 2000, 0.005}, {"accuracy", 5, 2000, 0.01}} {
		rng := rand.New(rand.NewPCG(21, 22))
		trials := simulations()
		share := failing(rng, trials, s.metric, s.seeds, s.rows, s.seedSD, 0.05, 0, alpha)
		t.Logf("%s, %d seeds, %d rows, seed sd %.3f: a 5-point loss is caught in %.1f %% of %d", s.metric, s.seeds, s.rows, s.seedSD, 100*share, trials)
		if share < 0.95 {
			t.Errorf("%v: a 5-point loss on 2,000 rows is caught in %.1f %%, want 95", s, 100*share)
		}
	}
}

func TestGateFailsWhereItsLowerEndLiesBeyondTheMargin(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	failed := 0
	for range 40 {
		old, now := invocations(rng, 3, 200, 0.01, 0.05)
		gates := []Gate{NewGate(Paired("accuracy", old, now), 0.01, 0.05)}
		Gates(gates, 0.05)
		g := gates[0]
		if g.Failed != (g.Low > g.Margin) {
			t.Fatalf("failed %v, but the lower end is %v and the margin %v", g.Failed, g.Low, g.Margin)
		}
		if g.Failed {
			failed++
		}
		if !(g.Smallest > g.Loss-g.Low+g.Margin) {
			t.Errorf("the smallest loss seen, %v, is within the margin and the half interval", g.Smallest)
		}
	}
	if failed == 0 || failed == 40 {
		t.Errorf("%d of 40 gates failed; the case tells nothing", failed)
	}
}

// Where seeds do not count, chance is Student's t over rows; where rows do not, it
// is Student's t over seeds.
func TestPivotIsStudentsTAtBothEnds(t *testing.T) {
	for _, c := range []struct {
		p    pivot
		want float64
	}{
		{pivot{seeds: 1, rows: 1e-9, rest: 1e-9, dfSeeds: 2, dfRows: 1e7}, tTail(2, 2)},
		{pivot{seeds: 1, rows: 1e-9, rest: 1e-9, dfSeeds: 1, dfRows: 1e7}, tTail(2, 1)},
		{pivot{seeds: 1e-9, rows: 1, rest: 0, dfSeeds: 4, dfRows: 10}, tTail(2, 10)},
	} {
		if got := c.p.tail(2); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%+v: tail %v, want %v", c.p, got, c.want)
		}
	}
}

func TestGatesCorrectForTheirNumber(t *testing.T) {
	gates := []Gate{{P: 0.03}, {P: 0.04}, {P: 0.9}}
	Gates(gates, 0.05)
	for k, g := range gates {
		if g.Failed {
			t.Errorf("gate %d failed with adjusted P %v; three tests at 0.03 and above do not reach 0.05", k, g.Adjusted)
		}
	}
}
