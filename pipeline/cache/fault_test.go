package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// failingFS fails the k-th change with an error; later ones work again, as
// after space was freed.
type failingFS struct {
	lazyFS
	at    int // the change that fails; 0: none
	ops   int
	err   error
	syncs bool // only syncs count, and fail
}

// change counts a change, and fails it if it is the one.
func (f *failingFS) change(op, name string) error {
	if f.syncs && op != "sync" {
		return nil
	}
	if f.ops++; f.ops == f.at {
		return &fs.PathError{Op: op, Path: name, Err: f.err}
	}
	return nil
}

type failingFile struct {
	File
	fs   *failingFS
	name string
}

func (f failingFile) Write(p []byte) (int, error) {
	if err := f.fs.change("write", f.name); err != nil {
		n, _ := f.File.Write(p[:len(p)/2]) // as much as there was room for
		return n, err
	}
	return f.File.Write(p)
}

func (f failingFile) Sync() error { return f.fs.change("sync", f.name) }

func (f *failingFS) Create(name string) (File, error) {
	if err := f.change("create", name); err != nil {
		return nil, err
	}
	file, err := f.lazyFS.Create(name)
	return failingFile{file, f, name}, err
}

func (f *failingFS) Open(name string) (File, error) {
	file, err := f.lazyFS.Open(name)
	if err != nil {
		return nil, err
	}
	return failingFile{file, f, name}, nil
}

func (f *failingFS) Mkdir(name string) error {
	if err := f.change("mkdir", name); err != nil {
		return err
	}
	return f.lazyFS.Mkdir(name)
}

func (f *failingFS) Rename(from, to string) error {
	if err := f.change("rename", to); err != nil {
		return err
	}
	return f.lazyFS.Rename(from, to)
}

func (f *failingFS) Sync(name string) error { return f.change("sync", name) }

// failAtEvery runs a commit with the k-th change failing, for each k, and
// checks that the error is of a kind and names a path, that nothing bad is left,
// and that committing again works. Stride passes over changes. It returns the
// number of changes.
func failAtEvery(t *testing.T, cause error, syncs bool, stride int, want error) int {
	t.Helper()
	files := map[string]string{"a": "alpha", "sub/b": "beta"}
	for k := 1; ; k += stride {
		fsys := &failingFS{err: cause, syncs: syncs, at: k}
		dir := filepath.Join(t.TempDir(), "cache")
		run := func() (*Entry, *Store, error) {
			s, err := Open(dir, Options{FS: fsys})
			if err != nil {
				return nil, nil, err
			}
			r := recipeOf("x")
			a, _, err := s.TryBegin(r.ID(), "x")
			if err != nil {
				return nil, s, err
			}
			defer a.Close(false)
			if err := a.Prepare(); err != nil {
				return nil, s, err
			}
			for name, content := range files {
				path := filepath.Join(a.Out, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
					return nil, s, err
				}
			}
			e, err := s.Commit(r.ID(), r.Text(), a.Out, nil)
			return e, s, err
		}
		_, s, err := run()
		if s != nil {
			s.Close()
		}
		failed := err != nil
		if fsys.ops < k {
			if failed {
				t.Fatalf("without a failure: %v", err)
			}
			return k - 1
		}
		if failed && !errors.Is(err, want) {
			t.Errorf("change %d fails: %v, want %v", k, err, want)
		}
		var path *fs.PathError
		if failed && (!errors.As(err, &path) || path.Path == "") {
			t.Errorf("change %d fails: %v names no path", k, err)
		}
		// What is there is right, or there is nothing.
		s, err = Open(dir, Options{FS: fsys})
		if err != nil {
			t.Fatal(err)
		}
		if problems, err := s.Verify(); err != nil || len(problems) > 0 {
			t.Errorf("change %d failed: Verify = %v, %v", k, problems, err)
		}
		s.Close()
		e, s, err := run()
		if err != nil {
			t.Fatalf("change %d failed; running again: %v", k, err)
		}
		for name, content := range files {
			if got, err := e.ReadFile(name); err != nil || string(got) != content {
				t.Errorf("change %d failed; running again: ReadFile(%s) = %q, %v", k, name, got, err)
			}
		}
		s.Close()
	}
}

func TestFaultOutOfResourcesAtEveryChange(t *testing.T) {
	stride := 7 // for errors that are handled as the first is
	if os.Getenv("RUNEXP_LONG") != "" {
		stride = 1
	}
	for cause, stride := range map[syscall.Errno]int{syscall.ENOSPC: 1, syscall.EDQUOT: stride, syscall.EFBIG: stride, syscall.EMFILE: stride} {
		if n := failAtEvery(t, cause, false, stride, ErrResources); n < 30 {
			t.Errorf("%v: a commit makes only %d changes", cause, n)
		}
	}
}

// An fsync that fails means that the write failed: it is not tried again.
func TestFaultSyncFailsAtEveryPoint(t *testing.T) {
	if n := failAtEvery(t, syscall.EIO, true, 1, ErrIntegrity); n < 10 {
		t.Errorf("only %d syncs were tried", n)
	}
}

func TestReadOnlyCacheServesHits(t *testing.T) {
	s := openTest(t)
	commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	before := listAll(t, s.Dir())
	r, err := Open(s.Dir(), Options{ReadOnly: true, FS: refusesWrites{}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Lookup(recipeOf("x").ID())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.ReadFile("a"); err != nil || string(got) != "alpha" {
		t.Errorf("ReadFile = %q, %v", got, err)
	}
	if err := r.Pin(e); err != nil {
		t.Errorf("Pin: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "links")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	y := recipeOf("y")
	if _, err := r.Commit(y.ID(), y.Text(), dir, nil); !errors.Is(err, ErrReadOnly) || !errors.Is(err, ErrResources) {
		t.Errorf("Commit: %v, want an ErrReadOnly", err)
	}
	if _, _, err := r.TryBegin(y.ID(), "y"); !errors.Is(err, ErrReadOnly) {
		t.Errorf("TryBegin: %v, want an ErrReadOnly", err)
	}
	overwrite(t, s.path("objects", filesOf(t, e)[0].Content), []byte("alphb"))
	if _, err := e.ReadFile("a"); !errors.Is(err, ErrMiss) {
		t.Errorf("ReadFile of a damaged object: %v, want an ErrMiss", err)
	}
	if after := listAll(t, s.Dir()); after != before {
		t.Errorf("files changed:\n%s\nwant:\n%s", after, before)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of no cache, read-only: %v, want fs.ErrNotExist", err)
	}
}

// refusesWrites is a file system that must not be written to.
type refusesWrites struct{ lazyFS }

func (refusesWrites) Create(name string) (File, error) { panic("Create " + name) }
func (refusesWrites) Mkdir(name string) error          { panic("Mkdir " + name) }
func (refusesWrites) Rename(from, _ string) error      { panic("Rename " + from) }
func (refusesWrites) Remove(name string) error         { panic("Remove " + name) }
func (refusesWrites) TryLock(name, _ string) (Lock, string, error) {
	panic("TryLock " + name)
}

func listAll(t *testing.T, dir string) (list string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		list += fmt.Sprintln(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The folder may be moved, be reached by a link, and have a strange name.
func TestCacheMayBeMoved(t *testing.T) {
	s := openTest(t)
	commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	s.Close()
	moved := filepath.Join(t.TempDir(), "-new place's\n\"name\"")
	if err := os.Rename(s.Dir(), moved); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(moved, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{moved, link} {
		s, err := Open(dir, Options{FS: lazyFS{}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Lookup(recipeOf("x").ID())
		if err != nil {
			t.Fatalf("Lookup in %q: %v", dir, err)
		}
		if got, err := e.ReadFile("a"); err != nil || string(got) != "alpha" {
			t.Errorf("ReadFile in %q = %q, %v", dir, got, err)
		}
		s.Close()
	}
}

func TestCommitRefusesWhatIsNoFile(t *testing.T) {
	s := openTest(t)
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	r := recipeOf("x")
	if _, err := s.Commit(r.ID(), r.Text(), dir, nil); err == nil {
		t.Error("Commit of a symbolic link gave no error")
	}
	if _, err := s.Commit(ID{1}, r.Text(), t.TempDir(), nil); err == nil {
		t.Error("Commit under another action's id gave no error")
	}
}

// deniedFS may not open some files, as those of another user.
type deniedFS struct {
	lazyFS
	denied string
}

func (d deniedFS) Open(name string) (File, error) {
	if name == d.denied {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EACCES}
	}
	return d.lazyFS.Open(name)
}

// What another user may read and we may not is a miss, and stays where it is.
func TestUnreadableIsAMissAndStays(t *testing.T) {
	s := openTest(t)
	e := commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	object, record := s.path("objects", filesOf(t, e)[0].Content), s.path("actions", e.Action())
	for _, name := range []string{object, record} {
		s.fs = deniedFS{denied: name}
		e, err := s.Lookup(recipeOf("x").ID())
		if err == nil {
			_, err = e.ReadFile("a")
		}
		if !errors.Is(err, ErrMiss) || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v, want an ErrMiss that says permission denied", name, err)
		}
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s was moved: %v", name, err)
		}
	}
}
