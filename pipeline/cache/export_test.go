package cache

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
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
	overwrite(t, s.path("objects", filesOf(t, e)[0].Content), []byte("alphb"))
	if err := e.Export(t.TempDir()); !errors.Is(err, ErrMiss) {
		t.Errorf("export of a damaged output: %v, want an ErrMiss", err)
	}
}

// Entries that share objects are exported at the same time.
func TestExportOfSharedObjects(t *testing.T) {
	s := openTest(t)
	var entries []*Entry
	for i := range 20 {
		entries = append(entries, commitFiles(t, s, fmt.Sprint("x", i), map[string]string{"a": "alpha", "own": fmt.Sprint(i)}))
	}
	dir := filepath.Join(t.TempDir(), "shared")
	var all errgroup
	for _, e := range entries {
		all.do(func() error { return e.Export(dir) })
	}
	if err := all.wait(); err != nil {
		t.Fatal(err)
	}
}

// errgroup runs functions at the same time and joins their errors.
type errgroup struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs error
}

func (g *errgroup) do(f func() error) {
	g.wg.Go(func() {
		err := f()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.errs = errors.Join(g.errs, err)
	})
}

func (g *errgroup) wait() error {
	g.wg.Wait()
	return g.errs
}
