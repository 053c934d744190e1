package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"runexp/pipeline/cache"
)

// lazyFS does not wait for the disk while the cache is filled.
type lazyFS struct{ cache.OS }

type lazyFile struct{ cache.File }

func (lazyFile) Sync() error { return nil }

func (lazyFS) Sync(string) error { return nil }

func (l lazyFS) Create(name string) (cache.File, error) {
	f, err := l.OS.Create(name)
	return lazyFile{f}, err
}

func (l lazyFS) Open(name string) (cache.File, error) {
	f, err := l.OS.Open(name)
	return lazyFile{f}, err
}

// cachedGraph runs a graph of n nodes once: loads, and below each some chains
// of adapt and evaluate.
func cachedGraph(b *testing.B, n int) (*Executor, *Graph, []*Node) {
	dir := filepath.Join(b.TempDir(), "cache")
	store, err := cache.Open(dir, cache.Options{FS: lazyFS{}})
	if err != nil {
		b.Fatal(err)
	}
	x := &Executor{Cache: store}
	g := &Graph{}
	var want []*Node
	var load *Node
	quick := func(_ context.Context, j *Job) error {
		return os.WriteFile(filepath.Join(j.Out, "text"), []byte(j.Node.Addr), 0o666)
	}
	for i := 0; len(g.nodes) < n; i++ {
		if i%50 == 0 {
			load = stepNode(g, fmt.Sprint("load ", i), quick)
		}
		want = append(want, stepNode(g, fmt.Sprint("evaluate ", i), quick, stepNode(g, fmt.Sprint("adapt ", i), quick, load)))
	}
	mustRun(b, x, g, want...)
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	if x.Cache, err = cache.Open(dir, cache.Options{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Cache.Close() })
	return x, g, want
}

// Planning, and a run in which everything is cached, take time that is linear
// in the number of nodes.
func BenchmarkAllCached(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint("nodes-", n), func(b *testing.B) {
			x, g, want := cachedGraph(b, n)
			b.Run("plan", func(b *testing.B) {
				for b.Loop() {
					if _, err := x.Plan(g, want); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("run", func(b *testing.B) {
				for b.Loop() {
					mustRun(b, x, g, want...)
				}
			})
		})
	}
}
