package optim

import "math"

// Schedule is how the learning rate moves over training.
type Schedule struct {
	Kind   string // linear, cosine, constant
	Peak   float64
	Warmup int // steps of linear rise
	Total  int // steps in all
}

// At is the learning rate of step t = 0 … Total-1.
//
//	rise:      Peak·(t+1)/Warmup                     while t < Warmup
//	linear:    Peak·(Total-t)/(Total-Warmup)
//	cosine:    Peak·½(1 + cos(π·(t-Warmup)/(Total-Warmup)))
//	constant:  Peak
func (s Schedule) At(t int) float64 {
	if t < s.Warmup {
		return s.Peak * float64(t+1) / float64(s.Warmup)
	}
	rest := float64(max(1, s.Total-s.Warmup))
	switch s.Kind {
	case "constant":
		return s.Peak
	case "cosine":
		return s.Peak * 0.5 * (1 + math.Cos(math.Pi*float64(t-s.Warmup)/rest))
	default:
		return s.Peak * float64(s.Total-t) / rest
	}
}
