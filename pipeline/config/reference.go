package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// A ReferenceDoc describes every block and attribute of a language. It is made
// from the structs that decoding fills, so that it cannot differ from them.
type ReferenceDoc struct {
	Blocks    []ReferenceBlock // by kind, then type
	Functions []string         // usage of each function
}

// A ReferenceBlock describes one kind of block, or one type of a kind.
type ReferenceBlock struct {
	Word       string   // what opens it: method
	Type       string   // the first label, where types differ: lora
	Labels     []string // what its labels are called
	Doc        string
	Max        int // largest number; 0 means any
	Points     bool
	Like       bool
	Attributes []ReferenceAttribute
	Blocks     []ReferenceBlock
}

// A ReferenceAttribute describes one attribute.
type ReferenceAttribute struct {
	Name     string
	Type     string // in words: whole number
	Default  string // as written in a file; "" if there is none
	Required bool
	Unit     string
	Doc      string
	Source   string
	goType   reflect.Type
	refKind  string
}

// Reference describes kinds, in alphabetical order.
func Reference(kinds Kinds) *ReferenceDoc {
	doc := &ReferenceDoc{}
	for _, name := range functionNames() {
		doc.Functions = append(doc.Functions, functions[name].usage)
	}
	for _, word := range slices.Sorted(maps.Keys(kinds)) {
		kind := kinds[word]
		types := []string{""}
		if kind.Types != nil {
			types = slices.Sorted(slices.Values(kind.Types()))
		}
		for _, t := range types {
			labels := make([]string, len(kind.Labels))
			for i := range labels {
				labels[i] = "name"
			}
			if t != "" {
				labels[0] = t
			}
			ptr, err := kind.New(labels)
			if err != nil {
				continue // the constructor refuses a type that it lists: nothing can be said of it
			}
			b := describeBlock(word, ptr, nil)
			b.Type, b.Labels, b.Doc, b.Max = t, kind.Labels, kind.Doc, kind.Max
			b.Points, b.Like = kind.Points, kind.Like
			doc.Blocks = append(doc.Blocks, b)
		}
	}
	return doc
}

// describeBlock lists what the struct of a block takes. outer are the structs
// around it, so that one which contains itself is described once.
func describeBlock(word string, ptr any, outer []reflect.Type) ReferenceBlock {
	s := schemaOf(ptr)
	b := ReferenceBlock{Word: word}
	for _, f := range s.labels {
		b.Labels = append(b.Labels, f.name)
	}
	for _, f := range s.order {
		if s.attrs[f.name] == f {
			b.Attributes = append(b.Attributes, describeAttribute(f))
			continue
		}
		t, many := f.value.Type(), false
		if t.Kind() == reflect.Slice {
			t, many = t.Elem(), true
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if slices.Contains(outer, t) {
			continue
		}
		inner := nestedDefault(f.value, t)
		n := describeBlock(f.name, inner, append(slices.Clone(outer), t))
		n.Doc = f.tag.Get("doc")
		if !many {
			n.Max = 1
		}
		b.Blocks = append(b.Blocks, n)
	}
	return b
}

// nestedDefault makes the struct of a nested block as decoding would. A block
// whose label chooses what it holds has no label here, and shows none of it.
func nestedDefault(v reflect.Value, t reflect.Type) any {
	ptr := reflect.New(t)
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		ptr.Elem().Set(v.Elem())
	case v.Kind() == reflect.Struct:
		ptr.Elem().Set(v)
	}
	if x, ok := ptr.Interface().(initializer); ok {
		if err := x.Init(); err != nil {
			return reflect.New(t).Interface()
		}
	}
	return ptr.Interface()
}

func describeAttribute(f *field) ReferenceAttribute {
	a := ReferenceAttribute{
		Name: f.name, Required: !f.optional,
		Type:   typeName(f.value.Type(), f.tag.Get("ref")),
		Unit:   f.tag.Get("unit"),
		Doc:    f.tag.Get("doc"),
		Source: f.tag.Get("source"),
		goType: f.value.Type(), refKind: f.tag.Get("ref"),
	}
	if f.optional && !emptyDefault(f.value) {
		a.Default = literal(f.value)
	}
	return a
}

// emptyDefault tells whether a default says nothing: no text, list, map,
// pointer or reference. A zero number or false is a default like any other.
func emptyDefault(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.String, reflect.Pointer, reflect.Struct:
		return v.IsZero()
	}
	return false
}

// literal writes a default as it would stand in a file: HCL reads numbers,
// texts, lists and maps as JSON writes them.
func literal(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Ref:
		return x.String()
	case Path:
		return strconv.Quote(x.Text)
	}
	out, err := json.Marshal(v.Interface())
	if err != nil {
		panic(fmt.Sprintf("config: the default of a field of type %s: %v", v.Type(), err))
	}
	return string(out)
}

// typeName names a type in the few words that fit a table.
func typeName(t reflect.Type, kind string) string {
	switch t {
	case refStruct:
		if kind == "" {
			return "reference"
		}
		return "reference to a " + kind
	case pathStruct:
		return "path"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem(), kind)
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list: " + typeName(t.Elem(), kind)
	case reflect.Map:
		return "map: " + typeName(t.Elem(), kind)
	}
	return t.String()
}
