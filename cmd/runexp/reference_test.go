package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"runexp/internal/testkit"
)

// The page is made from the structs; the copy in the repository is the one
// that people read.
func TestReferencePageIsUpToDate(t *testing.T) {
	var page, errs bytes.Buffer
	if status := Main([]string{"reference"}, nil, &page, &errs); status != 0 {
		t.Fatalf("runexp reference: status %d, %s", status, &errs)
	}
	path := filepath.Join(testkit.Root(t), "experiments", "REFERENCE.md")
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, page.Bytes()) {
		t.Errorf("%s is out of date; go test ./cmd/runexp -run Reference -update rewrites it", path)
	}
}

func TestReferenceAsSchema(t *testing.T) {
	var schema, errs bytes.Buffer
	if status := Main([]string{"reference", "-json"}, nil, &schema, &errs); status != 0 {
		t.Fatalf("runexp reference -json: status %d, %s", status, &errs)
	}
	var s struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(schema.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	for _, block := range []string{"experiment", "model", "dataset", "method"} {
		if s.Properties[block] == nil {
			t.Errorf("the schema has no %s", block)
		}
	}
}
