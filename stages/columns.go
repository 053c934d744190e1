package stages

import (
	"regexp"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/pipeline/config"
)

// generatorInputs are the columns that make the input of a generator's rows
// where the data set has no input block.
var generatorInputs = map[string]dataset.Input{
	"general":    {Text: "text"},
	"clauses":    {Text: "clause"},
	"medical":    {Text: "note"},
	"entailment": {Text: "premise", TextPair: "hypothesis"},
	"facts":      {Text: "claim"},
	"tagging":    {Text: "words"},
	"similarity": {Text: "first", TextPair: "second"},
	"topics":     {Text: "report"},
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// placeholders lists the columns that a format names.
func placeholders(f *Format) []string {
	var list []string
	for _, m := range placeholder.FindAllStringSubmatch(f.Text+f.TextPair, -1) {
		if m[1] != "mask" && !slices.Contains(list, m[1]) {
			list = append(list, m[1])
		}
	}
	return list
}

// keepColumns asks the data set for the columns that its formats name, and
// refuses columns that a generator does not have. Files are checked when they
// are read.
func (c *compiler) keepColumns(d *Dataset) {
	for _, b := range c.exp.Of("method") {
		m := b.Config().(*Method)
		if m.Format.IsZero() || !slices.ContainsFunc(c.datasetsOf(m), func(x *Dataset) bool { return x.Name == d.Name }) {
			continue
		}
		if f := c.exp.Find(m.Format); f != nil {
			c.keep(d, f)
		}
	}
}

func (c *compiler) keep(d *Dataset, f *config.Block) {
	for _, name := range placeholders(f.Config().(*Format)) {
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
