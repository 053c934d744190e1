package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A sweep is a product of axes.
type sweep struct {
	rng  hcl.Range
	axes []*axis // sorted by first name, so that the order in the file does not matter
}

// An axis is a list of choices, each of which sets one attribute, or several
// that were zipped. Under a distribution the choices are drawn.
type axis struct {
	names   []string
	rng     hcl.Range // of the value
	choices [][]setting
	draw    *distribution
}

// An exclusion matches the points at which all its attributes have its values.
type exclusion struct {
	rng      hcl.Range
	settings []setting
}

// A sweepReader reads sweep and exclude blocks of one block.
type sweepReader struct {
	*decoder
	schema *schema // of a fresh struct, to check names and types
	title  string
}

// sweeps reads the sweep and exclude blocks of the last layer that has any.
func (d *decoder) sweeps(b *Block, s *schema) {
	r := &sweepReader{decoder: d, schema: s, title: blockTitle(b.syntax)}
	for _, layer := range slices.Backward(b.layers) {
		for _, block := range layer.Blocks {
			switch block.Type {
			case "sweep":
				if sw := r.sweep(block); sw != nil {
					b.sweeps = append(b.sweeps, sw)
				}
			case "exclude":
				if x := r.exclusion(block); x != nil {
					b.exclude = append(b.exclude, x)
				}
			}
		}
		if len(b.sweeps)+len(b.exclude) > 0 {
			break
		}
	}
	r.shadowed(b)
}

// shadowed reports an attribute that every sweep replaces.
func (r *sweepReader) shadowed(b *Block) {
	if len(b.sweeps) == 0 {
		return
	}
	for _, attr := range inOrder(b.syntax.Body.Attributes) {
		unused := true
		for _, s := range b.sweeps {
			_, swept := s.rangeOf(attr.Name)
			unused = unused && swept
		}
		if unused {
			at, _ := b.sweeps[0].rangeOf(attr.Name)
			r.diags = append(r.diags, errorAt(attr.Expr.Range(), fmt.Sprintf("%q is both set and swept", attr.Name), "Every sweep replaces this value (at %s); remove one of the two.", position(at)))
		}
	}
}

func (s *sweep) rangeOf(name string) (hcl.Range, bool) {
	for _, a := range s.axes {
		if slices.Contains(a.names, name) {
			for _, choice := range a.choices[:min(1, len(a.choices))] {
				for _, v := range choice {
					if v.name == name {
						return v.src.Range(), true
					}
				}
			}
			return a.rng, true
		}
	}
	return hcl.Range{}, false
}

// sweep reads one sweep block; nil if it has a mistake.
func (r *sweepReader) sweep(block *hclsyntax.Block) *sweep {
	out, ok := &sweep{rng: headerRange(block)}, r.plain(block)
	seen := map[string]hcl.Range{}
	add := func(a *axis, names ...*hclsyntax.Attribute) {
		for _, attr := range names {
			if first, twice := seen[attr.Name]; twice {
				r.diags = append(r.diags, errorAt(attr.NameRange, fmt.Sprintf("%q is swept twice", attr.Name), "It is an axis already, at %s; for a union write two sweep blocks.", position(first)))
				ok = false
			}
			seen[attr.Name] = attr.NameRange
		}
		out.axes = append(out.axes, a)
	}
	for _, attr := range inOrder(block.Body.Attributes) {
		a := r.axis(attr, true)
		ok = ok && a != nil
		if a != nil {
			add(a, attr)
		}
	}
	for _, inner := range block.Body.Blocks {
		if inner.Type != "zip" {
			r.diags = append(r.diags, errorAt(inner.TypeRange, fmt.Sprintf("Unknown block %q", inner.Type), "%s", allowed(inner.Type, "blocks in sweep", []string{"zip"})))
			ok = false
			continue
		}
		a := r.zip(inner)
		ok = ok && a != nil
		if a != nil {
			add(a, inOrder(inner.Body.Attributes)...)
		}
	}
	if ok && len(out.axes) == 0 {
		r.diags = append(r.diags, errorAt(out.rng, "Empty sweep", "A sweep gives lists of values: learning_rate = [1e-4, 3e-4]."))
		ok = false
	}
	if !ok {
		return nil
	}
	slices.SortFunc(out.axes, func(a, b *axis) int { return strings.Compare(a.names[0], b.names[0]) })
	return out
}

// plain checks that a sweep, zip or exclude block has no labels.
func (r *sweepReader) plain(block *hclsyntax.Block) bool {
	if len(block.Labels) == 0 {
		return true
	}
	r.diags = append(r.diags, errorAt(headerRange(block), fmt.Sprintf("Wrong labels for %s", block.Type), "A %s block is written %s.", block.Type, headerForm(block.Type, nil)))
	return false
}

// attribute finds the field that an attribute of a sweep sets.
func (r *sweepReader) attribute(attr *hclsyntax.Attribute) *field {
	f := r.schema.attrs[attr.Name]
	switch {
	case f != nil:
		return f
	case r.schema.blocks[attr.Name] != nil:
		r.diags = append(r.diags, errorAt(attr.NameRange, fmt.Sprintf("%q is a block", attr.Name), "Only attributes can be swept."))
	default:
		r.diags = append(r.diags, errorAt(attr.NameRange, fmt.Sprintf("Unknown attribute %q", attr.Name), "%s", allowed(attr.Name, "attributes of "+r.title, r.schema.attrNames())))
	}
	return nil
}

// axis reads name = [values], or name = log_uniform(low, high).
func (r *sweepReader) axis(attr *hclsyntax.Attribute, mayDraw bool) *axis {
	f := r.attribute(attr)
	if f == nil {
		return nil
	}
	v, ok := r.loader.value(attr.Expr)
	if !ok {
		return nil
	}
	out := &axis{names: []string{attr.Name}, rng: attr.Expr.Range()}
	if v.Type() == distributionType && mayDraw {
		if f.value.Kind() != reflect.Float64 {
			r.diags = append(r.diags, errorAt(out.rng, "Wrong type for "+attr.Name, "log_uniform draws numbers; %s takes %s.", attr.Name, expected(f.value.Type(), f.tag.Get("ref"))))
			return nil
		}
		out.draw = v.EncapsulatedValue().(*distribution)
		return out
	}
	_, values, isList := elements(v)
	if !isList || v.Type().IsObjectType() || v.Type().IsMapType() {
		r.diags = append(r.diags, errorAt(out.rng, "Not a list", "A sweep gives a list of values for %s; this is %s.", attr.Name, describe(v)))
		return nil
	}
	if len(values) == 0 {
		r.diags = append(r.diags, errorAt(out.rng, "Empty list", "The list for %s has no values, so nothing would run.", attr.Name))
		return nil
	}
	all := true
	for i, x := range values {
		src := attr.Expr
		if list, written := attr.Expr.(*hclsyntax.TupleConsExpr); written {
			src = list.Exprs[i]
		}
		s, ok := r.setting(f, x, src, "each value of "+attr.Name)
		all = all && ok
		out.choices = append(out.choices, []setting{s})
	}
	if !all {
		return nil
	}
	return out
}

// setting converts a value to the type of its attribute, which gives its
// canonical text.
func (r *sweepReader) setting(f *field, v cty.Value, src hclsyntax.Expression, what string) (setting, bool) {
	c := r.conversion(src.Range())
	trial := reflect.New(f.value.Type()).Elem()
	ok := c.assign(trial, v, src, what, f.tag.Get("ref"))
	r.diags = append(r.diags, c.diags...)
	out := setting{name: f.name, value: v, src: src}
	if ok {
		out.text = textOf(trial, f.tag)
	}
	return out, ok
}

// zip reads lists of equal length as one axis.
func (r *sweepReader) zip(block *hclsyntax.Block) *axis {
	ok := r.plain(block)
	for _, inner := range block.Body.Blocks {
		r.diags = append(r.diags, errorAt(inner.TypeRange, fmt.Sprintf("Unknown block %q", inner.Type), "A zip block holds attributes only."))
		ok = false
	}
	out := &axis{rng: headerRange(block)}
	for _, attr := range inOrder(block.Body.Attributes) {
		a := r.axis(attr, false)
		if a == nil {
			ok = false
			continue
		}
		if out.choices == nil {
			out.choices = make([][]setting, len(a.choices))
		}
		if len(a.choices) != len(out.choices) {
			r.diags = append(r.diags, errorAt(a.rng, "Lists of unequal length", "Zipped lists are paired value by value: %s has %d, but %s has %d.", out.names[0], len(out.choices), attr.Name, len(a.choices)))
			ok = false
			continue
		}
		out.names = append(out.names, attr.Name)
		for i := range a.choices {
			out.choices[i] = append(out.choices[i], a.choices[i]...)
		}
	}
	if ok && len(out.names) == 0 {
		r.diags = append(r.diags, errorAt(out.rng, "Empty zip", "A zip block gives lists of equal length: rank = [4, 8] and alpha = [8, 16]."))
		ok = false
	}
	if !ok {
		return nil
	}
	slices.Sort(out.names)
	return out
}
