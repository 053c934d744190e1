package stages

import (
	"slices"

	"runexp/internal/train"
	"runexp/stages/block"
)

// applySearch expands what the search block asks for: every trained method
// that does not sweep a tuned attribute itself tries it at 1/3, 1 and 3 times
// its default; random search draws its trials.
func (c *compiler) applySearch() {
	s := c.plan.Search
	if s == nil || s.Strategy != "random" {
		c.diags = append(c.diags, c.exp.Unsampled()...)
	}
	if s == nil {
		return
	}
	for _, attribute := range s.Tune {
		if !slices.Contains(train.Tunable, attribute) {
			c.fail(c.exp.Of("search")[0].AttrRange("tune"), "Attribute cannot be tuned", "%q is not a number that every trained method has; there are %v.", attribute, train.Tunable)
			continue
		}
		for _, b := range c.plan.Blocks {
			if b.Config().(*block.Method).Train != nil {
				c.diags = append(c.diags, c.exp.Tune(b, attribute, []float64{1.0 / 3, 1, 3})...)
			}
		}
	}
	if s.Strategy == "random" {
		for _, b := range c.plan.Blocks {
			c.diags = append(c.diags, c.exp.Sample(b, s.Trials, uint64(s.Seed))...)
		}
	}
}
