package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A field is one tagged field of a struct that is being decoded.
type field struct {
	name     string
	optional bool
	value    reflect.Value // settable
	tag      reflect.StructTag
}

// A schema lists what a body may hold, taken from a struct's tags. It is made
// from a value, not a type, because an inlined interface may hold any struct.
type schema struct {
	attrs      map[string]*field
	blocks     map[string]*field
	labels     []*field
	order      []*field // attributes and blocks as declared
	validators []validator
}

type validator interface{ Validate() []error }

// initializer is the hook for the defaults of a nested block.
type initializer interface{ Init() error }

// schemaOf reads the tags of the struct that ptr points to. Tags are code, so
// a mistake in them panics.
func schemaOf(ptr any) *schema {
	v := reflect.ValueOf(ptr)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: a block decodes into a pointer to a struct, not %T", ptr))
	}
	s := &schema{attrs: map[string]*field{}, blocks: map[string]*field{}}
	s.add(v)
	return s
}

func (s *schema) add(ptr reflect.Value) {
	if v, ok := ptr.Interface().(validator); ok {
		s.validators = append(s.validators, v)
	}
	v := ptr.Elem()
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		tag, ok := sf.Tag.Lookup("hcl")
		if !ok {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		f := &field{name: name, value: v.Field(i), tag: sf.Tag}
		switch option {
		case "inline":
			s.inline(v.Field(i))
			continue
		case "label":
			s.labels = append(s.labels, f)
			continue
		case "", "optional":
			f.optional = option == "optional"
			s.declare(v.Type(), f, s.attrs)
		case "block":
			s.declare(v.Type(), f, s.blocks)
		default:
			panic(fmt.Sprintf("config: %s.%s: unknown option %q in its hcl tag", v.Type(), sf.Name, option))
		}
	}
}

func (s *schema) declare(in reflect.Type, f *field, where map[string]*field) {
	if f.name == "" || s.attrs[f.name] != nil || s.blocks[f.name] != nil {
		panic(fmt.Sprintf("config: %s: the name %q is empty or declared twice in one body", in, f.name))
	}
	where[f.name] = f
	s.order = append(s.order, f)
}

// inline adds the fields of a struct, of a pointer to one, or of the pointer
// that an interface holds. Nil adds none.
func (s *schema) inline(v reflect.Value) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch {
	case !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil():
	case v.Kind() == reflect.Struct:
		s.add(v.Addr())
	case v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct:
		s.add(v)
	default:
		panic(fmt.Sprintf("config: cannot inline a %s", v.Type()))
	}
}

func (s *schema) attrNames() []string  { return slices.Sorted(maps.Keys(s.attrs)) }
func (s *schema) blockNames() []string { return slices.Sorted(maps.Keys(s.blocks)) }
