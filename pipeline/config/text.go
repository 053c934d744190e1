package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// textOf writes the value of a field canonically: numbers as shortest
// decimals, texts bare where nothing can be mistaken, lists in brackets.
func textOf(v reflect.Value, tag reflect.StructTag) string {
	switch v.Type() {
	case refStruct:
		r := v.Interface().(Ref)
		if tag.Get("ref") != "" {
			return r.Name
		}
		return r.String()
	case pathStruct:
		return bare(v.Interface().(Path).Text)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return textOf(v.Elem(), tag)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.String:
		return bare(v.String())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float64:
		return decimal(v.Float())
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, textOf(v.Index(i), tag))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case reflect.Map:
		var parts []string
		for _, k := range v.MapKeys() {
			parts = append(parts, bare(k.String())+"="+textOf(v.MapIndex(k), tag))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	panic(fmt.Sprintf("config: a field of type %s has no text", v.Type()))
}

// bare leaves the quotes off a text that reads the same without them.
func bare(s string) string {
	for _, c := range []byte(s) {
		plain := c == '_' || c == '-' || c == '.' || c == '/' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !plain {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// fingerprint writes a decoded struct with its nested blocks; two structs have
// the same one if they say the same.
func fingerprint(ptr any) string {
	var b strings.Builder
	s := schemaOf(ptr)
	for _, f := range s.labels {
		fmt.Fprintf(&b, "%q ", f.value.String())
	}
	for _, f := range s.order {
		if s.attrs[f.name] == f {
			fmt.Fprintf(&b, "%s=%s\n", f.name, textOf(f.value, f.tag))
			continue
		}
		eachBlock(f.value, func(inner any) { fmt.Fprintf(&b, "%s{%s}\n", f.name, fingerprint(inner)) })
	}
	return b.String()
}

// eachBlock calls fn with a pointer to each nested struct of a block field.
func eachBlock(v reflect.Value, fn func(ptr any)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fn(v.Interface())
		}
	case reflect.Struct:
		fn(v.Addr().Interface())
	case reflect.Slice:
		for i := range v.Len() {
			eachBlock(v.Index(i), fn)
		}
	}
}

// dependencies lists the blocks that the points refer to, each once.
func dependencies(points []*Point) []Ref {
	first := map[string]Ref{}
	var collect func(ptr any)
	collect = func(ptr any) {
		s := schemaOf(ptr)
		for _, f := range s.order {
			if s.blocks[f.name] == f {
				eachBlock(f.value, collect)
				continue
			}
			if f.tag.Get("edge") == "-" {
				continue
			}
			switch refs := f.value.Interface().(type) {
			case Ref:
				if !refs.IsZero() {
					keepFirst(first, refs)
				}
			case []Ref:
				for _, r := range refs {
					keepFirst(first, r)
				}
			}
		}
	}
	for _, p := range points {
		collect(p.Config)
	}
	var out []Ref
	for _, r := range first {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Ref) int { return strings.Compare(a.String(), b.String()) })
	return out
}

func keepFirst(refs map[string]Ref, r Ref) {
	if _, ok := refs[r.String()]; !ok {
		refs[r.String()] = r
	}
}
