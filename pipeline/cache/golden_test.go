package cache

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// The texts of format 1 stay as they are: a change would give every action
// another key, or make every cache unreadable, and needs another format version.
func TestFormat1(t *testing.T) {
	recipe := NewRecipe("adapt", 3, "f32-fma-v1")
	recipe.Struct("config", newSample())
	recipe.Input("base", Sum([]byte("base")))
	recipe.File("train", Sum([]byte("train")))
	manifest := encodeManifest([]FileInfo{
		{"weights.safetensors", 7, Sum([]byte("weights"))},
		{"a folder/\"quoted\"\n.txt", 0, Sum(nil)},
	})
	r := record{
		action: recipe.ID(), output: Sum(manifest), created: time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC),
		info: map[string]string{InfoAddress: "method.lora[rank=8]", "seconds": "1.5", InfoStage: "adapt"}, recipe: recipe.Text(),
	}
	for name, got := range map[string][]byte{"recipe": recipe.Text(), "manifest": manifest, "record": r.encode(), "format": formatText(1)} {
		file := filepath.Join("testdata", "format-1", name)
		if *update {
			if err := os.WriteFile(file, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
		}
	}
	text, err := os.ReadFile(filepath.Join("testdata", "format-1", "record"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeRecord(text); err != nil || got.action != r.action || got.output != r.output {
		t.Errorf("decodeRecord of the fixture = %+v, %v", got, err)
	}
	if _, err := decodeRecord([]byte("runexp record 2\n")); err == nil || err.Error() != "record of format 2, this runexp reads 1" {
		t.Errorf("decodeRecord of format 2: %v", err)
	}
}
