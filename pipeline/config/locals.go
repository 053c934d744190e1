package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A local is a name for a value, set in a locals block.
type local struct {
	attr  *hclsyntax.Attribute
	value cty.Value
	ok    bool
}

func (l *loader) declareLocals(block *hclsyntax.Block) {
	if len(block.Labels) != 0 {
		l.report(errorAt(headerRange(block), "Wrong labels for locals", "A locals block is written %s.", headerForm("locals", nil)))
		return
	}
	for _, inner := range block.Body.Blocks {
		l.report(errorAt(inner.TypeRange, fmt.Sprintf("Unknown block %q", inner.Type), "Locals are attributes: write %s = { … } for a map.", inner.Type))
	}
	for _, attr := range inOrder(block.Body.Attributes) {
		if before := l.locals[attr.Name]; before != nil {
			l.report(errorAt(attr.NameRange, fmt.Sprintf("The name %q is taken", attr.Name), "Another local %q is at %s.", attr.Name, position(before.attr.NameRange)))
			continue
		}
		l.locals[attr.Name] = &local{attr: attr, value: cty.DynamicVal}
	}
}

// inOrder sorts attributes by position, since HCL keeps them in a map.
func inOrder(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	out := make([]*hclsyntax.Attribute, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hclsyntax.Attribute) int { return compareRanges(a.NameRange, b.NameRange) })
	return out
}

// setLocals evaluates the locals, each after those it refers to.
func (l *loader) setLocals() {
	var list []*local
	for _, v := range l.locals {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *local) int { return compareRanges(a.attr.NameRange, b.attr.NameRange) })
	index := map[string]int{}
	for i, v := range list {
		index[v.attr.Name] = i
	}
	graph := make([][]edge, len(list))
	for i, v := range list {
		for _, t := range v.attr.Expr.Variables() {
			if name, ok := localName(t); ok && l.locals[name] != nil {
				graph[i] = append(graph[i], edge{index[name], t.SourceRange()})
			}
		}
	}
	name := func(i int) string { return "local." + list[i].attr.Name }
	component := components(graph)
	size := map[int]int{}
	for _, c := range component {
		size[c]++
	}
	for _, cycle := range cycles(graph) {
		l.report(errorAt(cycle[0].rng, "Cycle of locals", "Each of these needs the next: %s.", describeCycle(cycle, name)))
	}
	// Tarjan's algorithm numbers a component after all that it leads to.
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return component[a] - component[b] })
	for _, i := range order {
		if v := list[i]; !l.tooMany() && size[component[i]] == 1 && !hasSelfEdge(graph, i) {
			v.value, v.ok = l.value(v.attr.Expr)
		}
	}
}

// localName returns the name in local.name.
func localName(t hcl.Traversal) (string, bool) {
	if t.RootName() != "local" || len(t) < 2 {
		return "", false
	}
	attr, ok := t[1].(hcl.TraverseAttr)
	return attr.Name, ok
}
