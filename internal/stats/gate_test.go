package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// invocations draws an old and a new invocation of one method on the same rows:
// rows share their difficulty, every seed of either side is drawn anew with an
// accuracy of its own (standard deviation seedSD), and nine of ten coins are
// common to both sides. The new one loses `loss` of accuracy on average.
func invocations(rng *rand.Rand, seeds, rows int, seedSD, loss float64) (old, now Sample) {
	difficulty := make([]float64, rows)
	for r := range difficulty {
		difficulty[r] = 0.6 + 0.3*rng.Float64()
	}
	for range seeds {
		a := &Rows{IDs: rowIDs(rows), Score: make([]float64, rows)}
		b := &Rows{IDs: rowIDs(rows), Score: make([]float64, rows)}
		shiftA, shiftB := seedSD*rng.NormFloat64(), seedSD*rng.NormFloat64()-loss
		for i := range rows {
			coin := rng.Float64()
			a.Score[i] = b2f(coin < difficulty[i]+shiftA)
			if rng.IntN(10) == 0 {
				coin = rng.Float64()
			}
			b.Score[i] = b2f(coin < difficulty[i]+shiftB)
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

func TestGateFalseAlarmsAndPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	trials := simulations()
	alarms, caught := 0, 0
	const alpha, margin = 0.05, 0.01
	for range trials {
		// A loss of exactly the margin is the hardest case that must pass.
		old, now := invocations(rng, 3, 500, 0.01, margin)
		gates := []Gate{NewGate(Paired("score", old, now), margin, alpha)}
		Gates(gates, alpha)
		if gates[0].Failed {
			alarms++
		}
		if gates[0].Failed != (gates[0].Low > margin) {
			t.Fatalf("one gate: failed %v, but the lower end is %v", gates[0].Failed, gates[0].Low)
		}
	}
	for range trials / 2 {
		old, now := invocations(rng, 3, 2000, 0.005, 0.05)
		gates := []Gate{NewGate(Paired("score", old, now), 0, alpha)}
		Gates(gates, alpha)
		if gates[0].Failed {
			caught++
		}
	}
	alarmShare, power := float64(alarms)/float64(trials), float64(caught)/float64(trials/2)
	t.Logf("false alarms %.1f %% of %d, a 5-point loss on 2,000 rows is caught in %.1f %%", 100*alarmShare, trials, 100*power)
	// Three standard errors above alpha.
	if limit := alpha + 3*0.218/math.Sqrt(float64(trials)); alarmShare > limit {
		t.Errorf("false alarms %.1f %%, want at most %.1f %%", 100*alarmShare, 100*limit)
	}
	if power < 0.95 {
		t.Errorf("a 5-point loss on 2,000 rows is caught in %.1f %%, want 95", 100*power)
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
