package config

import (
	"fmt"
	"path/filepath"
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
