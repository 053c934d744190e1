package stats

import (
	"math"
	"sort"
)

// BootstrapConfig says how a bootstrap draws.
type BootstrapConfig struct {
	Rounds int // resamples
	Key    Key
}

// Bootstrapped is a mean with its 95 % percentile interval over rows.
type Bootstrapped struct{ Mean, Low, High float64 }

// PairedBootstrap resamples paired differences, one a row. It covers rows only:
// over three seeds a percentile bootstrap of the seeds would cover 75 %, so it does
// not pretend to. Without rows all is NaN; with fewer than some 30 the interval is
// too narrow.
//
// Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
func PairedBootstrap(d []float64, c BootstrapConfig) Bootstrapped {
	if len(d) == 0 {
		return Bootstrapped{math.NaN(), math.NaN(), math.NaN()}
	}
	means := make([]float64, c.Rounds)
	for k := range means {
		key, s := c.Key.At(uint64(k)), 0.0
		for i := range d {
			s += d[key.Below(uint64(i), len(d))]
		}
		means[k] = s / float64(len(d))
	}
	sort.Float64s(means)
	return Bootstrapped{mean(d), quantile(means, (1-Level)/2), quantile(means, (1+Level)/2)}
}

// quantile interpolates linearly between sorted values.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	below := int(math.Floor(at))
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}
