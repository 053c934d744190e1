package peft

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/lm/nn"
)

// lora writes low-rank matrices: A [r, in], B [out, r], whatever the layout
// of the weight, and DoRA's magnitudes [out].
func (e *exporter) lora() error {
	names := slices.Sorted(maps.Keys(e.o.LowRank))
	first := e.o.LowRank[names[0]]
	if err := e.biases(names); err != nil {
		return err
	}
	l, err := matchHead(e.base.Config(), e.o.Head)
	if err != nil {
		return err
	}
	ranks, alphas := map[string]int{}, map[string]float64{}
	for _, name := range names {
		x := e.o.LowRank[name]
		r := x.A.Value.Rows
		e.add(tunerPrefix+name+".lora_A.weight", x.A, r, x.A.Value.Cols)
		e.add(tunerPrefix+name+".lora_B.weight", x.B, x.B.Value.Rows, r)
		if (x.Magnitude != nil) != (first.Magnitude != nil) || x.Dropout != first.Dropout {
			return fmt.Errorf("a PEFT folder holds one kind of LoRA with one dropout, and this adaptation unites several; %w", errMerge)
		}
		if x.Magnitude != nil {
			e.add(tunerPrefix+name+".lora_magnitude_vector", x.Magnitude, x.Magnitude.Value.Cols)
		}
		ranks[name], alphas[name] = r, alphaOf(x.Scale, e.info.divisor(r))
	}
	r, rankPattern := commonest(names, ranks)
	alpha, alphaPattern := commonest(names, alphas)
	maps.Copy(e.config, map[string]any{
		"peft_type": "LORA", "r": r, "lora_alpha": alpha, "rank_pattern": rankPattern, "alpha_pattern": alphaPattern,
		"lora_dropout": shortest(first.Dropout), "use_rslora": e.info.RSLoRA, "use_dora": first.Magnitude != nil,
		"init_lora_weights": true, "fan_in_fan_out": e.base.Sites[names[0]].InOut,
		"target_modules": suffixes(modules(e.base, l), names),
	})
	return nil
}

// biases writes biases trained beside LoRA. A layer that LoRA wraps keeps its
// own parameters one level deeper, under base_layer.
func (e *exporter) biases(sites []string) error {
	e.config["bias"] = "none"
	err := e.onlyReplaced("LoRA", func(name string) bool { return isBias(name) })
	for _, name := range slices.Sorted(maps.Keys(e.o.Replaced)) {
		module := name[:strings.LastIndex(name, ".")]
		file := tunerPrefix + name
		switch {
		case slices.Contains(sites, module):
			file = tunerPrefix + module + ".base_layer.bias"
			if e.config["bias"] == "none" {
				e.config["bias"] = "lora_only"
			}
		default:
			e.config["bias"] = "all"
		}
		p := e.o.Replaced[name]
		e.add(file, p, p.Value.Cols)
	}
	return err
}

func isBias(name string) bool { return strings.HasSuffix(name, "bias") }

// divisor is what alpha is divided by to give the scale.
func (i Info) divisor(r int) float64 {
	if i.RSLoRA {
		return math.Sqrt(float64(r))
	}
	return float64(r)
}

// alphaOf is the roundest alpha that gives the scale to the bit.
func alphaOf(scale float32, divisor float64) float64 {
	exact := float64(scale) * divisor
	for digits := range 12 {
		p := math.Pow10(digits)
		if a := math.Round(exact*p) / p; float32(a/divisor) == scale {
			return a
		}
	}
	return exact
}

// shortest is the float64 that is written like the float32.
func shortest(v float32) float64 {
	x, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		panic(err)
	}
	return x
}

// commonest is the value of most names, the first of them in a tie, and the
// others by name.
func commonest[T comparable](names []string, of map[string]T) (T, map[string]T) {
	count := map[T]int{}
	for _, n := range names {
		count[of[n]]++
	}
	best := of[names[0]]
	for _, n := range names {
		if count[of[n]] > count[best] {
			best = of[n]
		}
	}
	rest := map[string]T{}
	for _, n := range names {
		if of[n] != best {
			rest[n] = of[n]
		}
	}
	return best, rest
}

// lora reads them.
func (r *importer) lora() error {
	sites, err := r.config.sites(r.base)
	if err != nil {
		return err
	}
	for _, s := range sites {
		rank, alpha := r.config.R, r.config.Alpha
		if err := patternValue(r.config.RankPattern, s.Name, &rank); err != nil {
			return err
		}
		if err := patternValue(r.config.AlphaPattern, s.Name, &alpha); err != nil {
			return err
		}
		if rank < 1 {
			return fmt.Errorf("r of %s is %d", s.Name, rank)
		}
		info := Info{RSLoRA: r.config.UseRSLoRA}
		l := &nn.LowRank{
			A:     r.take(tunerPrefix+s.Name+".lora_A.weight", s.Name+".lora_A", rank, s.In),
			B:     r.take(tunerPrefix+s.Name+".lora_B.weight", s.Name+".lora_B", s.Out, rank),
			Scale: float32(alpha / info.divisor(rank)), Dropout: float32(r.config.Dropout),
		}
		if r.config.UseDoRA {
			l.Magnitude = r.vector(tunerPrefix+s.Name+".lora_magnitude_vector", s.Name+".lora_magnitude", s.Out, s.Out)
			if l.Magnitude != nil {
				l.Magnitude.NoDecay = true
			}
		}
		r.o.LowRank[s.Name] = l
		if file := tunerPrefix + s.Name + ".base_layer.bias"; r.has(file) && s.Bias {
			r.replace(file, s.BiasName())
		}
	}
	return nil
}

func patternValue[T any](pattern map[string]T, module string, v *T) error {
	for _, key := range slices.Sorted(maps.Keys(pattern)) {
		ok, err := endMatch(key, module)
		if err != nil {
			return err
		}
		if ok {
			*v = pattern[key]
			return nil
		}
	}
	return nil
}
