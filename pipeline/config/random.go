package config

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// tuneDigits is the number of significant decimal digits of a tuned value, so
// that a third of 2e-4 is 0.00006667 in names and tables.
const tuneDigits = 4

// Tune gives a block that does not sweep attribute a point for each factor:
// the value that the block has (its own, or the default) times the factor. It
// does nothing if the block sweeps attribute or has no such attribute.
func (e *Experiment) Tune(b *Block, attribute string, factors []float64) hcl.Diagnostics {
	for _, s := range b.sweeps {
		if _, swept := s.rangeOf(attribute); swept {
			return nil
		}
	}
	d := &decoder{loader: e.loader}
	var combinations [][]setting
	for _, p := range b.Points {
		f := schemaOf(p.Config).attrs[attribute]
		if f == nil {
			return nil
		}
		var base float64
		switch {
		case f.value.CanFloat():
			base = f.value.Float()
		case f.value.CanInt():
			base = float64(f.value.Int())
		default:
			return hcl.Diagnostics{errorAt(b.DefRange, fmt.Sprintf("%q cannot be tuned", attribute), "Only numbers can be multiplied; %s takes %s.", attribute, expected(f.value.Type(), ""))}
		}
		for _, factor := range factors {
			value := significant(base*factor, tuneDigits)
			if f.value.CanInt() {
				value = math.Round(base * factor)
			}
			combinations = append(combinations, append(slices.Clone(p.settings), b.generated(f, value)))
		}
	}
	b.Points = b.keep(d.points(b, combinations))
	b.Deps = dependencies(b.Points)
	return tidy(d.diags)
}

// generated is a setting that stands in no file: it is shown at the attribute
// or, if that is absent, at the block.
func (b *Block) generated(f *field, value float64) setting {
	src := &hclsyntax.LiteralValueExpr{Val: cty.NumberFloatVal(value), SrcRange: b.AttrRange(f.name)}
	return setting{name: f.name, value: src.Val, src: src, text: decimal(value)}
}

// significant rounds x to n significant decimal digits.
func significant(x float64, n int) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', n-1, 64), 64)
	if err != nil {
		return x // infinite, which decoding then refuses
	}
	return out
}

// draws tells whether some attribute is to be drawn at random.
func (b *Block) draws() bool {
	for _, s := range b.sweeps {
		if slices.ContainsFunc(s.axes, func(a *axis) bool { return a.draw != nil }) {
			return true
		}
	}
	return false
}

// Unsampled reports the attributes that log_uniform was given for and that
// Sample has not drawn.
func (e *Experiment) Unsampled() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range e.Blocks {
		for _, s := range b.sweeps {
			for _, a := range s.axes {
				if a.draw != nil && !b.sampled {
					diags = append(diags, errorAt(a.rng, "Nothing draws from this distribution", "log_uniform needs a search block with strategy = \"random\" and trials; a grid needs a list."))
				}
			}
		}
	}
	return tidy(diags)
}

// Sample replaces the points of a block that sweeps by random trials: each
// takes one value of every axis, a list's values being equally likely. Equal
// seeds give equal trials, whatever the block is called. Points drawn twice
// count once, so there can be fewer than trials.
func (e *Experiment) Sample(b *Block, trials int, seed uint64) hcl.Diagnostics {
	if len(b.sweeps) == 0 {
		return nil
	}
	if int64(trials) > e.loader.options.MaxRuns {
		return hcl.Diagnostics{errorAt(b.DefRange, "Too many configurations", "%d trials are more than the limit of %d.", trials, e.loader.options.MaxRuns)}
	}
	d := &decoder{loader: e.loader}
	fresh, ok := d.fresh(b)
	if !ok {
		return tidy(d.diags)
	}
	attrs := schemaOf(fresh).attrs
	var points []*Point
	seen := map[string]bool{}
	// A small grid may have fewer points than trials: give up after 20 tries each.
	for draw := 0; draw < 20*trials && len(points) < trials; draw++ {
		s := b.sweeps[bounded(counter(seed, "sweep", draw), len(b.sweeps))]
		var settings []setting
		for _, a := range s.axes {
			random := counter(seed, a.names[0], draw)
			if a.draw == nil {
				settings = append(settings, a.choices[bounded(random, len(a.choices))]...)
				continue
			}
			v := b.generated(attrs[a.names[0]], a.draw.at(unit(random)))
			settings = append(settings, v)
		}
		for _, p := range b.keep(d.points(b, [][]setting{settings})) {
			if key := fingerprint(p.Config); !seen[key] {
				seen[key] = true
				points = append(points, p)
			}
		}
		if len(d.diags) > 0 {
			return tidy(d.diags)
		}
	}
	b.Points, b.sampled = points, true
	b.Deps = dependencies(points)
	if len(points) == 0 {
		return hcl.Diagnostics{errorAt(b.DefRange, "Nothing left", "No trial of %s remains after its exclude blocks.", blockTitle(b.syntax))}
	}
	return nil
}

// at maps u in [0, 1) to a value between the ends, uniform in its logarithm
// and rounded to four digits, which keeps names readable.
func (d distribution) at(u float64) float64 {
	x := math.Exp(math.Log(d.low) + u*(math.Log(d.high)-math.Log(d.low)))
	return min(max(significant(x, tuneDigits), d.low), d.high)
}

// counter is a random number that depends on its arguments alone: the
// finaliser of SplitMix64 over seed, purpose and index.
//
// Source: Steele, Lea and Flood, OOPSLA 2014.
func counter(seed uint64, purpose string, index int) uint64 {
	x := mix(seed)
	for _, c := range []byte(purpose) {
		x = mix(x ^ uint64(c))
	}
	return mix(x ^ uint64(index))
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bounded maps a random number to 0 … n-1.
func bounded(random uint64, n int) int {
	high, _ := bits.Mul64(random, uint64(n))
	return int(high)
}

// unit maps a random number to [0, 1).
func unit(random uint64) float64 { return float64(random>>11) / (1 << 53) }
