package config

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

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
