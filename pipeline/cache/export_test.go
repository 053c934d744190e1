package cache

import (
	"errors"
	"path/filepath"
	"testing"
)

// What is exported is read from the folder alone, and again after an export
// that was cut off after any file.
func TestExportIsReadAsACache(t *testing.T) {
	s := openTest(t)
	e := commitFiles(t, s, "x", map[string]string{"a": "alpha", "sub/b": "beta"})
	for what, fsys := range map[string]FS{"links": lazyFS{}, "copies": noLinks{}} {
		s.fs = fsys
		dir := filepath.Join(t.TempDir(), "shared")
		for range 2 {
			if err := e.Export(dir); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		away, err := Open(dir, Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := away.Lookup(e.Action())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := got.Check(); err != nil || got.Output() != e.Output() {
			t.Errorf("%s: output %s, %v, want %s", what, got.Output(), err, e.Output())
		}
		if text, err := got.ReadFile("sub/b"); err != nil || string(text) != "beta" {
			t.Errorf("%s: sub/b = %q, %v", what, text, err)
		}
	}
}

func TestExportRefusesDamage(t *testing.T) {
	s := openTest(t)
	e := commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	overwrite(t, s.path("objects", e.Files()[0].Content), []byte("alphb"))
	if err := e.Export(t.TempDir()); !errors.Is(err, ErrMiss) {
		t.Errorf("export of a damaged output: %v, want an ErrMiss", err)
	}
}
