package config

import (
	"fmt"
	"math"
	"math/big"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxPathBytes is the longest path a file may name, that of Linux.
const maxPathBytes = 4096

var (
	refStruct  = reflect.TypeFor[Ref]()
	pathStruct = reflect.TypeFor[Path]()
)

// A conversion puts evaluated values into fields of Go structs. It accepts
// only what is meant: a text is no number, and a number that the field cannot
// hold (whole numbers exactly, floats as the nearest finite one) is an error.
type conversion struct {
	dir   string // folder of the file, for paths
	diags hcl.Diagnostics
}

// assign sets dst from v. src is the expression that gave v, for positions;
// what names the attribute in messages.
func (c *conversion) assign(dst reflect.Value, v cty.Value, src hclsyntax.Expression, what string, kind string) bool {
	wrong := func() bool {
		c.diags = append(c.diags, errorAt(src.Range(), "Wrong type for "+what, "%s must be %s; this is %s.", start(what), expected(dst.Type(), kind), describe(v)))
		return false
	}
	if v.IsNull() || !v.IsKnown() {
		return wrong()
	}
	switch dst.Type() {
	case refStruct:
		return c.assignRef(dst, v, src, what, kind, wrong)
	case pathStruct:
		return c.assignPath(dst, v, src, what, wrong)
	}
	t := v.Type()
	switch dst.Kind() {
	case reflect.Pointer:
		p := reflect.New(dst.Type().Elem())
		if !c.assign(p.Elem(), v, src, what, kind) {
			return false
		}
		dst.Set(p)
	case reflect.Bool:
		if t != cty.Bool {
			return wrong()
		}
		dst.SetBool(v.True())
	case reflect.String:
		if t != cty.String {
			return wrong()
		}
		if strings.ContainsRune(v.AsString(), 0) {
			c.diags = append(c.diags, errorAt(src.Range(), "Invalid text for "+what, "A text must not contain the character U+0000."))
			return false
		}
		dst.SetString(v.AsString())
	case reflect.Int, reflect.Int64, reflect.Int32:
		if t != cty.Number {
			return wrong()
		}
		i, accuracy := v.AsBigFloat().Int64()
		if accuracy != big.Exact && v.AsBigFloat().IsInt() || dst.OverflowInt(i) {
			c.diags = append(c.diags, errorAt(src.Range(), "Number out of range", "%s is a whole number of %d bits; this is %s.", start(what), dst.Type().Bits(), bigDecimal(v.AsBigFloat())))
			return false
		}
		if accuracy != big.Exact {
			return wrong()
		}
		dst.SetInt(i)
	case reflect.Uint64:
		if t != cty.Number {
			return wrong()
		}
		u, accuracy := v.AsBigFloat().Uint64()
		// Float.Uint64 calls 1 the exact value of 1.5, so ask for wholeness too.
		if accuracy != big.Exact || !v.AsBigFloat().IsInt() {
			return wrong()
		}
		dst.SetUint(u)
	case reflect.Float64:
		if t != cty.Number {
			return wrong()
		}
		x, _ := v.AsBigFloat().Float64()
		if math.IsInf(x, 0) || x == 0 && v.AsBigFloat().Sign() != 0 {
			c.diags = append(c.diags, errorAt(src.Range(), "Number out of range", "%s does not fit into a 64-bit floating-point number; this is %s.", start(what), bigDecimal(v.AsBigFloat())))
			return false
		}
		if x == 0 {
			x = 0 // also for -0
		}
		dst.SetFloat(x)
	case reflect.Slice:
		return c.assignSlice(dst, v, src, what, kind, wrong)
	case reflect.Map:
		return c.assignMap(dst, v, src, what, kind, wrong)
	default:
		panic(fmt.Sprintf("config: attribute %q: a field of type %s cannot be decoded", what, dst.Type()))
	}
	return true
}

func (c *conversion) assignRef(dst reflect.Value, v cty.Value, src hclsyntax.Expression, what, kind string, wrong func() bool) bool {
	if v.Type() != refType {
		return wrong()
	}
	r := v.EncapsulatedValue().(*target)
	if kind != "" && r.kind != kind {
		return wrong()
	}
	dst.Set(reflect.ValueOf(Ref{Kind: r.kind, Name: r.name, Range: src.Range()}))
	return true
}

func (c *conversion) assignPath(dst reflect.Value, v cty.Value, src hclsyntax.Expression, what string, wrong func() bool) bool {
	if v.Type() != cty.String {
		return wrong()
	}
	text := v.AsString()
	switch {
	case text == "":
		c.diags = append(c.diags, errorAt(src.Range(), "Empty path", "%s must name a file or folder.", start(what)))
		return false
	case len(text) > maxPathBytes || strings.ContainsRune(text, 0):
		c.diags = append(c.diags, errorAt(src.Range(), "Invalid path", "A path has at most %d bytes and no character U+0000.", maxPathBytes))
		return false
	}
	abs := filepath.FromSlash(text)
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(c.dir, abs)
	}
	dst.Set(reflect.ValueOf(Path{Text: text, Abs: abs}))
	return true
}

func (c *conversion) assignSlice(dst reflect.Value, v cty.Value, src hclsyntax.Expression, what, kind string, wrong func() bool) bool {
	t := v.Type()
	var values []cty.Value
	switch {
	case t == cty.String && isText(dst.Type().Elem()):
		values = []cty.Value{v} // one text is a list of one
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		_, values, _ = elements(v)
	default:
		return wrong()
	}
	out := reflect.MakeSlice(dst.Type(), len(values), len(values))
	ok := true
	for i, x := range values {
		at := src
		if list, written := src.(*hclsyntax.TupleConsExpr); written && i < len(list.Exprs) {
			at = list.Exprs[i]
		}
		ok = c.assign(out.Index(i), x, at, "each element of "+strings.TrimPrefix(what, "each element of "), kind) && ok
	}
	dst.Set(out)
	return ok
}

// isText reports whether a text in quotes fits a field of a type.
func isText(t reflect.Type) bool { return t == pathStruct || t.Kind() == reflect.String }

func (c *conversion) assignMap(dst reflect.Value, v cty.Value, src hclsyntax.Expression, what, kind string, wrong func() bool) bool {
	t := v.Type()
	if !t.IsObjectType() && !t.IsMapType() {
		return wrong()
	}
	out := reflect.MakeMap(dst.Type())
	keys, values, _ := elements(v)
	ok := true
	for i, x := range values {
		at := src
		if written, isLiteral := src.(*hclsyntax.ObjectConsExpr); isLiteral {
			at = valueExpr(written, keys[i].AsString())
		}
		element := reflect.New(dst.Type().Elem()).Elem()
		ok = c.assign(element, x, at, fmt.Sprintf("%s[%q]", what, keys[i].AsString()), kind) && ok
		out.SetMapIndex(reflect.ValueOf(keys[i].AsString()).Convert(dst.Type().Key()), element)
	}
	dst.Set(out)
	return ok
}

// start begins a sentence; the name of an attribute stays as it is written.
func start(what string) string {
	if strings.Contains(what, " ") {
		return capitalise(what)
	}
	return what
}

// valueExpr finds the expression of a key that is written out in a map.
func valueExpr(object *hclsyntax.ObjectConsExpr, key string) hclsyntax.Expression {
	for _, item := range object.Items {
		if k, ok := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); ok && hcl.ExprAsKeyword(k.Wrapped) == key {
			return item.ValueExpr
		}
		if v, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && v.Type() == cty.String && v.IsKnown() && v.AsString() == key {
			return item.ValueExpr
		}
	}
	return object
}

// expected says in words what an attribute of a type takes.
func expected(t reflect.Type, kind string) string {
	switch t {
	case refStruct:
		if kind != "" {
			return fmt.Sprintf("a reference to a %s, such as %s.name", kind, kind)
		}
		return "a reference, such as model.name"
	case pathStruct:
		return "a path in quotes"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return expected(t.Elem(), kind)
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text in quotes"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number from 0 up"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		if isText(t.Elem()) {
			return expected(t.Elem(), kind) + ", or a list of such in brackets"
		}
		return "a list in brackets, each element " + expected(t.Elem(), kind)
	case reflect.Map:
		return "a map in braces, each value " + expected(t.Elem(), kind)
	}
	return t.String()
}
