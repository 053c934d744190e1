package shift

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// z is the normal quantile of a 95 % interval.
var z = distuv.UnitNormal.Quantile(0.975)

// A ratio is what a row adds to a numerator and a denominator, such as nats and
// tokens.
type ratio struct{ num, den float64 }

func (m *matched) ratios(of func(r *Row) ratio) []ratio {
	list := make([]ratio, len(m.rows))
	for i, r := range m.rows {
		list[i] = of(r)
	}
	return list
}

// gap measures the target's ratio of sums minus the source's. The interval is the
// normal one of the linearised ratios; p is by rearrangement.
func (m *matched) gap(axis, name string, of func(r *Row) ratio) (measure Measure, source, target float64) {
	v := m.ratios(of)
	source, target = total(v[:m.n]), total(v[m.n:])
	measure = Measure{Axis: axis, Name: name, Value: target - source, Low: math.NaN(), High: math.NaN(), Warning: m.warning()}
	if math.IsNaN(measure.Value) {
		measure.P = math.NaN()
		return measure, source, target
	}
	se := m.gapError(v, source, target)
	measure.Low, measure.High = measure.Value-z*se, measure.Value+z*se
	_, _, measure.P = m.permute(func(side func(int) bool) float64 {
		var a, b ratio
		for i := range v {
			if side(i) {
				a.num, a.den = a.num+v[i].num, a.den+v[i].den
			} else {
				b.num, b.den = b.num+v[i].num, b.den+v[i].den
			}
		}
		if a.den == 0 || b.den == 0 {
			return 0
		}
		return math.Abs(b.num/b.den - a.num/a.den)
	})
	measure.Effect = distance(each(v[:m.n]), each(v[m.n:]))
	return measure, source, target
}

func total(v []ratio) float64 {
	var s ratio
	for _, x := range v {
		s.num, s.den = s.num+x.num, s.den+x.den
	}
	return s.num / s.den
}

// gapError is the standard error of the difference of two ratios of sums; what the
// sides have in common because they are the same rows cancels.
func (m *matched) gapError(v []ratio, source, target float64) float64 {
	if !m.paired {
		return math.Hypot(standardError(v[:m.n], source), standardError(v[m.n:], target))
	}
	n := float64(m.n)
	var a, b ratio
	for i := range m.n {
		a.den, b.den = a.den+v[i].den/n, b.den+v[m.n+i].den/n
	}
	squares := 0.0
	for i := range m.n {
		s, t := v[i], v[m.n+i]
		d := (t.num-target*t.den)/b.den - (s.num-source*s.den)/a.den
		squares += d * d
	}
	return math.Sqrt(squares / (n - 1) / n)
}

// standardError is that of a ratio of sums r, by linearisation.
func standardError(v []ratio, r float64) float64 {
	den, squares := 0.0, 0.0
	for _, x := range v {
		den += x.den
		squares += (x.num - r*x.den) * (x.num - r*x.den)
	}
	n := float64(len(v))
	return math.Sqrt(squares*n/(n-1)) / den
}

// each lists the rows' own ratios, without rows that have none.
func each(v []ratio) []float64 {
	var list []float64
	for _, x := range v {
		if x.den > 0 {
			list = append(list, x.num/x.den)
		}
	}
	return list
}

// distance is the Kolmogorov–Smirnov distance of two samples.
func distance(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	largest := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		x := min(a[i], b[j])
		for i < len(a) && a[i] == x {
			i++
		}
		for j < len(b) && b[j] == x {
			j++
		}
		largest = max(largest, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return largest
}

// spread is the standard error of a statistic of both sides, by resampling the rows
// of every label on each side, or the pairs.
func (m *matched) spread(statistic func(source, target []int) float64) float64 {
	const rounds = 200
	values := make([]float64, rounds)
	source, target := make([]int, m.n), make([]int, m.n)
	for r := range values {
		key, at := m.key.At(1<<32+uint64(r)), uint64(0)
		if m.paired {
			for i := range source {
				source[i] = key.Below(uint64(i), m.n)
				target[i] = m.n + source[i]
			}
			values[r] = statistic(source, target)
			continue
		}
		for _, s := range m.strata {
			half := len(s) / 2 // the source's places come first
			for i := range half {
				source[s[i]] = s[key.Below(at, half)]
				target[s[i]] = s[half+key.Below(at+1, half)]
				at += 2
			}
		}
		values[r] = statistic(source, target)
	}
	return deviation(values)
}

// deviation is the standard deviation of resampled values.
func deviation(values []float64) float64 {
	centre, squares := mean(values), 0.0
	for _, v := range values {
		squares += (v - centre) * (v - centre)
	}
	return math.Sqrt(squares / float64(len(values)-1))
}

// around is a normal interval cut to a range.
func around(value, se, low, high float64) (float64, float64) {
	return max(low, value-z*se), min(high, value+z*se)
}
