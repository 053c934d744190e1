package cache

import (
	"fmt"
	"strconv"
	"strings"
)

// Recipe is the canonical text of everything that decides what a stage
// computes; its hash is the action id. It is written one line per field,
//
//	path = value
//
// with every text quoted, and every slice and map preceded by its length, every
// pointer by &, and what is in an interface by its type, so that two different
// structures never share a text.
type Recipe struct {
	text strings.Builder
}

// NewRecipe begins the recipe of a stage. Numeric names the numeric kernels
// (architecture, fused multiply-add, version) that the stage's results depend
// on; "" says that it depends on none.
func NewRecipe(stage string, version int, numeric string) *Recipe {
	r := &Recipe{}
	r.text.WriteString("runexp recipe 1\n")
	r.line("stage", strconv.Quote(stage))
	r.line("version", strconv.Itoa(version))
	r.line("numeric", strconv.Quote(numeric))
	return r
}

// Struct adds every field of a struct, or of the struct that a pointer leads
// to, under prefix; appendValue has the rules. The name of its own type does not
// count. It panics on a field that cannot count, which is a mistake of the program.
func (r *Recipe) Struct(prefix string, v any) {
	appendValue(r, segment("", prefix), v)
}

// Input adds the output id of an input.
func (r *Recipe) Input(name string, output ID) {
	r.line("input"+key(name), output.String())
}

// File adds the content id of an outside file. Where it lies does not count.
func (r *Recipe) File(name string, content ID) {
	r.line("file"+key(name), content.String())
}

// Text returns the recipe.
func (r *Recipe) Text() []byte { return []byte(r.text.String()) }

// ID returns the action id, the hash of Text.
func (r *Recipe) ID() ID { return Sum(r.Text()) }

func (r *Recipe) line(path, value string) {
	fmt.Fprintf(&r.text, "%s = %s\n", path, value)
}

// segment appends a field's name to a path. Names that are not plain are
// quoted, so that no name can look like a path.
func segment(path, name string) string {
	if !plain(name) {
		return path + key(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// key is a path segment of arbitrary text: ["text"].
func key(text string) string { return "[" + strconv.Quote(text) + "]" }

// plain reports whether a name consists of letters, digits and underscores only.
func plain(name string) bool {
	for _, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}
