package peft

import (
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
)

// ia3 writes scales of activations: [out, 1] after a layer, [1, in] before
// one, which PEFT calls feed-forward.
func (e *exporter) ia3() error {
	if err := e.onlyReplaced("IA3", none); err != nil {
		return err
	}
	l, err := matchHead(e.base.Config(), e.o.Head)
	if err != nil {
		return err
	}
	var after, before []string
	for _, name := range slices.Sorted(maps.Keys(e.o.Scales)) {
		s := e.o.Scales[name]
		n := s.Vector.Value.Cols
		if s.Input {
			before = append(before, name)
			e.add(tunerPrefix+name+".ia3_l", s.Vector, 1, n)
		} else {
			after = append(after, name)
			e.add(tunerPrefix+name+".ia3_l", s.Vector, n, 1)
		}
	}
	all := modules(e.base, l)
	feedForward := suffixes(all, before)
	targets := slices.Concat(suffixes(all, after), feedForward)
	slices.Sort(targets)
	maps.Copy(e.config, map[string]any{
		"peft_type": "IA3", "target_modules": targets, "feedforward_modules": feedForward, "init_ia3_weights": true,
		"fan_in_fan_out": e.base.Config().ModelType == "gpt2",
	})
	return nil
}

// ia3 reads them.
func (r *importer) ia3() error {
	sites, err := r.config.sites(r.base)
	if err != nil {
		return err
	}
	for _, s := range sites {
		before, err := r.config.feedForward(s.Name)
		if err != nil {
			return err
		}
		shape := []int{s.Out, 1}
		if before {
			shape = []int{1, s.In}
		}
		v := r.vector(tunerPrefix+s.Name+".ia3_l", s.Name+".ia3", shape[0]*shape[1], shape...)
		if v != nil {
			v.NoDecay = true
		}
		r.o.Scales[s.Name] = &nn.ActivationScale{Vector: v, Input: before}
	}
	return nil
}

// feedForward compares by letters, as PEFT does.
func (c *peftConfig) feedForward(module string) (bool, error) {
	if c.FeedForward.Pattern != "" {
		return fullMatch(c.FeedForward.Pattern, module)
	}
	return slices.ContainsFunc(c.FeedForward.List, func(s string) bool { return strings.HasSuffix(module, s) }), nil
}
