package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A setting is a value that an attribute takes at one point, in place of what
// the body says.
type setting struct {
	name  string
	value cty.Value
	src   hclsyntax.Expression
	text  string // canonical
}

// A body is one block to decode: what `like` gives, then the block itself.
type body struct {
	word     string // the block's type, for messages
	header   hcl.Range
	layers   []*hclsyntax.Body
	syntax   *hclsyntax.Block
	top      bool // not nested
	orphan   bool // its `like` leads nowhere, so that attributes may be missing
	settings []setting
	// reserved names belong to this package: like, sweep, exclude.
	reservedAttrs, reservedBlocks []string
}

// A decoder fills one struct and its nested ones.
type decoder struct {
	loader *loader
	diags  hcl.Diagnostics
}

// decode fills the struct that ptr points to.
func (d *decoder) decode(ptr any, b body) {
	s := schemaOf(ptr)
	before := len(d.diags)
	failed := map[string]bool{}
	given := map[string]bool{}
	for i, layer := range b.layers {
		own := i == len(b.layers)-1 // an inherited body is checked with its own block
		for _, attr := range inOrder(layer.Attributes) {
			if slices.Contains(b.reservedAttrs, attr.Name) {
				continue
			}
			if len(d.diags) >= maxMistakes {
				return
			}
			f := s.attrs[attr.Name]
			if f == nil && own {
				d.unknownAttr(attr, s, b)
			}
			if f == nil {
				continue
			}
			given[attr.Name] = true
			failed[attr.Name] = !d.set(f, attr)
		}
	}
	for _, v := range b.settings {
		f := s.attrs[v.name]
		given[v.name] = true
		c := d.conversion(v.src.Range())
		failed[v.name] = !c.assign(f.value, v.value, v.src, v.name, f.tag.Get("ref"))
		d.diags = append(d.diags, c.diags...)
	}
	d.blocks(s, b, failed)
	for _, f := range s.order {
		if s.attrs[f.name] == f && !f.optional && !given[f.name] && !b.orphan {
			detail := fmt.Sprintf("A %s block needs %s, %s.", b.word, f.name, expected(f.value.Type(), f.tag.Get("ref")))
			if doc := f.tag.Get("doc"); doc != "" {
				detail += " " + capitalise(strings.TrimSuffix(doc, ".")) + "."
			}
			d.diags = append(d.diags, errorAt(b.header, fmt.Sprintf("Missing attribute %q", f.name), "%s", detail))
			failed[f.name] = true
		}
	}
	d.validate(s, b, failed, len(d.diags) > before)
}

// conversion makes one for text at rng: relative paths start at its file.
func (d *decoder) conversion(rng hcl.Range) *conversion {
	dir, err := filepath.Abs(filepath.Dir(rng.Filename))
	if err != nil {
		dir = filepath.Dir(rng.Filename)
	}
	return &conversion{dir: dir}
}

// set evaluates an attribute into its field.
func (d *decoder) set(f *field, attr *hclsyntax.Attribute) bool {
	v, ok := d.loader.value(attr.Expr)
	if !ok {
		return false
	}
	c := d.conversion(attr.SrcRange)
	ok = c.assign(f.value, v, attr.Expr, attr.Name, f.tag.Get("ref"))
	d.diags = append(d.diags, c.diags...)
	return ok
}

func (d *decoder) unknownAttr(attr *hclsyntax.Attribute, s *schema, b body) {
	summary := fmt.Sprintf("Unknown attribute %q", attr.Name)
	if s.blocks[attr.Name] != nil || slices.Contains(b.reservedBlocks, attr.Name) {
		d.diags = append(d.diags, errorAt(attr.NameRange, fmt.Sprintf("%q is a block", attr.Name), "It is written without an equals sign: %s { … }.", attr.Name))
		return
	}
	names := append(s.attrNames(), b.reservedAttrs...)
	detail := allowed(attr.Name, "attributes of "+b.title(), names)
	if others := d.loader.typesWith(b, attr.Name); others != nil {
		detail = fmt.Sprintf("Only a %s of type %s has it. %s", b.word, strings.Join(others, ", "), detail)
	}
	d.diags = append(d.diags, errorAt(attr.NameRange, summary, "%s", detail))
}

// typesWith lists the other types of a top-level block's kind that have an
// attribute: a knob that this method ignores is a likely mistake.
func (l *loader) typesWith(b body, attr string) []string {
	kind, ok := l.kinds[b.word]
	if !ok || kind.Types == nil || !b.top {
		return nil
	}
	var out []string
	for _, t := range slices.Sorted(slices.Values(kind.Types())) {
		labels := slices.Clone(b.syntax.Labels)
		labels[0] = t
		if ptr, err := kind.New(labels); err == nil && schemaOf(ptr).attrs[attr] != nil {
			out = append(out, t)
		}
	}
	return out
}

// title names a block in messages: method "lora" "lora", or retention.
func (b body) title() string {
	if b.syntax == nil {
		return b.word
	}
	return blockTitle(b.syntax)
}

// blocks decodes the nested blocks. Those of the last layer that has any of a
// type replace the inherited ones of that type.
func (d *decoder) blocks(s *schema, b body, failed map[string]bool) {
	last := map[string]*hclsyntax.Body{}
	for i, layer := range b.layers {
		for _, block := range layer.Blocks {
			switch {
			case slices.Contains(b.reservedBlocks, block.Type):
			case s.blocks[block.Type] != nil:
				last[block.Type] = layer
			case i == len(b.layers)-1:
				d.unknownBlock(block, s, b)
			}
		}
	}
	for _, name := range s.blockNames() {
		if last[name] == nil {
			continue
		}
		before := len(d.diags)
		d.nested(s.blocks[name], last[name].Blocks)
		failed[name] = len(d.diags) > before
	}
}

func (d *decoder) unknownBlock(block *hclsyntax.Block, s *schema, b body) {
	if s.attrs[block.Type] != nil {
		d.diags = append(d.diags, errorAt(block.TypeRange, fmt.Sprintf("%q is an attribute", block.Type), "It is written with an equals sign: %s = …; here %s is needed.", block.Type,
			expected(s.attrs[block.Type].value.Type(), s.attrs[block.Type].tag.Get("ref"))))
		return
	}
	names := append(s.blockNames(), b.reservedBlocks...)
	d.diags = append(d.diags, errorAt(block.TypeRange, fmt.Sprintf("Unknown block %q", block.Type), "%s", allowed(block.Type, "blocks in "+b.title(), names)))
}

// nested decodes all blocks of one type into their field.
func (d *decoder) nested(f *field, blocks hclsyntax.Blocks) {
	var mine []*hclsyntax.Block
	for _, block := range blocks {
		if block.Type == f.name {
			mine = append(mine, block)
		}
	}
	t := f.value.Type()
	if t.Kind() != reflect.Slice {
		for _, again := range mine[1:] {
			d.diags = append(d.diags, errorAt(headerRange(again), fmt.Sprintf("Second %s block", f.name), "There may be one %s block here; the first is at %s.", f.name, position(headerRange(mine[0]))))
		}
		d.one(f.value, mine[0])
		return
	}
	list := reflect.MakeSlice(t, len(mine), len(mine))
	for i, block := range mine {
		d.one(list.Index(i), block)
	}
	f.value.Set(list)
}

// one decodes a nested block into a struct, or into a pointer that is set to
// a new struct, or to a copy of the one that New put there as the default.
func (d *decoder) one(dst reflect.Value, block *hclsyntax.Block) {
	ptr := dst.Addr()
	if dst.Kind() == reflect.Pointer {
		ptr = reflect.New(dst.Type().Elem())
		if !dst.IsNil() {
			ptr.Elem().Set(dst.Elem())
		}
		dst.Set(ptr)
	}
	labels := schemaOf(ptr.Interface()).labels
	if !d.setLabels(labels, block) {
		return
	}
	if v, ok := ptr.Interface().(initializer); ok {
		if err := v.Init(); err != nil {
			at := headerRange(block)
			if len(block.LabelRanges) > 0 {
				at = block.LabelRanges[0]
			}
			d.diags = append(d.diags, errorAt(at, fmt.Sprintf("Invalid %s", block.Type), "%s", sentence(err)))
			return
		}
	}
	d.decode(ptr.Interface(), body{word: block.Type, header: headerRange(block), layers: []*hclsyntax.Body{block.Body}, syntax: block})
}

// setLabels puts a block's labels into the fields for them.
func (d *decoder) setLabels(fields []*field, block *hclsyntax.Block) bool {
	if len(fields) != len(block.Labels) {
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
		}
		d.diags = append(d.diags, errorAt(headerRange(block), fmt.Sprintf("Wrong labels for %s", block.Type), "A %s block is written %s.", block.Type, headerForm(block.Type, names)))
		return false
	}
	for i, f := range fields {
		f.value.SetString(block.Labels[i])
	}
	return true
}

// validate asks the struct whether its values make sense together. It says
// nothing about attributes that could not be decoded.
func (d *decoder) validate(s *schema, b body, failed map[string]bool, anyFailed bool) {
	for _, v := range s.validators {
		for _, err := range v.Validate() {
			var about FieldError
			if !errors.As(err, &about) || about.Field() == "" {
				if !anyFailed {
					d.diags = append(d.diags, errorAt(b.header, "Invalid "+b.word, "%s", sentence(err)))
				}
				continue
			}
			first, _, _ := strings.Cut(about.Field(), ".")
			if failed[first] {
				continue
			}
			summary := "Invalid " + about.Field()
			var named interface{ Summary() string }
			if errors.As(err, &named) {
				summary = named.Summary()
			}
			d.diags = append(d.diags, errorAt(b.rangeOf(about.Field()), summary, "%s", sentence(err)))
		}
	}
}

// sentence writes an error as one.
func sentence(err error) string {
	s := capitalise(err.Error())
	if s != "" && !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// rangeOf finds the value of an attribute, a label or a nested block; the
// block's header stands for what is not in the file.
func (b body) rangeOf(path string) hcl.Range {
	first, rest, nested := strings.Cut(path, ".")
	for _, s := range b.settings {
		if s.name == first {
			return s.src.Range()
		}
	}
	for _, layer := range slices.Backward(b.layers) {
		if attr := layer.Attributes[first]; attr != nil {
			return attr.Expr.Range()
		}
		for _, block := range layer.Blocks {
			if block.Type != first {
				continue
			}
			inner := body{header: headerRange(block), layers: []*hclsyntax.Body{block.Body}, syntax: block}
			if nested {
				return inner.rangeOf(rest)
			}
			return inner.header
		}
	}
	if b.syntax != nil && first == "name" && len(b.syntax.LabelRanges) > 0 {
		return b.syntax.LabelRanges[len(b.syntax.LabelRanges)-1]
	}
	return b.header
}

// fieldOf returns the only field of the struct that ptr points to.
func fieldOf(ptr any) reflect.Value { return reflect.ValueOf(ptr).Elem().Field(0) }

// AttrRange is where the value of an attribute stands in the file. For what
// is not there it is the block's header. A path such as files.train leads
// into nested blocks.
func (b *Block) AttrRange(name string) hcl.Range {
	for _, s := range b.sweeps {
		if rng, ok := s.rangeOf(name); ok {
			return rng
		}
	}
	return b.body(nil).rangeOf(name)
}

// PointRange is AttrRange at a point, where a swept attribute has a place of
// its own in the list of values.
func (b *Block) PointRange(p *Point, name string) hcl.Range {
	return b.body(p.settings).rangeOf(name)
}

// body prepares the block for decoding at a point.
func (b *Block) body(settings []setting) body {
	out := body{word: b.Kind, header: b.DefRange, layers: b.layers, syntax: b.syntax, top: true, orphan: b.orphan, settings: settings}
	if b.kind.Like {
		out.reservedAttrs = []string{"like"}
	}
	if b.kind.Points {
		out.reservedBlocks = []string{"sweep", "exclude"}
	}
	return out
}

// blockTitle is a block's header as written in a file.
func blockTitle(block *hclsyntax.Block) string {
	title := block.Type
	for _, label := range block.Labels {
		title += fmt.Sprintf(" %q", label)
	}
	return title
}
