package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A variable is set by its default, or by -var.
type variable struct {
	block *hclsyntax.Block
	value cty.Value
	ok    bool
}

func (l *loader) declareVariable(block *hclsyntax.Block) {
	if len(block.Labels) != 1 {
		l.report(errorAt(headerRange(block), "Wrong labels for variable", "A variable block is written %s.", headerForm("variable", []string{"name"})))
		return
	}
	name := block.Labels[0]
	if !l.checkName(name, block.LabelRanges[0]) {
		return
	}
	if before := l.variables[name]; before != nil {
		l.report(errorAt(block.LabelRanges[0], fmt.Sprintf("The name %q is taken", name), "Another variable %q is at %s.", name, position(headerRange(before.block))))
		return
	}
	l.variables[name] = &variable{block: block, value: cty.DynamicVal}
}

// setVariables evaluates the defaults and puts what -var gives in their place.
func (l *loader) setVariables() {
	for _, name := range slices.Sorted(maps.Keys(l.variables)) {
		v := l.variables[name]
		l.checkVariableBody(v.block.Body)
		attr := v.block.Body.Attributes["default"]
		if attr != nil {
			v.value, v.ok = l.constant(attr)
		}
		given, isGiven := l.options.Vars[name]
		switch {
		case isGiven:
			v.value, v.ok = l.given(name, given, v, attr)
		case attr == nil:
			l.report(errorAt(headerRange(v.block), fmt.Sprintf("Variable %q has no value", name), "It has no default, so -var %s=… is needed.", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.options.Vars)) {
		if l.variables[name] == nil && !l.incomplete {
			l.report(errorAnywhere(fmt.Sprintf("No variable is named %q", name), "It was given as -var %s=%s. %s", name, l.options.Vars[name], allowed(name, "variables", someKeys(l.variables))))
		}
	}
}

func (l *loader) checkVariableBody(body *hclsyntax.Body) {
	known := []string{"default", "description"}
	for _, attr := range body.Attributes {
		if !slices.Contains(known, attr.Name) {
			l.report(errorAt(attr.NameRange, fmt.Sprintf("Unknown attribute %q", attr.Name), "%s", allowed(attr.Name, "attributes of a variable", known)))
		}
	}
	for _, block := range body.Blocks {
		l.report(errorAt(block.TypeRange, fmt.Sprintf("Unknown block %q", block.Type), "%s", allowed(block.Type, "attributes of a variable", known)))
	}
	if attr := body.Attributes["description"]; attr != nil {
		if v, ok := l.constant(attr); ok && (v.IsNull() || v.Type() != cty.String) {
			l.report(errorAt(attr.Expr.Range(), "Wrong type for description", "Description must be a text in quotes; this is %s.", describe(v)))
		}
	}
}

// constant evaluates an attribute in which no references are allowed.
func (l *loader) constant(attr *hclsyntax.Attribute) (cty.Value, bool) {
	for _, t := range attr.Expr.Variables() {
		l.report(errorAt(t.SourceRange(), "Reference in a constant", "The %s of a variable may not refer to anything; a local may.", attr.Name))
		return cty.DynamicVal, false
	}
	return l.value(attr.Expr)
}

// given converts the text of -var to the type of the default; a text stays as
// it is, everything else is written as in a file.
func (l *loader) given(name, text string, v *variable, attr *hclsyntax.Attribute) (cty.Value, bool) {
	if attr == nil || v.ok && v.value.Type() == cty.String {
		return cty.StringVal(text), true
	}
	if !v.ok {
		return cty.DynamicVal, false // the default itself is wrong, and diagnosed
	}
	file := "-var " + name
	wrong := func(detail string, args ...any) (cty.Value, bool) {
		end := hcl.Pos{Line: 1, Column: 1 + len([]rune(text)), Byte: len(text)}
		l.parser.sources[file] = []byte(text)
		l.report(errorAt(hcl.Range{Filename: file, Start: hcl.InitialPos, End: end}, fmt.Sprintf("Wrong value for variable %q", name), detail, args...))
		return cty.DynamicVal, false
	}
	src, diags := normalise(file, []byte(text))
	if diags.HasErrors() {
		return wrong("%s", diags[0].Detail)
	}
	if diags := prescan(file, src); diags.HasErrors() {
		return wrong("%s", diags[0].Detail)
	}
	expr, diags := hclsyntax.ParseExpression(src, file, hcl.InitialPos)
	if diags.HasErrors() || len(expr.Variables()) > 0 {
		return wrong("Its default at %s is %s, so it must be written like one in the file; this is the text %s.", position(attr.Expr.Range()), describe(v.value), quoteShort(text))
	}
	l.parser.sources[file] = src
	value, ok := l.value(expr)
	if ok && sort(value) != sort(v.value) {
		return wrong("Its default at %s is %s; this is %s.", position(attr.Expr.Range()), describe(v.value), describe(value))
	}
	return value, ok
}

// sort names the family of a value's type, within which -var may move.
func sort(v cty.Value) string {
	t := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case t.IsTupleType():
		return "list"
	case t.IsObjectType():
		return "map"
	}
	return t.FriendlyName()
}
