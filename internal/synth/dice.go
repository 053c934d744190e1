package synth

import "strings"

// dice is a small counter-based source of choices: splitmix64 over a state that
// is a hash of (seed, purpose, index). Its numbers are the same on every machine.
type dice struct{ state uint64 }

// roll returns the dice of one row.
func roll(seed int64, purpose string, index int) *dice {
	h := uint64(14695981039346656037)
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	d := &dice{mix(mix(uint64(seed)+0x9e3779b97f4a7c15) ^ h)}
	d.state = mix(d.state + uint64(index)*0xd1342543de82ef95)
	return d
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mix(d.state)
}

// unit returns a number in [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return d.unit() < p }

// below returns a number in 0 … n-1.
func (d *dice) below(n int) int { return int(d.next() >> 32 * uint64(n) >> 32) }

// among returns one index, in proportion to the weights.
func (d *dice) among(weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	x := d.unit() * sum
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}

// shuffle permutes n things.
func (d *dice) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, d.below(i+1))
	}
}

func pick[T any](d *dice, list []T) T { return list[d.below(len(list))] }

// skewed draws with a preference for the head of the list, as words of a language
// are used: the chance falls with the square root of the rank.
func skewed[T any](d *dice, list []T) T {
	x := d.unit()
	return list[int(x*x*float64(len(list)))]
}

// pickOther draws an element that differs from those given.
func pickOther[T comparable](d *dice, list []T, taken ...T) T {
	for {
		v := pick(d, list)
		free := true
		for _, t := range taken {
			free = free && t != v
		}
		if free {
			return v
		}
	}
}

// blend moves from a to b by t, element by element.
func blend(a, b []float64, t float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i]*(1-t) + b[i]*t
	}
	return out
}

// join puts one space between the parts and leaves out empty ones.
func join(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}
