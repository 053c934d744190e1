package stages

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/pipeline/config"
	"runexp/stages/block"
)

// checkCount refuses more runs than the limit before any is expanded.
func (c *compiler) checkCount() {
	total := new(big.Int)
	var parts []string
	for _, b := range c.plan.Blocks {
		m := b.Config().(*block.Method)
		count := b.Count().
			Times(config.Factor{Name: "data sets", N: int64(c.conditionsOf(m))}).
			Times(config.Factor{Name: "models", N: int64(max(1, len(c.modelsOf(m))))}).
			Times(config.Factor{Name: "seeds", N: int64(len(c.plan.Experiment.Seeds))})
		total.Add(total, count.Total())
		parts = append(parts, fmt.Sprintf("method %q: %s", m.Name, count))
	}
	if limit := int64(c.plan.Experiment.MaxRuns); total.Cmp(big.NewInt(limit)) > 0 {
		c.fail(c.top(), "Too many runs", "The file declares %s runs; the limit is %d. Narrow a sweep, or raise max_runs in the experiment block.\n%s", total, limit, strings.Join(parts, "\n"))
	}
}

// conditionsOf counts the data sets of a method, each under its conditions.
func (c *compiler) conditionsOf(m *block.Method) int {
	n := 0
	for _, d := range c.datasetsOf(m) {
		n += len(c.conditions(d, m))
	}
	return n
}

func (c *compiler) datasetsOf(m *block.Method) []*block.Dataset {
	return narrowed(c.plan.Datasets, m.Datasets, func(d *block.Dataset) string { return d.Name })
}

// modelsOf is empty for methods without a language model.
func (c *compiler) modelsOf(m *block.Method) []*block.Model {
	if m.WithoutModel() {
		return nil
	}
	return narrowed(c.plan.Models, m.Models, func(m *block.Model) string { return m.Name })
}

func narrowed[T any](all []T, refs []config.Ref, name func(T) string) []T {
	if refs == nil {
		return all
	}
	var list []T
	for _, x := range all {
		if slices.ContainsFunc(refs, func(r config.Ref) bool { return r.Name == name(x) }) {
			list = append(list, x)
		}
	}
	return list
}

// runs adds the nodes of every run; methods that others start from come
// first.
func (c *compiler) runs() {
	c.families = map[string][]*Run{}
	done := map[string]bool{}
	var add func(b *config.Block)
	add = func(b *config.Block) {
		if done[b.Name] {
			return
		}
		done[b.Name] = true
		if from := b.Config().(*block.Method).From; !from.IsZero() {
			if start := c.exp.Find(from); start != nil {
				add(start)
			}
		}
		c.methodRuns(b)
	}
	for _, b := range c.plan.Blocks {
		add(b)
	}
	// The report follows the file, whatever the edges are.
	order := map[string]int{}
	for i, b := range c.plan.Blocks {
		order[b.Name] = i
	}
	slices.SortStableFunc(c.plan.Runs, func(a, b *Run) int { return order[a.Method.Name] - order[b.Method.Name] })
	c.only()
}

func (c *compiler) methodRuns(b *config.Block) {
	m := b.Config().(*block.Method)
	if !m.WithoutModel() && len(c.plan.Models) == 0 {
		c.fail(b.DefRange, "No model", "method %q adapts a language model, and the file declares none.", m.Name)
		return
	}
	if readsText(m.Method) && m.Models != nil {
		c.fail(b.AttrRange("models"), "Attribute without effect", "method %q reads no language model, so it cannot be narrowed to some.", m.Name)
		return
	}
	for _, d := range c.datasetsOf(m) {
		if isExternal(m.Method) && formatShift(d) {
			c.fail(b.DefRange, "Method does not fit the shift", "An external command predicts rows in one format; data set %q has a format shift.", d.Name)
			continue
		}
		models := c.modelsOf(m)
		if m.WithoutModel() {
			models = []*block.Model{nil}
		}
		for _, model := range models {
			for _, point := range b.Points {
				if !c.applies(b, d, model, point) {
					continue
				}
				c.pointRuns(b, d, model, point)
			}
		}
	}
}

// pointRuns adds one configuration under every seed. What draws nothing is
// one pair of nodes that all seeds share.
func (c *compiler) pointRuns(b *config.Block, d *block.Dataset, model *block.Model, point *config.Point) {
	m := point.Config.(*block.Method)
	draws := m.Method.Draws() && !m.EvaluateOnly
	for _, condition := range c.conditions(d, m) {
		for _, seed := range c.plan.Experiment.Seeds {
			r := &Run{Dataset: d, Model: model, Method: m, Point: point, Condition: condition, Seed: seed, Draws: draws}
			if !c.addNodes(b, r) {
				return
			}
			c.plan.Runs = append(c.plan.Runs, r)
			c.families[r.Family()] = append(c.families[r.Family()], r)
		}
	}
}

// conditions are what a method is trained under on a data set: each of the
// formats that its shift trains on, each cut of a rolling shift, or one
// condition without a name.
func (c *compiler) conditions(d *block.Dataset, m *block.Method) []string {
	switch {
	case formatShift(d):
		return formatConditions(d, m)
	case c.rolling(d):
		return c.cutConditions(d, m)
	}
	return []string{""}
}

func formatShift(d *block.Dataset) bool {
	return d.Config.Shift != nil && d.Config.Shift.Type == dataset.FormatShift
}
