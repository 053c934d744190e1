package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"runexp/pipeline/cache"
)

// fullFS has no room for new files while it is full.
type fullFS struct {
	cache.OS
	full *atomic.Bool
}

func (f fullFS) Create(name string) (cache.File, error) {
	if f.full.Load() {
		return nil, &fs.PathError{Op: "create", Path: name, Err: syscall.ENOSPC}
	}
	return f.OS.Create(name)
}

// When the disk is full nothing more starts, what was committed stays, and
// after space was freed the run goes on where it was.
func TestFaultDiskFullStopsTheRun(t *testing.T) {
	full := &atomic.Bool{}
	store, err := cache.Open(filepath.Join(t.TempDir(), "cache"), cache.Options{FS: fullFS{full: full}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	rec := &recorder{}
	x := &Executor{Cache: store, Observer: rec}
	var g Graph
	a := node(&g, "a")
	b := stepNode(&g, "b", func(_ context.Context, j *Job) error {
		full.Store(true)
		return j.Node.Stage.(*step).write(j)
	}, a)
	c := node(&g, "c", a)
	s, err := x.Run(context.Background(), &g, []*Node{b, c})
	if !errors.Is(err, ErrResources) || !strings.Contains(err.Error(), store.Dir()) {
		t.Errorf("Run: %v, want an ErrResources that names the path", err)
	}
	for n, want := range map[*Node]Status{a: Ran, b: Failed, c: Skipped} {
		if got := s.Of(n).Status; got != want {
			t.Errorf("%s %s, want %s", n.Addr, got, want)
		}
	}
	wantStarted(t, rec, "a", "b")
	full.Store(false)
	b.Stage.(*step).run = nil
	mustRun(t, x, &g, b, c)
	wantStarted(t, rec, "b", "c")
}
