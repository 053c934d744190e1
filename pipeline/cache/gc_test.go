package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestGCRemovesByAgeAndKeepsWhatIsAskedFor(t *testing.T) {
	s := openTest(t)
	clock := time.Now()
	s.now = func() time.Time { return clock }
	for i := range 5 {
		commitFiles(t, s, fmt.Sprint(i), map[string]string{"own": fmt.Sprint(i), "shared": "shared"})
	}
	if err := s.Pin(lookup(t, s, "3")); err != nil {
		t.Fatal(err)
	}
	lease, _, err := s.TryBegin(recipeOf("4").ID(), "4")
	if err != nil || lease == nil {
		t.Fatalf("TryBegin = %v, %v", lease, err)
	}
	defer lease.Close(true)
	clock = clock.Add(48 * time.Hour)
	keep := func(e *Entry) bool { return e.Address() == "2" }
	planned, err := s.GC(Policy{MaxAge: 24 * time.Hour, Keep: keep, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.GC(Policy{MaxAge: 24 * time.Hour, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	if done.Entries != 2 || done.Objects != 2 {
		t.Errorf("GC removed %d entries, %d objects, want 2 and 2", done.Entries, done.Objects)
	}
	if planned.Entries != done.Entries {
		t.Errorf("the dry run would have removed %d entries, want %d", planned.Entries, done.Entries)
	}
	for i, there := range []bool{false, false, true, true, true} {
		e, err := s.Lookup(recipeOf(fmt.Sprint(i)).ID())
		if there != (err == nil) {
			t.Errorf("entry %d: %v, want there = %v", i, err, there)
		}
		if err == nil && e.Check() != nil {
			t.Errorf("entry %d is incomplete: %v", i, e.Check())
		}
	}
	if problems, err := s.Verify(); err != nil || len(problems) > 0 {
		t.Errorf("Verify = %v, %v", problems, err)
	}
}

func lookup(t testing.TB, s *Store, name string) *Entry {
	t.Helper()
	e, err := s.Lookup(recipeOf(name).ID())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestGCRemovesTheLeastRecentlyUsedUntilItFits(t *testing.T) {
	s := openTest(t)
	for i := range 4 {
		commitFiles(t, s, fmt.Sprint(i), map[string]string{"f": strings.Repeat(fmt.Sprint(i), 100)})
		used := time.Unix(int64(1000+i), 0)
		if err := os.Chtimes(s.path("actions", recipeOf(fmt.Sprint(i)).ID()), used, used); err != nil {
			t.Fatal(err)
		}
	}
	other, err := Open(s.Dir(), Options{FS: lazyFS{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Pin(lookup(t, s, "0")); err != nil { // used last, and then no longer
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	done, err := s.GC(Policy{MaxBytes: 250})
	if err != nil {
		t.Fatal(err)
	}
	if done.Entries != 2 || done.Bytes != 200 {
		t.Errorf("GC removed %d entries, %d bytes, want 2 and 200", done.Entries, done.Bytes)
	}
	for i, there := range []bool{true, false, false, true} {
		if _, err := s.Lookup(recipeOf(fmt.Sprint(i)).ID()); there != (err == nil) {
			t.Errorf("entry %d: %v, want there = %v", i, err, there)
		}
	}
}

// What dead processes left is never read, and goes with gc; checkpoints stay
// until they are old.
func TestGCClearsLeftovers(t *testing.T) {
	s := openTest(t)
	e := commitFiles(t, s, "x", map[string]string{"a": "alpha"})
	object := s.path("objects", filesOf(t, e)[0].Content)
	stray := []string{
		object + ".tmp", object + "~", filepath.Join(filepath.Dir(object), "tmp"),
		s.path("actions", recipeOf("x").ID()) + ".tmp",
	}
	for _, name := range stray {
		if err := os.WriteFile(name, []byte("stray"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	dead := filepath.Join(s.Dir(), "sessions", "1-0")
	orphan := s.path("objects", Sum([]byte("orphan")))
	attempt := filepath.Join(s.attemptPath(recipeOf("cut off").ID()), "work")
	for _, err := range []error{
		os.MkdirAll(dead, 0o777), os.WriteFile(dead+".lock", nil, 0o666), os.WriteFile(filepath.Join(dead, "t1"), []byte("half"), 0o666),
		os.MkdirAll(filepath.Dir(orphan), 0o777), os.WriteFile(orphan, []byte("orphan"), 0o666), os.MkdirAll(attempt, 0o777),
		os.MkdirAll(s.attemptPath(recipeOf("x").ID()), 0o777), // its action is committed
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := lookup(t, s, "x").Check(); err != nil {
		t.Errorf("Check beside stray files: %v", err)
	}
	if done, err := s.GC(Policy{}); err != nil || done.Objects != 1 || done.Entries != 0 || done.Attempts != 1 {
		t.Errorf("GC = %+v, %v, want one orphan and one attempt", done, err)
	}
	for name, there := range map[string]bool{dead: false, orphan: false, attempt: true, object: true} {
		if _, err := os.Stat(name); there != (err == nil) {
			t.Errorf("%s: %v, want there = %v", name, err, there)
		}
	}
	if done, err := s.GC(Policy{AttemptAge: time.Nanosecond}); err != nil || done.Attempts != 1 {
		t.Errorf("GC of old attempts = %+v, %v, want one", done, err)
	}
}

func TestDropKeepsTheRecordAndSharedFiles(t *testing.T) {
	s := openTest(t)
	x := commitFiles(t, s, "x", map[string]string{"own": "x", "shared": "s"})
	y := commitFiles(t, s, "y", map[string]string{"own": "y", "shared": "s"})
	freed, err := s.Drop(x)
	if err != nil || freed != 1 {
		t.Errorf("Drop = %d, %v, want 1 byte", freed, err)
	}
	e := lookup(t, s, "x")
	if e.Output() != x.Output() || !e.Dropped() {
		t.Errorf("after Drop: output %s, dropped %v", e.Output(), e.Dropped())
	}
	if err := e.Complete(); !errors.Is(err, ErrMiss) || !strings.Contains(err.Error(), "dropped") {
		t.Errorf("Complete after Drop: %v", err)
	}
	if err := y.Check(); err != nil {
		t.Errorf("an entry that shares a file: %v", err)
	}
	if problems, err := s.Verify(); err != nil || len(problems) > 0 {
		t.Errorf("Verify after Drop = %v, %v", problems, err)
	}
	if again := commitFiles(t, s, "x", map[string]string{"own": "x", "shared": "s"}); again.Dropped() || again.Check() != nil {
		t.Errorf("committed again: dropped %v, %v", again.Dropped(), again.Check())
	}
	other, err := Open(s.Dir(), Options{FS: lazyFS{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Pin(x); err != nil {
		t.Fatal(err)
	}
	if freed, err := s.Drop(x); err != nil || freed != 0 || x.Check() != nil {
		t.Errorf("Drop of an output that another has pinned = %d, %v, %v", freed, err, x.Check())
	}
	if freed, err := other.Drop(x); err != nil || freed != 1 {
		t.Errorf("Drop by who has pinned it = %d, %v, want 1 byte", freed, err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
}

// Readers pin, check and read while gc and drop remove all they may: what is
// pinned and complete stays readable.
func TestGCNeverTakesWhatIsPinned(t *testing.T) {
	s := openTest(t)
	const entries, rounds = 8, 15
	files := func(i int) map[string]string {
		return map[string]string{"own": fmt.Sprint(i), "shared": fmt.Sprint(i % 2)}
	}
	var wg sync.WaitGroup
	for reader := range 4 {
		wg.Go(func() {
			for round := range rounds {
				store, err := Open(s.Dir(), Options{FS: lazyFS{}})
				if err != nil {
					t.Error(err)
					return
				}
				i := (reader + round) % entries
				e := commitFiles(t, store, fmt.Sprint(i), files(i))
				if err := store.Pin(e); err != nil {
					t.Error(err)
				}
				if e.Complete() == nil { // else gc was faster than the pin
					for name, want := range files(i) {
						if got, err := e.ReadFile(name); err != nil || string(got) != want {
							t.Errorf("ReadFile(%s) of pinned entry %d = %q, %v", name, i, got, err)
						}
					}
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	collected := 0
	ctx, cancel := context.WithCancel(context.Background())
	var gc sync.WaitGroup
	gc.Go(func() {
		store, err := Open(s.Dir(), Options{FS: lazyFS{}})
		if err != nil {
			t.Error(err)
			return
		}
		for ctx.Err() == nil {
			done, err := store.GC(Policy{MaxBytes: 1})
			if err != nil {
				t.Error(err)
			}
			collected += done.Entries
			time.Sleep(5 * time.Millisecond) // others want the lock, too
		}
	})
	wg.Wait()
	cancel()
	gc.Wait()
	if collected == 0 {
		t.Error("gc removed nothing: the test shows nothing")
	}
	if problems, err := s.Verify(); err != nil || len(problems) > 0 {
		t.Errorf("Verify afterwards = %v, %v", problems, err)
	}
}

func TestBeginWaitsAndSaysForWhom(t *testing.T) {
	s := openTest(t)
	action := recipeOf("x").ID()
	first, err := s.Begin(context.Background(), action, "method.lora", nil)
	if err != nil {
		t.Fatal(err)
	}
	heldBy := make(chan string, 1)
	got := make(chan *Attempt)
	go func() {
		a, err := s.Begin(context.Background(), action, "method.lora", func(text string) { heldBy <- text })
		if err != nil {
			t.Error(err)
		}
		got <- a
	}()
	if text := <-heldBy; !strings.Contains(text, fmt.Sprint("process ", os.Getpid())) || !strings.Contains(text, "method.lora") {
		t.Errorf("the waiting process is told %q", text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Begin(ctx, action, "method.lora", nil); !errors.Is(err, ErrBusy) {
		t.Errorf("Begin with a deadline: %v, want an ErrBusy", err)
	}
	if err := first.Close(true); err != nil {
		t.Error(err)
	}
	second := <-got
	if err := second.Close(true); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir(), "leases")); len(left) > 0 {
		t.Errorf("leases left: %v", left)
	}
}

func TestAttemptKeepsCheckpoints(t *testing.T) {
	s := openTest(t)
	action := recipeOf("x").ID()
	for round, want := range []bool{false, true} {
		a, _, err := s.TryBegin(action, "x")
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Prepare(); err != nil {
			t.Fatal(err)
		}
		checkpoint := filepath.Join(a.Work, "step-10")
		if _, err := os.Stat(checkpoint); want != (err == nil) {
			t.Errorf("round %d: checkpoint: %v, want there = %v", round, err, want)
		}
		if left, _ := os.ReadDir(a.Out); len(left) > 0 {
			t.Errorf("round %d: Out holds %v", round, left)
		}
		for _, name := range []string{checkpoint, filepath.Join(a.Out, "half")} {
			if err := os.WriteFile(name, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Close(round == 1); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(s.attemptPath(action)); err == nil {
		t.Error("the attempt's folder is still there")
	}
}
