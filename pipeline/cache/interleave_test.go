package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// turns lets actors make their calls to the file system one at a time, in an
// order that a seed draws.
type turns struct {
	mu      sync.Mutex
	rng     *rand.Rand
	waiting []chan struct{}
	running int // actors that are between two calls, and not asleep
}

// rest says that an actor waits for its turn, sleeps or has left.
func (s *turns) rest(waiting ...chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, waiting...)
	s.running--
	if s.running > 0 || len(s.waiting) == 0 {
		return
	}
	i := s.rng.IntN(len(s.waiting))
	close(s.waiting[i])
	s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
	s.running++
}

// turnFS is the file system of one actor, whose calls take turns.
type turnFS struct {
	lazyFS
	s      *turns
	asleep bool // it was refused a lock, and tries again when it has slept
}

// take waits for the actor's turn.
func (f *turnFS) take() {
	if f.asleep {
		f.s.mu.Lock()
		f.s.running++
		f.s.mu.Unlock()
		f.asleep = false
	}
	turn := make(chan struct{})
	f.s.rest(turn)
	<-turn
}

func (f *turnFS) leave() {
	if !f.asleep {
		f.s.rest()
	}
}

func (f *turnFS) Create(name string) (File, error) { f.take(); return f.lazyFS.Create(name) }
func (f *turnFS) Open(name string) (File, error)   { f.take(); return f.lazyFS.Open(name) }
func (f *turnFS) Stat(name string) (fs.FileInfo, error) {
	f.take()
	return f.lazyFS.Stat(name)
}
func (f *turnFS) ReadDir(name string) ([]fs.DirEntry, error) {
	f.take()
	return f.lazyFS.ReadDir(name)
}
func (f *turnFS) Rename(from, to string) error { f.take(); return f.lazyFS.Rename(from, to) }
func (f *turnFS) Link(from, to string) error   { f.take(); return f.lazyFS.Link(from, to) }
func (f *turnFS) Remove(name string) error     { f.take(); return f.lazyFS.Remove(name) }

func (f *turnFS) TryLock(name, holder string) (Lock, string, error) {
	f.take()
	l, by, err := f.lazyFS.TryLock(name, holder)
	if l == nil && err == nil && filepath.Base(name) == "lock" {
		f.asleep = true
		f.s.rest()
	}
	return l, by, err
}

// TestFaultGCInterleaved has gc meet a process that commits and one that pins and
// reads, in orders of their calls that a seed draws: 300, with RUNEXP_LONG=1 10,000.
// What was complete when it had been pinned stays readable, and what remains in the
// end is whole.
func TestFaultGCInterleaved(t *testing.T) {
	orders := 300
	if os.Getenv("RUNEXP_LONG") != "" {
		orders = 10_000
	}
	dir := filepath.Join(t.TempDir(), "cache")
	files := func(i int) map[string]string {
		return map[string]string{"own": fmt.Sprint(i), "shared": fmt.Sprint(i % 2)}
	}
	var removed, read int
	for seed := range orders {
		s := &turns{rng: rand.New(rand.NewPCG(uint64(seed), 1)), running: 3}
		act := func(do func(store *Store)) {
			f := &turnFS{s: s}
			defer f.leave()
			store, err := Open(dir, Options{FS: f})
			if err != nil {
				t.Error(err)
				return
			}
			do(store)
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
		var all sync.WaitGroup
		all.Go(func() {
			act(func(store *Store) { commitFiles(t, store, fmt.Sprint(seed%5), files(seed%5)) })
		})
		all.Go(func() {
			act(func(store *Store) {
				for _, i := range []int{seed % 5, (seed + 1) % 5} {
					e, err := store.Lookup(recipeOf(fmt.Sprint(i)).ID())
					if err != nil {
						if !errors.Is(err, ErrMiss) {
							t.Errorf("order %d: Lookup: %v", seed, err)
						}
						continue
					}
					if err := store.Pin(e); err != nil {
						t.Errorf("order %d: Pin: %v", seed, err)
					}
					if e.Complete() != nil {
						continue // gc was faster than the pin
					}
					for name, want := range files(i) {
						if got, err := e.ReadFile(name); err != nil || string(got) != want {
							t.Errorf("order %d: ReadFile(%s) of pinned entry %d = %q, %v", seed, name, i, got, err)
						}
						read++
					}
				}
			})
		})
		all.Go(func() {
			act(func(store *Store) {
				done, err := store.GC(Policy{MaxBytes: 3})
				if err != nil {
					t.Errorf("order %d: GC: %v", seed, err)
				}
				removed += done.Entries
			})
		})
		all.Wait()
		if t.Failed() {
			return
		}
	}
	s, err := Open(dir, Options{FS: lazyFS{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if problems, err := s.Verify(); err != nil || len(problems) > 0 {
		t.Errorf("Verify afterwards = %v, %v", problems, err)
	}
	if removed < orders/10 || read < orders/10 {
		t.Errorf("gc removed %d entries, %d pinned files were read: the test shows nothing", removed, read)
	}
	t.Logf("%d orders: gc removed %d entries, %d pinned files were read", orders, removed, read)
}
