package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

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
