package config

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestReference(t *testing.T) {
	kinds := testKinds()
	method := kinds["method"]
	method.Doc = "a way to adapt a model"
	kinds["method"] = method
	doc := Reference(kinds)
	var page, schema bytes.Buffer
	if err := doc.Markdown(&page); err != nil {
		t.Fatal(err)
	}
	if err := doc.JSONSchema(&schema); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/reference.md", page.Bytes())
	golden(t, "testdata/reference.schema.json", schema.Bytes())
	if !json.Valid(schema.Bytes()) {
		t.Error("the schema is no JSON")
	}
}

// TestReferenceIsComplete checks that what decoding accepts is what the
// reference lists.
func TestReferenceIsComplete(t *testing.T) {
	for _, b := range Reference(testKinds()).Blocks {
		labels := make([]string, len(b.Labels))
		if b.Type != "" {
			labels[0] = b.Type
		}
		ptr, err := testKinds()[b.Word].New(labels)
		if err != nil {
			t.Fatal(err)
		}
		s := schemaOf(ptr)
		if len(b.Attributes) != len(s.attrs) || len(b.Blocks) != len(s.blocks) {
			t.Errorf("%s %s: %d attributes and %d blocks, want %d and %d", b.Word, b.Type, len(b.Attributes), len(b.Blocks), len(s.attrs), len(s.blocks))
		}
		for _, a := range b.Attributes {
			if s.attrs[a.Name] == nil {
				t.Errorf("%s %s: the attribute %s does not exist", b.Word, b.Type, a.Name)
			}
		}
	}
}
