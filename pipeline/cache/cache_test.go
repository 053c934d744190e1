package cache

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// recipeOf returns a recipe that differs for each name.
func recipeOf(name string) *Recipe {
	r := NewRecipe("test", 1, "")
	r.Struct("config", struct{ Name string }{name})
	return r
}

// commitFiles commits an output of the given files.
func commitFiles(t testing.TB, s *Store, name string, files map[string]string) *Entry {
	t.Helper()
	dir := t.TempDir()
	for file, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := recipeOf(name)
	e, err := s.Commit(r.ID(), r.Text(), dir, map[string]string{InfoAddress: name, "seconds": "1.5"})
	if err != nil {
		t.Fatalf("Commit(%s): %v", name, err)
	}
	return e
}

// lazyFS does not wait for the disk: tests that cut no power need not.
type lazyFS struct{ OS }

type lazyFile struct{ File }

func (lazyFile) Sync() error { return nil }

func (lazyFS) Sync(string) error { return nil }

func (l lazyFS) Create(name string) (File, error) {
	f, err := l.OS.Create(name)
	return lazyFile{f}, err
}

func (l lazyFS) Open(name string) (File, error) {
	f, err := l.OS.Open(name)
	return lazyFile{f}, err
}

// openTest opens a new cache in a temporary folder.
func openTest(t testing.TB) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "cache"), Options{FS: lazyFS{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestCommitAndLookup(t *testing.T) {
	s := openTest(t)
	files := map[string]string{"a.txt": "alpha", "sub/b.txt": "beta", "empty": ""}
	committed := commitFiles(t, s, "x", files)
	e, err := s.Lookup(recipeOf("x").ID())
	if err != nil {
		t.Fatalf("Lookup: %v", err)
	}
	if e.Output() != committed.Output() {
		t.Errorf("Lookup: output %s, want %s", e.Output(), committed.Output())
	}
	if got := len(filesOf(t, e)); got != len(files) {
		t.Errorf("Files: %d, want %d", got, len(files))
	}
	for name, want := range files {
		got, err := e.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("ReadFile(%s) = %q, %v, want %q", name, got, err, want)
		}
	}
	if err := e.Check(); err != nil {
		t.Errorf("Check: %v", err)
	}
	if got := e.Info()["seconds"]; got != "1.5" {
		t.Errorf("Info seconds = %q, want 1.5", got)
	}
	if _, err := s.Lookup(recipeOf("y").ID()); !errors.Is(err, ErrMiss) {
		t.Errorf("Lookup of an unknown action: %v, want ErrMiss", err)
	}
}

func filesOf(t *testing.T, e *Entry) []FileInfo {
	t.Helper()
	files, err := e.Files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}
