package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// value evaluates an expression once, after checking every reference in it.
func (l *loader) value(expr hclsyntax.Expression) (cty.Value, bool) {
	if v, ok := l.values[expr]; ok {
		return v.value, v.ok
	}
	v, ok := cty.DynamicVal, l.checkReferences(expr)
	if ok {
		e := &evaluator{budget: l.budget, globals: l.global}
		v, ok = e.evaluate(expr)
		l.diags = append(l.diags, e.diags...)
	}
	l.values[expr] = evaluated{v, ok}
	return v, ok
}

// checkReferences reports every name in expr that stands for nothing, also in
// branches that evaluation would not reach. It is false as well if a name has
// no value because of a mistake elsewhere.
func (l *loader) checkReferences(expr hclsyntax.Expression) bool {
	ok := true
	for _, t := range expr.Variables() {
		d, known := l.checkReference(t)
		if d != nil {
			l.report(d)
		}
		ok = ok && known
	}
	return ok
}

// global gives the value of a checked reference, and how many parts of the
// traversal named it.
func (l *loader) global(t hcl.Traversal) (cty.Value, int, bool) {
	name := ""
	if len(t) > 1 {
		name = t[1].(hcl.TraverseAttr).Name
	}
	switch root := t.RootName(); root {
	case "var":
		return l.variables[name].value, 2, l.variables[name].ok
	case "local":
		return l.locals[name].value, 2, l.locals[name].ok
	default:
		return cty.CapsuleVal(refType, &target{root, name}), 2, true
	}
}

// checkReference says what is wrong with a reference; known is false if there
// is no value to go on with.
func (l *loader) checkReference(t hcl.Traversal) (d *hcl.Diagnostic, known bool) {
	root := t.RootName()
	kind, isKind := l.kinds[root]
	if root != "var" && root != "local" && (!isKind || len(kind.Labels) == 0) {
		return l.unknownRoot(t), false
	}
	second, isAttr := hcl.Traverser(nil), false
	if len(t) > 1 {
		second = t[1]
		_, isAttr = second.(hcl.TraverseAttr)
	}
	if !isAttr {
		return errorAt(t.SourceRange(), "Incomplete reference", "A reference is written %s.name.", root), false
	}
	name := second.(hcl.TraverseAttr).Name
	at := second.SourceRange()
	switch root {
	case "var":
		v := l.variables[name]
		if v == nil {
			return l.unknownName(at, "variable", name, someKeys(l.variables)), false
		}
		return nil, v.ok
	case "local":
		v := l.locals[name]
		if v == nil {
			return l.unknownName(at, "local", name, someKeys(l.locals)), false
		}
		return nil, v.ok
	}
	if len(t) > 2 {
		return l.tooLong(t, kind, name), false
	}
	if l.blocks[target{root, name}] == nil {
		d := l.unknownName(at, root, name, l.names(root))
		if d != nil && kind.Types != nil && slices.Contains(kind.Types(), name) {
			d.Detail = fmt.Sprintf("%q is a type of %s; a reference gives the name, which is the last label. %s", name, root, d.Detail)
		}
		return d, false
	}
	return nil, true
}

// unknownName reports a name that nothing has. In a set of files of which one
// could not be parsed it may well be there, so nothing is said then.
func (l *loader) unknownName(at hcl.Range, what, name string, candidates []string) *hcl.Diagnostic {
	if l.incomplete {
		return nil
	}
	return errorAt(nameRange(at), fmt.Sprintf("No %s is named %q", what, name), "%s", allowed(name, what+"s", candidates))
}

// nameRange leaves the dot before a name out of the range of a traversal step.
func nameRange(rng hcl.Range) hcl.Range {
	if rng.End.Byte-rng.Start.Byte > 1 {
		rng.Start.Byte++
		rng.Start.Column++
	}
	return rng
}

// names lists the blocks of a kind, or a few more than would be compared.
func (l *loader) names(kind string) []string {
	var out []string
	for _, b := range l.experiment.Blocks {
		if b.Kind == kind && len(out) <= maxCandidates {
			out = append(out, b.Name)
		}
	}
	return out
}

// tooLong reports a reference that goes on after the name. The usual reason
// is that the type was written as well: method.lora.lora.
func (l *loader) tooLong(t hcl.Traversal, kind Kind, name string) *hcl.Diagnostic {
	root := t.RootName()
	if last, ok := t[2].(hcl.TraverseAttr); ok && kind.Types != nil && slices.Contains(kind.Types(), name) {
		return errorAt(t.SourceRange(), "The type is not part of a reference", "Names are unique among %s blocks, so the type is left out: write %s.%s.", root, root, last.Name)
	}
	return errorAt(t.SourceRange(), "A reference ends with the name", "Write %s.%s; attributes of other blocks cannot be read, but both blocks can use the same local or variable.", root, name)
}

// unknownRoot reports a word that begins no reference.
func (l *loader) unknownRoot(t hcl.Traversal) *hcl.Diagnostic {
	root := t.RootName()
	roots := []string{"var", "local"}
	for word, kind := range l.kinds {
		if len(kind.Labels) > 0 {
			roots = append(roots, word)
		}
	}
	switch root {
	case "variable", "locals":
		short := map[string]string{"variable": "var", "locals": "local"}[root]
		return errorAt(t[0].SourceRange(), fmt.Sprintf("Unknown name %q", root), "In an expression it is called %s: %s.name.", short, short)
	}
	if len(t) == 1 {
		return errorAt(t.SourceRange(), fmt.Sprintf("Unknown name %q", root), "A text is written in quotes: %q. %s", root, allowed(root, "names that begin a reference", roots))
	}
	return errorAt(t[0].SourceRange(), fmt.Sprintf("Unknown name %q", root), "%s", allowed(root, "names that begin a reference", roots))
}
