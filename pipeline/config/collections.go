package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

func (e *evaluator) tuple(n *hclsyntax.TupleConsExpr, s *scope) (cty.Value, bool) {
	values, all := make([]cty.Value, len(n.Exprs)), true
	for i, x := range n.Exprs {
		v, ok := e.eval(x, s)
		values[i], all = v, all && ok
	}
	if !all {
		return cty.DynamicVal, false
	}
	return e.made(n.SrcRange, cty.TupleVal(values))
}

func (e *evaluator) object(n *hclsyntax.ObjectConsExpr, s *scope) (cty.Value, bool) {
	values, all := map[string]cty.Value{}, true
	for _, item := range n.Items {
		k, okKey := e.eval(item.KeyExpr, s)
		v, okValue := e.eval(item.ValueExpr, s)
		if !okKey || !okValue {
			all = false
			continue
		}
		key, err := keyText(k)
		if err != nil {
			e.fail(item.KeyExpr.Range(), "Invalid key", err.Error())
			all = false
			continue
		}
		if _, twice := values[key]; twice {
			e.fail(item.KeyExpr.Range(), "Key given twice", fmt.Sprintf("The key %q stands in this map already.", key))
			all = false
		}
		values[key] = v
	}
	if !all {
		return cty.DynamicVal, false
	}
	return e.made(n.SrcRange, cty.ObjectVal(values))
}

// keyText makes a map's key of a value: texts, numbers and booleans can be one.
func keyText(k cty.Value) (string, error) {
	if k.IsNull() {
		return "", fmt.Errorf("A key must not be null.")
	}
	text, err := convert.Convert(k, cty.String)
	if err != nil || !text.IsKnown() || text.IsNull() {
		return "", fmt.Errorf("A key must be a text; this is %s.", describe(k))
	}
	return text.AsString(), nil
}

// elements returns keys and values of a list or map, or false for other values.
func elements(v cty.Value) (keys, values []cty.Value, ok bool) {
	if v.IsNull() || !v.IsKnown() || !v.CanIterateElements() {
		return nil, nil, false
	}
	for it := v.ElementIterator(); it.Next(); {
		k, x := it.Element()
		keys, values = append(keys, k), append(values, x)
	}
	return keys, values, true
}

func (e *evaluator) forExpr(n *hclsyntax.ForExpr, s *scope) (cty.Value, bool) {
	collection, ok := e.eval(n.CollExpr, s)
	if !ok {
		return cty.DynamicVal, false
	}
	keys, values, ok := elements(collection)
	if !ok {
		return e.fail(n.CollExpr.Range(), "Not a list or map", fmt.Sprintf("A for expression goes over a list or map; this is %s.", describe(collection)))
	}
	var list []cty.Value
	object, groups := map[string]cty.Value{}, map[string][]cty.Value{}
	for i, v := range values {
		inner := &scope{parent: s, vars: map[string]cty.Value{n.ValVar: v}}
		if n.KeyVar != "" {
			inner.vars[n.KeyVar] = keys[i]
		}
		if n.CondExpr != nil {
			c, ok := e.eval(n.CondExpr, inner)
			if !ok {
				return cty.DynamicVal, false
			}
			if c.IsNull() || c.Type() != cty.Bool {
				return e.fail(n.CondExpr.Range(), "Not a condition", fmt.Sprintf("The if of a for expression needs true or false; this is %s.", describe(c)))
			}
			if c.False() {
				continue
			}
		}
		x, ok := e.eval(n.ValExpr, inner)
		if !ok {
			return cty.DynamicVal, false // one message, not one for each element
		}
		if n.KeyExpr == nil {
			list = append(list, x)
			continue
		}
		k, ok := e.eval(n.KeyExpr, inner)
		if !ok {
			return cty.DynamicVal, false
		}
		key, err := keyText(k)
		if err != nil {
			return e.fail(n.KeyExpr.Range(), "Invalid key", err.Error())
		}
		if _, twice := object[key]; twice && !n.Group {
			return e.fail(n.KeyExpr.Range(), "Key given twice", fmt.Sprintf("Two elements have the key %q; with ... after the value they are grouped.", key))
		}
		object[key] = x
		groups[key] = append(groups[key], x)
	}
	switch {
	case n.KeyExpr == nil:
		return e.made(n.SrcRange, cty.TupleVal(list))
	case n.Group:
		for key, group := range groups {
			object[key] = cty.TupleVal(group)
		}
	}
	return e.made(n.SrcRange, cty.ObjectVal(object))
}

func (e *evaluator) splat(n *hclsyntax.SplatExpr, s *scope) (cty.Value, bool) {
	source, ok := e.eval(n.Source, s)
	if !ok {
		return cty.DynamicVal, false
	}
	_, values, isList := elements(source)
	if !isList || source.Type().IsObjectType() || source.Type().IsMapType() {
		return e.fail(n.Source.Range(), "Not a list", fmt.Sprintf("[*] goes over a list; this is %s.", describe(source)))
	}
	var list []cty.Value
	for _, v := range values {
		x, ok := e.eval(n.Each, &scope{parent: s, item: n.Item, value: v})
		if !ok {
			return cty.DynamicVal, false
		}
		list = append(list, x)
	}
	return e.made(n.SrcRange, cty.TupleVal(list))
}
