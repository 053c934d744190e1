package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Markdown writes the reference as a page: a section for each block, a table
// of its attributes.
func (r *ReferenceDoc) Markdown(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Reference of the experiment language\n\n")
	b.WriteString("Made from the program's own structs by `runexp`; every default is the one in use.\n\n")
	b.WriteString("Besides the blocks below, `variable \"name\" { default = … }` declares a value that `-var name=value` sets, and `locals { name = … }` names values. ")
	b.WriteString("Expressions refer to `var.name`, `local.name` and to blocks as `kind.name`.\n")
	for _, block := range r.Blocks {
		block.markdown(&b, 2, "")
	}
	b.WriteString("\n## Functions\n\n")
	for _, f := range r.Functions {
		fmt.Fprintf(&b, "- `%s`\n", f)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (b ReferenceBlock) markdown(w *bytes.Buffer, level int, within string) {
	title := b.Word
	for i, label := range b.Labels {
		if i == 0 && b.Type != "" {
			label = b.Type
		}
		title += fmt.Sprintf(" %q", label)
	}
	fmt.Fprintf(w, "\n%s `%s`%s\n", strings.Repeat("#", min(level, 6)), title, within)
	var notes []string
	if b.Doc != "" {
		notes = append(notes, cell(sentenceText(b.Doc)))
	}
	if b.Max == 1 {
		notes = append(notes, "At most one.")
	} else if b.Max > 1 {
		notes = append(notes, fmt.Sprintf("At most %d.", b.Max))
	}
	if b.Like {
		notes = append(notes, "May start from another block: `like = "+b.Word+".name`.")
	}
	if b.Points {
		notes = append(notes, "May hold `sweep`, `zip` inside it, and `exclude` blocks.")
	}
	if len(b.Attributes)+len(b.Blocks) == 0 {
		notes = append(notes, "What it holds depends on its label.")
	}
	if notes != nil {
		w.WriteString("\n" + strings.Join(notes, " ") + "\n")
	}
	if len(b.Attributes) > 0 {
		w.WriteString("\n| attribute | takes | default | meaning |\n|---|---|---|---|\n")
	}
	for _, a := range b.Attributes {
		def := "—"
		switch {
		case a.Required:
			def = "required"
		case a.Default != "":
			def = "`" + a.Default + "`"
		}
		if a.Unit != "" {
			def += " " + a.Unit
		}
		meaning := a.Doc
		if a.Source != "" {
			meaning = strings.TrimSpace(meaning + " (" + a.Source + ")")
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", a.Name, cell(a.Type), cell(def), cell(meaning))
	}
	for _, inner := range b.Blocks {
		inner.markdown(w, level+1, " in `"+title+"`"+within)
	}
}

// cell keeps text inside a table's cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

func sentenceText(s string) string { return capitalise(strings.TrimSuffix(s, ".")) + "." }

// JSONSchema writes the reference as a schema (draft 2020-12) of the files'
// contents as JSON: labels become keys, references texts such as "model.base".
// Editors and scripts use it for completion and checks.
func (r *ReferenceDoc) JSONSchema(w io.Writer) error {
	properties := map[string]any{}
	for _, b := range r.Blocks {
		schema := b.schema()
		if b.Type != "" {
			typed, _ := properties[b.Word].(map[string]any)
			if typed == nil {
				typed = map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": false}
				properties[b.Word] = typed
			}
			typed["properties"].(map[string]any)[b.Type] = labelled(schema, len(b.Labels)-1)
			continue
		}
		properties[b.Word] = labelled(schema, len(b.Labels))
	}
	properties["variable"] = labelled(map[string]any{
		"type":                 "object",
		"properties":           map[string]any{"default": map[string]any{}, "description": map[string]any{"type": "string"}},
		"additionalProperties": false,
	}, 1)
	properties["locals"] = map[string]any{"type": "object"}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "runexp experiment",
		"type":                 "object",
		"properties":           properties,
		"additionalProperties": false,
	})
}

// labelled wraps a schema in an object for each label, whose keys are names.
func labelled(schema map[string]any, labels int) map[string]any {
	for range labels {
		schema = map[string]any{"type": "object", "additionalProperties": schema}
	}
	return schema
}

func (b ReferenceBlock) schema() map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, a := range b.Attributes {
		s := typeSchema(a.goType, a.refKind)
		if a.Doc != "" {
			s["description"] = a.Doc
		}
		if a.Default != "" {
			s["default"] = a.Default // a reference
			if json.Valid([]byte(a.Default)) {
				s["default"] = json.RawMessage(a.Default)
			}
		}
		if a.Required {
			required = append(required, a.Name)
		}
		properties[a.Name] = s
	}
	for _, inner := range b.Blocks {
		s := labelled(inner.schema(), len(inner.Labels))
		if inner.Max != 1 && len(inner.Labels) == 0 {
			s = map[string]any{"type": "array", "items": s}
		}
		properties[inner.Word] = s
	}
	if b.Like {
		properties["like"] = typeSchema(refStruct, b.Word)
	}
	if b.Points {
		object := map[string]any{"type": "object"}
		properties["sweep"] = map[string]any{"type": "array", "items": object}
		properties["exclude"] = map[string]any{"type": "array", "items": object}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if b.Doc != "" {
		out["description"] = b.Doc
	}
	return out
}

func typeSchema(t reflect.Type, refKind string) map[string]any {
	switch t {
	case refStruct:
		kind := refKind
		if kind == "" {
			kind = "[a-z_]+"
		}
		return map[string]any{"type": "string", "pattern": `^` + kind + `\.[A-Za-z_][A-Za-z0-9_-]*$`}
	case pathStruct:
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeSchema(t.Elem(), refKind)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": typeSchema(t.Elem(), refKind)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": typeSchema(t.Elem(), refKind)}
	}
	return map[string]any{"type": "string"}
}
