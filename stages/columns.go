package stages

import (
	"slices"
	"strings"

	"runexp/pipeline/config"
	"runexp/stages/block"
)

// keepColumns asks the data set for the columns that its formats name, and
// refuses columns that a generator does not have. Files are checked when they
// are read.
func (c *compiler) keepColumns(d *block.Dataset) {
	for _, b := range c.exp.Of("method") {
		m := b.Config().(*block.Method)
		if m.Format.IsZero() || !slices.ContainsFunc(c.datasetsOf(m), func(x *block.Dataset) bool { return x.Name == d.Name }) {
			continue
		}
		if f := c.exp.Find(m.Format); f != nil {
			c.keep(d, f)
		}
	}
}

func (c *compiler) keep(d *block.Dataset, f *config.Block) {
	for _, name := range f.Config().(*block.Format).Columns() {
		if d.Generator != nil && !slices.Contains(d.Generator.Generator.Columns(), name) {
			c.fail(f.AttrRange("text"), "No such column", "Data set %q has no column %q; its generator makes %s.", d.Name, name, strings.Join(d.Generator.Generator.Columns(), ", "))
			continue
		}
		if !slices.Contains(d.Config.Keep, name) {
			d.Config.Keep = append(d.Config.Keep, name)
		}
	}
	slices.Sort(d.Config.Keep)
}
