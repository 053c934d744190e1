package cache

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// KeyTexter is implemented by types that say themselves what counts of them.
type KeyTexter interface{ KeyText() string }

var (
	keyTexter     = reflect.TypeFor[KeyTexter]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// maxDepth bounds nesting, so that a structure that contains itself is found.
const maxDepth = 100

// appendValue writes v and all it holds to the recipe.
//
//   - Every exported field counts, also when it is zero, unless its tag says
//     key:"-". A field goes by its hcl name, else by its Go name; the order of
//     fields in the struct does not count.
//   - Fields of function type, and source ranges (hcl.Range), never count.
//   - Floats are written in the shortest form that reads back the same, so
//     1e-4 and 0.0001 are one; -0 differs from 0, and all NaN are one.
//   - A nil slice, map or pointer differs from an empty one: absent and
//     explicitly empty may mean different things to a stage.
//   - Maps are written in the order of their keys.
//   - An interface counts with the name of the concrete type in it.
//   - A type with a method KeyText() string is written as that text; one that
//     hides all its fields must have that, or MarshalText.
func appendValue(r *Recipe, path string, v any) {
	w, value := recipeWriter{r}, reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if !value.IsValid() {
		w.r.line(path, "nil")
		return
	}
	w.value(path, value, 0)
}

type recipeWriter struct{ r *Recipe }

// dynamic writes a value whose type the path does not determine: a line with the
// type's name comes first, as one with & does for what a pointer leads to.
func (w recipeWriter) dynamic(path string, v reflect.Value, depth int) {
	if !v.IsValid() {
		w.r.line(path, "nil")
		return
	}
	w.r.line(path, "type "+strconv.Quote(typeName(v.Type())))
	w.value(path, v, depth)
}

func (w recipeWriter) value(path string, v reflect.Value, depth int) {
	if depth > maxDepth {
		panic(fmt.Sprintf("cache: Recipe: %s nests deeper than %d", path, maxDepth))
	}
	if text, ok := ownText(v); ok {
		w.r.line(path, "text "+strconv.Quote(text))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		w.r.line(path, strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.r.line(path, strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.r.line(path, strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		w.r.line(path, floatText(v.Float(), v.Type().Bits()))
	case reflect.String:
		w.r.line(path, strconv.Quote(v.String()))
	case reflect.Pointer:
		if v.IsNil() {
			w.r.line(path, "nil")
			return
		}
		w.r.line(path, "&")
		w.value(path, v.Elem(), depth+1)
	case reflect.Interface:
		w.dynamic(path, v.Elem(), depth+1)
	case reflect.Slice:
		if v.IsNil() {
			w.r.line(path, "nil")
			return
		}
		w.list(path, v, depth)
	case reflect.Array:
		w.list(path, v, depth)
	case reflect.Map:
		w.table(path, v, depth)
	case reflect.Struct:
		w.fields(path, v, depth)
	default:
		panic(fmt.Sprintf("cache: Recipe: %s has type %s, which has no canonical text; tag it key:\"-\"", path, v.Type()))
	}
}

func (w recipeWriter) list(path string, v reflect.Value, depth int) {
	w.r.line(path, fmt.Sprintf("list %d", v.Len()))
	for i := range v.Len() {
		w.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i), depth+1)
	}
}

// table writes a map. Its keys are of kind string, bool or a number.
func (w recipeWriter) table(path string, v reflect.Value, depth int) {
	if v.IsNil() {
		w.r.line(path, "nil")
		return
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	var entries []entry
	for k, item := range v.Seq2() {
		var text string
		switch k.Kind() {
		case reflect.String:
			text = strconv.Quote(k.String())
		case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			text = fmt.Sprint(k.Interface())
		default:
			panic(fmt.Sprintf("cache: Recipe: %s has keys of type %s, which have no canonical text; tag it key:\"-\"", path, k.Type()))
		}
		entries = append(entries, entry{text, item})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].key < entries[j].key })
	w.r.line(path, fmt.Sprintf("map %d", len(entries)))
	for _, e := range entries {
		w.value(path+"["+e.key+"]", e.value, depth+1)
	}
}

// fields writes the fields of a struct in the order of their names.
func (w recipeWriter) fields(path string, v reflect.Value, depth int) {
	t := v.Type()
	counted := countedFields(t)
	if len(counted) == 0 && t.NumField() > 0 && hidesAll(t) {
		panic(fmt.Sprintf("cache: Recipe: %s has type %s, which hides all its fields; give it KeyText() string or tag the field key:\"-\"", path, t))
	}
	for _, f := range counted {
		w.value(segment(path, f.name), v.Field(f.index), depth+1)
	}
}

type countedField struct {
	name  string
	index int
}

// countedFields lists the fields of a struct type that count, by name.
func countedFields(t reflect.Type) []countedField {
	var fields []countedField
	used := map[string]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.PkgPath != "" && !(f.Anonymous && f.Type.Kind() == reflect.Struct) || f.Tag.Get("key") == "-" || neverCounts(f.Type) {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("hcl"), ",")
		if name == "" {
			name = f.Name
		}
		used[name]++
		fields = append(fields, countedField{name, i})
	}
	for i := range fields { // one hcl name for two fields: tell them apart by their Go names
		if used[fields[i].name] > 1 {
			fields[i].name += "/" + t.Field(fields[i].index).Name
		}
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].name < fields[j].name })
	return fields
}

// hidesAll reports whether a struct has no exported field at all.
func hidesAll(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).PkgPath == "" {
			return false
		}
	}
	return true
}

// neverCounts reports whether fields of a type say nothing about results:
// functions, and places in source files.
func neverCounts(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Kind() == reflect.Func || t.Name() == "Range" && strings.HasSuffix(t.PkgPath(), "hashicorp/hcl/v2")
}

// ownText returns what a value says of itself, by KeyText, or by MarshalText if
// it is a struct that hides its fields.
func ownText(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || !v.CanInterface() {
		return "", false // what they lead to, or the fields of what is embedded, are asked
	}
	t := v.Type()
	marshals := t.Kind() == reflect.Struct && hidesAll(t) && reflect.PointerTo(t).Implements(textMarshaler)
	if !reflect.PointerTo(t).Implements(keyTexter) && !marshals {
		return "", false
	}
	refusePromoted(t)
	copied := reflect.New(t)
	copied.Elem().Set(v)
	if k, ok := copied.Interface().(KeyTexter); ok {
		return k.KeyText(), true
	}
	text, err := copied.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		panic(fmt.Sprintf("cache: Recipe: text of a %s: %v", t, err))
	}
	return string(text), true
}

// refusePromoted panics if a struct may have KeyText only from what it embeds:
// its own fields would then be left out unseen.
func refusePromoted(t reflect.Type) {
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && (f.Type.Implements(keyTexter) || reflect.PointerTo(f.Type).Implements(keyTexter)) {
			panic(fmt.Sprintf("cache: Recipe: %s embeds %s, whose KeyText would stand for the whole; make it a named field", t, f.Type))
		}
	}
}

func floatText(x float64, bits int) string {
	if math.IsNaN(x) {
		return "NaN"
	}
	return strconv.FormatFloat(x, 'g', -1, bits)
}

// typeName names a type with its whole package path.
func typeName(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Pointer && t.Name() == "":
		return "*" + typeName(t.Elem())
	case t.PkgPath() != "":
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}
