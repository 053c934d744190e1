package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// noLinks is a file system without hard links.
type noLinks struct{ lazyFS }

func (noLinks) Link(from, to string) error {
	return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.EPERM}
}

func TestLinkGivesCheckedFiles(t *testing.T) {
	s := openTest(t)
	files := map[string]string{"a": "alpha", "sub/deep/b": "beta"}
	e := commitFiles(t, s, "x", files)
	for what, fsys := range map[string]FS{"links": lazyFS{}, "copies": noLinks{}} {
		s.fs = fsys
		dir := filepath.Join(t.TempDir(), "new")
		if err := e.Link(dir); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for name, want := range files {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
				t.Errorf("%s: %s = %q, %v, want %q", what, name, got, err, want)
			}
		}
		if err := e.Link(dir); !errors.Is(err, fs.ErrExist) && what == "links" {
			t.Errorf("%s into a folder that holds them: %v, want fs.ErrExist", what, err)
		}
	}
	overwrite(t, s.path("objects", filesOf(t, e)[0].Content), []byte("alphb"))
	if err := e.Link(filepath.Join(t.TempDir(), "new")); !errors.Is(err, ErrMiss) {
		t.Errorf("Link of a damaged output: %v, want an ErrMiss", err)
	}
}

// A stage may hand a file of its input on without copying it.
func TestCommitOfALinkToAnObject(t *testing.T) {
	s := openTest(t)
	x := commitFiles(t, s, "x", map[string]string{"weights": "w"})
	r := recipeOf("y")
	a, _, err := s.TryBegin(r.ID(), "y")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := x.Link(a.Out); err != nil {
		t.Fatal(err)
	}
	y, err := s.Commit(r.ID(), r.Text(), a.Out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(true); err != nil {
		t.Fatal(err)
	}
	if y.Output() != x.Output() || y.Check() != nil || x.Check() != nil {
		t.Errorf("outputs %s and %s, %v, %v", x.Output(), y.Output(), x.Check(), y.Check())
	}
}

func TestEntriesAndStats(t *testing.T) {
	s := openTest(t)
	for _, name := range []string{"x", "y"} {
		commitFiles(t, s, name, map[string]string{"own": name, "shared": "123"})
	}
	var names []string
	for e, err := range s.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Address())
		size := int64(0)
		for _, f := range filesOf(t, e) {
			size += f.Size
		}
		if size != 4 || Sum(e.Recipe()) != e.Action() || e.Created().IsZero() {
			t.Errorf("entry %s: %d bytes, recipe %q, created %v", e.Address(), size, e.Recipe(), e.Created())
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"x", "y"}) {
		t.Errorf("Entries: %v, want x and y", names)
	}
	if st, err := s.Stats(); err != nil || st != (Stats{Entries: 2, Objects: 3, Bytes: 5}) {
		t.Errorf("Stats = %+v, %v", st, err)
	}
}

func TestManifestRefusesStrangeNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../x", "/x", "a/../b", "a//b", "a/", "./a", "a\x00b"} {
		if _, err := decodeManifest(encodeManifest([]FileInfo{{Name: name}})); err == nil {
			t.Errorf("decodeManifest accepts the name %q", name)
		}
	}
	if _, err := decodeManifest(encodeManifest([]FileInfo{{Name: "a"}, {Name: "a"}})); err == nil {
		t.Error("decodeManifest accepts a name twice")
	}
	files := []FileInfo{{Name: "a b\n\"c\"", Size: 1}, {Name: "ä/\xff"}}
	got, err := decodeManifest(encodeManifest(files))
	if err != nil || !slices.Equal(got, files) {
		t.Errorf("decodeManifest = %v, %v, want %v", got, err, files)
	}
}

func TestParseID(t *testing.T) {
	id := Sum([]byte("x"))
	if got, err := ParseID(id.String()); err != nil || got != id {
		t.Errorf("ParseID = %v, %v", got, err)
	}
	for _, text := range []string{"", "ab", id.String() + "00", "G" + id.String()[1:], "A" + id.String()[1:]} {
		if _, err := ParseID(text); err == nil {
			t.Errorf("ParseID(%q) gave no error", text)
		}
	}
}

// All who read an output in one process read the same folder, for each link
// would make the files be hashed again; but never one that was tampered with.
func TestFolderIsMadeOnceAndChecked(t *testing.T) {
	s := openTest(t)
	e := commitFiles(t, s, "x", map[string]string{"a": "alpha", "sub/b": "beta"})
	folder := func() string {
		t.Helper()
		dir, err := e.Folder()
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"a": "alpha", "sub/b": "beta"} {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
				t.Errorf("%s = %q, %v, want %q", name, got, err, want)
			}
		}
		return dir
	}
	first := folder()
	if again := folder(); again != first {
		t.Errorf("the second folder is %s, the first %s", again, first)
	}
	if err := os.Remove(filepath.Join(first, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(first, "a"), []byte("other"), 0o666); err != nil {
		t.Fatal(err)
	}
	if second := folder(); second == first {
		t.Error("a folder in which a file was replaced was handed out again")
	}
	overwrite(t, s.path("objects", filesOf(t, e)[0].Content), []byte("alphb"))
	if _, err := e.Folder(); !errors.Is(err, ErrMiss) {
		t.Errorf("Folder of a damaged output: %v, want an ErrMiss", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close the folder is there: %v", err)
	}
}
