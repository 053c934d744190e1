package shift

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"runexp/internal/stats"
)

// time asks whether texts move with the periods, on the rows of both sides. Periods
// are taken less the mean of their label, and exchanged within a label only: classes
// that grow frequent are the label prior's business.
func (m *matched) time(in Input, words *matched) []Measure {
	t := newTimeline(in)
	var list []Measure
	if in.Losses {
		list = append(list, t.lossSlope())
	}
	if in.Known != nil {
		list = append(list, words.unseen(in.Known))
	}
	if x := newDesign(t.rows, t.strata, m.arena, in.Key.At(5)); x != nil {
		list = append(list, t.predictability(in, x))
	}
	return list
}

// A timeline is the rows of both sides with their periods, centred by label:
// periods [n, 1+rounds], the first column as it is and the others rearranged.
type timeline struct {
	rows    []*Row
	strata  [][]int
	periods []float32
	columns int
	warning string
}

func newTimeline(in Input) *timeline {
	t := &timeline{columns: 1 + in.Rounds}
	groups := map[int][]int{}
	for _, side := range [][]Row{in.Source, in.Target} {
		for i := range side {
			groups[side[i].Label] = append(groups[side[i].Label], len(t.rows))
			t.rows = append(t.rows, &side[i])
		}
	}
	centred := make([]float64, len(t.rows))
	for _, label := range slices.Sorted(maps.Keys(groups)) {
		g := groups[label]
		t.strata = append(t.strata, g)
		sum := 0.0
		for _, i := range g {
			sum += t.rows[i].Period
		}
		for _, i := range g {
			centred[i] = t.rows[i].Period - sum/float64(len(g))
		}
	}
	t.periods = make([]float32, len(t.rows)*t.columns)
	for c := range t.columns {
		t.column(centred, c, in.Key.At(4).At(uint64(c)))
	}
	if len(in.Source) < fewRows || len(in.Target) < fewRows {
		t.warning = fmt.Sprintf("only %d rows before and %d after the cut, so small trends go unseen", len(in.Source), len(in.Target))
	}
	return t
}

func (t *timeline) column(centred []float64, c int, key stats.Key) {
	for k, s := range t.strata {
		order := permutation(len(s), key.At(uint64(k)))
		for i, at := range s {
			from := at
			if c > 0 {
				from = s[order[i]]
			}
			t.periods[at*t.columns+c] = float32(centred[from])
		}
	}
}

// lossSlope is the least-squares slope of the model's loss per token on the year,
// each row weighted by its tokens; the interval is the robust normal one.
func (t *timeline) lossSlope() Measure {
	n := len(t.rows)
	loss, weight := make([]float64, n), make([]float64, n)
	for i, r := range t.rows {
		if r.Scored > 0 {
			loss[i], weight[i] = r.Loss/float64(r.Scored), float64(r.Scored)
		}
	}
	for _, s := range t.strata {
		sum, w := 0.0, 0.0
		for _, i := range s {
			sum, w = sum+weight[i]*loss[i], w+weight[i]
		}
		for _, i := range s {
			loss[i] -= sum / max(w, 1)
		}
	}
	slope := func(c int) float64 {
		xy, xx := 0.0, 0.0
		for i := range n {
			x := float64(t.periods[i*t.columns+c])
			xy, xx = xy+weight[i]*x*loss[i], xx+weight[i]*x*x
		}
		if xx == 0 {
			return 0
		}
		return xy / xx
	}
	d := Measure{Axis: Time, Name: "loss slope", Value: slope(0), Warning: t.warning}
	hits := 0
	for c := 1; c < t.columns; c++ {
		if math.Abs(slope(c)) >= math.Abs(d.Value)-1e-12 {
			hits++
		}
	}
	d.P = float64(1+hits) / float64(t.columns)
	xx, xe, ee, yy := 0.0, 0.0, 0.0, 0.0
	for i := range n {
		x := float64(t.periods[i*t.columns])
		e := loss[i] - d.Value*x
		xx, xe = xx+weight[i]*x*x, xe+weight[i]*weight[i]*x*x*e*e
		ee, yy = ee+weight[i]*e*e, yy+weight[i]*loss[i]*loss[i]
	}
	d.Low, d.High = math.NaN(), math.NaN()
	if xx > 0 {
		d.Low, d.High = around(d.Value, math.Sqrt(xe)/xx, math.Inf(-1), math.Inf(1))
	}
	if yy > 0 {
		d.Effect = math.Sqrt(max(0, 1-ee/yy))
	}
	d.Meaning = fmt.Sprintf("The untouched model's loss changes by %.4f nats per token and year.", d.Value)
	return d
}

// predictability is the correlation of a row's period with what a cross-validated
// linear regression reads from its features; the interval is Fisher's.
func (t *timeline) predictability(in Input, x *design) Measure {
	predicted := x.predict(t.periods, t.columns)
	correlation := func(c int) float64 {
		xy, xx, yy := 0.0, 0.0, 0.0
		for i := range t.rows {
			p, y := float64(predicted[i*t.columns+c]), float64(t.periods[i*t.columns+c])
			xy, xx, yy = xy+p*y, xx+p*p, yy+y*y
		}
		if xx == 0 || yy == 0 {
			return 0
		}
		return xy / math.Sqrt(xx*yy)
	}
	d := Measure{Axis: Time, Name: "predictable period", Value: correlation(0), Warning: t.warning}
	hits := 0
	for c := 1; c < t.columns; c++ {
		if correlation(c) >= d.Value-1e-9 {
			hits++
		}
	}
	d.P = float64(1+hits) / float64(t.columns)
	if n := float64(len(t.rows)); n > 3 {
		f := math.Atanh(min(max(d.Value, -0.999999), 0.999999))
		d.Low, d.High = math.Tanh(f-z/math.Sqrt(n-3)), math.Tanh(f+z/math.Sqrt(n-3))
	}
	d.Effect = max(0, d.Value)
	d.Meaning = fmt.Sprintf("A row's year and what a linear regression on %s reads from its text correlate by %.2f within a label.", featureName(in), d.Value)
	return d
}
