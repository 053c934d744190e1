package stats

import "math"

// Ranking says which methods the data cannot tell from the best one.
type Ranking struct {
	Best        int          // place of the best mean; -1 when there is none
	Tied        []bool       // true for the best and all not significantly worse
	Differences []Difference // best minus each, Holm-adjusted; zero for the best itself
}

// Alpha is the level at which differences count as significant.
const Alpha = 0.05

// RankByTest finds the best mean and tests every other sample against it, with
// Holm's correction over these tests. A sample that cannot be tested counts as
// tied, and its Difference says why.
func RankByTest(metric string, samples []Sample) Ranking {
	r := Ranking{Best: -1, Tied: make([]bool, len(samples)), Differences: make([]Difference, len(samples))}
	lower := LowerIsBetter(metric)
	means := make([]float64, len(samples))
	for k, s := range samples {
		var values []float64
		for seed := range seedCount(s) {
			if v, _ := s.at(metric, seed); !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		means[k] = mean(values)
		if math.IsNaN(means[k]) {
			continue
		}
		if r.Best < 0 || (lower && means[k] < means[r.Best]) || (!lower && means[k] > means[r.Best]) {
			r.Best = k
		}
	}
	if r.Best < 0 {
		return r
	}
	p := make([]float64, len(samples))
	for k := range samples {
		p[k] = math.NaN()
		if k != r.Best && !math.IsNaN(means[k]) {
			r.Differences[k] = Paired(metric, samples[r.Best], samples[k])
			p[k] = r.Differences[k].P
		}
	}
	for k, adjusted := range Holm(p) {
		r.Differences[k].Adjusted = adjusted
		r.Tied[k] = k == r.Best || !math.IsNaN(means[k]) && !(adjusted <= Alpha)
	}
	return r
}
