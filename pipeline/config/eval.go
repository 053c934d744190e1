package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// An evaluator computes expressions within a budget. It walks over HCL's
// syntax tree itself and hands each node to HCL with its operands already
// computed; so the meaning is HCL's while every step is counted, which HCL's
// own evaluation, one call for a whole tree, does not allow.
type evaluator struct {
	budget  *budget
	globals func(t hcl.Traversal) (cty.Value, int, bool) // value, how many steps of t it took, found
	diags   hcl.Diagnostics
}

// A scope holds the variables of the `for` expressions around a node.
type scope struct {
	parent *scope
	vars   map[string]cty.Value
	item   *hclsyntax.AnonSymbolExpr // of a splat
	value  cty.Value
}

func (s *scope) lookup(name string) (cty.Value, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v, true
		}
	}
	return cty.NilVal, false
}

func (s *scope) lookupItem(item *hclsyntax.AnonSymbolExpr) (cty.Value, bool) {
	for ; s != nil; s = s.parent {
		if s.item == item {
			return s.value, true
		}
	}
	return cty.NilVal, false
}

// evaluate computes expr. The second result is false if a diagnostic, now or
// earlier, says why there is no value. A panic inside HCL or cty becomes a
// diagnostic at the expression.
func (e *evaluator) evaluate(expr hclsyntax.Expression) (v cty.Value, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			e.fail(expr.Range(), "Cannot evaluate this expression", fmt.Sprintf("The evaluator panicked: %v. This is a bug of runexp; please report it with this file.", r))
			v, ok = cty.DynamicVal, false
		}
	}()
	defer e.budget.measure()()
	return e.eval(expr, nil)
}

func (e *evaluator) fail(rng hcl.Range, summary, detail string) (cty.Value, bool) {
	e.diags = append(e.diags, errorAt(rng, summary, "%s", detail))
	return cty.DynamicVal, false
}

// made charges a new value to the budget.
func (e *evaluator) made(rng hcl.Range, v cty.Value) (cty.Value, bool) {
	if err := e.budget.charge(v); err != nil {
		return e.over(rng, err)
	}
	return v, true
}

func (e *evaluator) over(rng hcl.Range, err error) (cty.Value, bool) {
	if d := limitError(rng, err); d != nil {
		e.diags = append(e.diags, d)
	}
	return cty.DynamicVal, false
}

// shallow lets HCL compute one node whose operands are literals.
func (e *evaluator) shallow(node hclsyntax.Expression) (cty.Value, bool) {
	v, diags := node.Value(nil)
	if diags.HasErrors() {
		for _, d := range diags {
			subject := node.Range()
			if d.Subject != nil {
				subject = *d.Subject
			}
			e.fail(subject, d.Summary, d.Detail)
		}
		return cty.DynamicVal, false
	}
	return e.made(node.Range(), v)
}

// operands computes several nodes, all of them even if one fails, and returns
// them as literals at the same places.
func (e *evaluator) operands(s *scope, nodes ...hclsyntax.Expression) ([]hclsyntax.Expression, bool) {
	out, all := make([]hclsyntax.Expression, len(nodes)), true
	for i, n := range nodes {
		v, ok := e.eval(n, s)
		all = all && ok
		out[i] = &hclsyntax.LiteralValueExpr{Val: v, SrcRange: n.Range()}
	}
	return out, all
}

// readable counts what HCL is about to read or copy as a whole. Without it a
// list compared in a loop, or a text repeated in a template, would cost much
// more than was ever built.
func (e *evaluator) readable(in []hclsyntax.Expression) bool {
	bytes := 0
	for _, x := range in {
		lit := x.(*hclsyntax.LiteralValueExpr)
		switch t := lit.Val.Type(); {
		case t == cty.String && !lit.Val.IsNull():
			bytes += len(lit.Val.AsString())
		case !t.IsPrimitiveType():
			if err := e.budget.charge(lit.Val); err != nil {
				e.over(lit.SrcRange, err)
				return false
			}
		}
	}
	if err := e.budget.reserve(bytes); err != nil {
		e.over(in[0].Range(), err)
		return false
	}
	return true
}

func (e *evaluator) eval(expr hclsyntax.Expression, s *scope) (cty.Value, bool) {
	if err := e.budget.spend(1, 0); err != nil {
		return e.over(expr.Range(), err)
	}
	switch n := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.made(n.SrcRange, n.Val)
	case *hclsyntax.ParenthesesExpr:
		return e.eval(n.Expression, s)
	case *hclsyntax.TemplateWrapExpr:
		return e.eval(n.Wrapped, s)
	case *hclsyntax.ScopeTraversalExpr:
		return e.traverse(n, s)
	case *hclsyntax.RelativeTraversalExpr:
		in, ok := e.operands(s, n.Source)
		if !ok {
			return cty.DynamicVal, false
		}
		return e.shallow(&hclsyntax.RelativeTraversalExpr{Source: in[0], Traversal: n.Traversal, SrcRange: n.SrcRange})
	case *hclsyntax.IndexExpr:
		in, ok := e.operands(s, n.Collection, n.Key)
		if !ok {
			return cty.DynamicVal, false
		}
		return e.shallow(&hclsyntax.IndexExpr{Collection: in[0], Key: in[1], SrcRange: n.SrcRange, OpenRange: n.OpenRange, BracketRange: n.BracketRange})
	case *hclsyntax.UnaryOpExpr:
		in, ok := e.operands(s, n.Val)
		if !ok {
			return cty.DynamicVal, false
		}
		return e.shallow(&hclsyntax.UnaryOpExpr{Op: n.Op, Val: in[0], SrcRange: n.SrcRange, SymbolRange: n.SymbolRange})
	case *hclsyntax.BinaryOpExpr:
		in, ok := e.operands(s, n.LHS, n.RHS)
		if !ok || !e.readable(in) {
			return cty.DynamicVal, false
		}
		if n.Op == hclsyntax.OpDivide || n.Op == hclsyntax.OpModulo {
			if d := in[1].(*hclsyntax.LiteralValueExpr).Val; d.Type() == cty.Number && !d.IsNull() && d.AsBigFloat().Sign() == 0 {
				return e.fail(n.SrcRange, "Division by zero", "The divisor is 0.")
			}
		}
		return e.shallow(&hclsyntax.BinaryOpExpr{LHS: in[0], Op: n.Op, RHS: in[1], SrcRange: n.SrcRange})
	case *hclsyntax.ConditionalExpr:
		in, ok := e.operands(s, n.Condition, n.TrueResult, n.FalseResult)
		if !ok || !e.readable(in) {
			return cty.DynamicVal, false
		}
		return e.shallow(&hclsyntax.ConditionalExpr{Condition: in[0], TrueResult: in[1], FalseResult: in[2], SrcRange: n.SrcRange})
	case *hclsyntax.TemplateExpr:
		return e.template(n, s)
	case *hclsyntax.TemplateJoinExpr:
		in, ok := e.operands(s, n.Tuple)
		if !ok || !e.readable(in) {
			return cty.DynamicVal, false
		}
		return e.shallow(&hclsyntax.TemplateJoinExpr{Tuple: in[0]})
	case *hclsyntax.TupleConsExpr:
		return e.tuple(n, s)
	case *hclsyntax.ObjectConsExpr:
		return e.object(n, s)
	case *hclsyntax.ObjectConsKeyExpr:
		if name := hcl.ExprAsKeyword(n.Wrapped); name != "" && !n.ForceNonLiteral {
			return e.made(n.Range(), cty.StringVal(name))
		}
		return e.eval(n.Wrapped, s)
	case *hclsyntax.FunctionCallExpr:
		return e.call(n, s)
	case *hclsyntax.ForExpr:
		return e.forExpr(n, s)
	case *hclsyntax.SplatExpr:
		return e.splat(n, s)
	case *hclsyntax.AnonSymbolExpr:
		v, ok := s.lookupItem(n)
		return v, ok
	}
	return e.fail(expr.Range(), "Unsupported expression", fmt.Sprintf("An expression of this kind (%T) has no meaning here.", expr))
}

func (e *evaluator) traverse(n *hclsyntax.ScopeTraversalExpr, s *scope) (cty.Value, bool) {
	v, ok := s.lookup(n.Traversal.RootName())
	taken := 1
	if !ok {
		if v, taken, ok = e.globals(n.Traversal); !ok {
			return cty.DynamicVal, false
		}
	}
	if taken == len(n.Traversal) {
		return v, true // nothing new was made
	}
	out, diags := n.Traversal[taken:].TraverseRel(v)
	if diags.HasErrors() {
		return e.fail(n.SrcRange, diags[0].Summary, diags[0].Detail)
	}
	return e.made(n.SrcRange, out)
}

func (e *evaluator) template(n *hclsyntax.TemplateExpr, s *scope) (cty.Value, bool) {
	in, ok := e.operands(s, n.Parts...)
	if !ok || !e.readable(in) {
		return cty.DynamicVal, false
	}
	return e.shallow(&hclsyntax.TemplateExpr{Parts: in, SrcRange: n.SrcRange})
}

func (e *evaluator) call(n *hclsyntax.FunctionCallExpr, s *scope) (cty.Value, bool) {
	f, known := functions[n.Name]
	if !known {
		return e.fail(n.NameRange, fmt.Sprintf("No function is named %q", n.Name), allowed(n.Name, "functions", functionNames()))
	}
	var args []cty.Value
	all := true
	for i, a := range n.Args {
		v, ok := e.eval(a, s)
		if !ok {
			all = false
			continue
		}
		if n.ExpandFinal && i == len(n.Args)-1 {
			_, values, isList := elements(v)
			if !isList {
				e.fail(a.Range(), "Not a list", fmt.Sprintf("... spreads a list over the arguments; this is %s.", describe(v)))
				all = false
			}
			args = append(args, values...)
			continue
		}
		args = append(args, v)
	}
	if !all {
		return cty.DynamicVal, false
	}
	rng := n.Range()
	v, err := f.call(e.budget, args)
	switch err := err.(type) {
	case nil:
		return e.made(rng, v)
	case *argumentError:
		at := rng
		if err.index < len(n.Args) && !n.ExpandFinal {
			at = n.Args[err.index].Range()
		}
		return e.fail(at, fmt.Sprintf("Wrong argument of %s", n.Name), fmt.Sprintf("%s Usage: %s.", err.Error(), f.usage))
	}
	return e.over(rng, err)
}
