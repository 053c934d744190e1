package config

import (
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxFaultyPoints is how many points with mistakes are decoded before the
// rest is skipped: they would repeat the same messages.
const maxFaultyPoints = 100

// expandAll decodes every block: first those that cannot have several points,
// because one of them may say how many points the others may have.
func (l *loader) expandAll() {
	for _, b := range l.experiment.Blocks {
		if !b.kind.Points && !l.tooMany() {
			l.expand(b)
		}
	}
	if l.options.MaxRuns == 0 {
		l.options.MaxRuns = DefaultMaxRuns
		for _, b := range l.experiment.Blocks {
			if len(b.Points) > 0 {
				if limit, ok := b.Config().(RunLimiter); ok && limit.RunLimit() > 0 {
					l.options.MaxRuns = limit.RunLimit()
				}
			}
		}
	}
	for _, b := range l.experiment.Blocks {
		if b.kind.Points && !l.tooMany() {
			l.expand(b)
		}
	}
}

// expand decodes a block at each of its points.
func (l *loader) expand(b *Block) {
	d := &decoder{loader: l}
	defer func() { l.diags = append(l.diags, d.diags...) }()
	fresh, ok := d.fresh(b)
	if !ok {
		return
	}
	if b.kind.Points {
		d.sweeps(b, schemaOf(fresh))
	}
	count := b.count()
	if len(b.sweeps) > 0 && count.Total().Cmp(big.NewInt(l.options.MaxRuns)) > 0 {
		d.diags = append(d.diags, errorAt(b.sweeps[0].rng, "Too many configurations", "%s, more than the limit of %d.", capitalise(count.String()), l.options.MaxRuns))
		return
	}
	var combinations [][]setting
	for _, s := range b.sweeps {
		combinations = append(combinations, s.product()...)
	}
	if len(b.sweeps) == 0 {
		combinations = [][]setting{nil}
	}
	b.Points = d.points(b, combinations)
	d.checkExclusions(b)
	b.Points = b.keep(b.Points)
	if len(b.Points) == 0 && len(d.diags) == 0 {
		d.diags = append(d.diags, errorAt(b.exclude[0].rng, "Nothing left", "The exclude blocks match every configuration of %s.", blockTitle(b.syntax)))
	}
	b.Deps = dependencies(b.Points)
}

// fresh makes the struct of a block with its defaults.
func (d *decoder) fresh(b *Block) (any, bool) {
	ptr, err := b.kind.New(b.Labels)
	if err != nil {
		at := b.DefRange
		if len(b.syntax.LabelRanges) > 0 {
			at = b.syntax.LabelRanges[0]
		}
		d.diags = append(d.diags, errorAt(at, "Invalid "+b.Kind, "%s", sentence(err)))
		return nil, false
	}
	for i, f := range schemaOf(ptr).labels {
		if i < len(b.Labels) {
			f.value.SetString(b.Labels[i])
		}
	}
	return ptr, true
}

// points decodes the block once for each combination of settings.
func (d *decoder) points(b *Block, combinations [][]setting) []*Point {
	var out []*Point
	seen := map[string]bool{}
	faulty := 0
	for _, settings := range combinations {
		if faulty >= maxFaultyPoints {
			break
		}
		before := len(d.diags)
		ptr, ok := d.fresh(b)
		if ok {
			d.decode(ptr, b.body(settings))
		}
		if len(d.diags) > before {
			faulty++
		}
		if !ok {
			continue
		}
		// Two sweeps may meet in one configuration: the first names it.
		if key := fingerprint(ptr); !seen[key] {
			seen[key] = true
			out = append(out, newPoint(b, ptr, settings))
		}
	}
	return out
}

func newPoint(b *Block, config any, settings []setting) *Point {
	p := &Point{Config: config, settings: settings, Name: b.Name}
	for _, s := range settings {
		p.Values = append(p.Values, Value{s.name, s.text})
	}
	slices.SortFunc(p.Values, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	if len(p.Values) > 0 {
		texts := make([]string, len(p.Values))
		for i, v := range p.Values {
			texts[i] = v.Name + "=" + v.Text
		}
		p.Name += "[" + strings.Join(texts, ",") + "]"
	}
	return p
}

// product lists the combinations of all axes, the last axis fastest. Axes
// that are drawn take no part.
func (s *sweep) product() [][]setting {
	out := [][]setting{nil}
	for _, a := range s.axes {
		if a.draw != nil {
			continue
		}
		var next [][]setting
		for _, prefix := range out {
			for _, choice := range a.choices {
				next = append(next, append(slices.Clone(prefix), choice...))
			}
		}
		out = next
	}
	return out
}

// references finds cycles of blocks that need one another.
func (l *loader) references() {
	index := map[target]int{}
	for i, b := range l.experiment.Blocks {
		index[target{b.Kind, b.Name}] = i
	}
	graph := make([][]edge, len(l.experiment.Blocks))
	for i, b := range l.experiment.Blocks {
		for _, r := range b.Deps {
			if to, ok := index[target{r.Kind, r.Name}]; ok {
				graph[i] = append(graph[i], edge{to, r.Range})
			}
		}
	}
	for _, cycle := range cycles(graph) {
		l.report(cycleError(cycle, l.blockName))
	}
}

func cycleError(cycle []step, name func(int) string) *hcl.Diagnostic {
	if len(cycle) == 1 {
		return errorAt(cycle[0].rng, "Reference to itself", "%s refers to itself, so it could never start.", name(cycle[0].node))
	}
	return errorAt(cycle[0].rng, "Cycle of references", "Each of these needs the next, so none could start: %s.", describeCycle(cycle, name))
}
