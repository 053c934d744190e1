package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// keep leaves out the points that an exclusion matches.
func (b *Block) keep(points []*Point) []*Point {
	var out []*Point
	for _, p := range points {
		if !slices.ContainsFunc(b.exclude, func(x *exclusion) bool { return x.matches(p) }) {
			out = append(out, p)
		}
	}
	return out
}

func (x *exclusion) matches(p *Point) bool {
	attrs := schemaOf(p.Config).attrs
	return !slices.ContainsFunc(x.settings, func(s setting) bool {
		f := attrs[s.name]
		return textOf(f.value, f.tag) != s.text
	})
}

// checkExclusions reports a value that no point has, and a combination that
// does not occur: both are slips, as excluding nothing has no purpose.
func (d *decoder) checkExclusions(b *Block) {
	if b.draws() || len(d.diags) > 0 {
		return
	}
	for _, x := range b.exclude {
		missing := false
		for _, s := range x.settings {
			one := &exclusion{settings: []setting{s}}
			if !slices.ContainsFunc(b.Points, one.matches) {
				missing = true
				d.diags = append(d.diags, errorAt(s.src.Range(), "Excludes nothing", "No configuration of %s has %s = %s. It takes %s.", blockTitle(b.syntax), s.name, s.text, b.taken(s.name)))
			}
		}
		if !missing && !slices.ContainsFunc(b.Points, x.matches) {
			d.diags = append(d.diags, errorAt(x.rng, "Excludes nothing", "No configuration of %s has all of these values together.", blockTitle(b.syntax)))
		}
	}
}

// taken lists the values that an attribute takes over all points.
func (b *Block) taken(name string) string {
	var texts []string
	for _, p := range b.Points {
		f := schemaOf(p.Config).attrs[name]
		if t := textOf(f.value, f.tag); !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	if len(texts) > 10 {
		texts = append(texts[:10], "…")
	}
	return strings.Join(texts, ", ")
}

// exclusion reads one exclude block.
func (r *sweepReader) exclusion(block *hclsyntax.Block) *exclusion {
	out, ok := &exclusion{rng: headerRange(block)}, r.plain(block)
	for _, inner := range block.Body.Blocks {
		r.diags = append(r.diags, errorAt(inner.TypeRange, fmt.Sprintf("Unknown block %q", inner.Type), "An exclude block holds attributes only."))
		ok = false
	}
	for _, attr := range inOrder(block.Body.Attributes) {
		f := r.attribute(attr)
		if f == nil {
			ok = false
			continue
		}
		v, known := r.loader.value(attr.Expr)
		if !known {
			ok = false
			continue
		}
		s, converted := r.setting(f, v, attr.Expr, attr.Name)
		ok = ok && converted
		out.settings = append(out.settings, s)
	}
	if ok && len(out.settings) == 0 {
		r.diags = append(r.diags, errorAt(out.rng, "Empty exclude", "An exclude block gives values; the points that have all of them are left out."))
		ok = false
	}
	if !ok {
		return nil
	}
	return out
}
