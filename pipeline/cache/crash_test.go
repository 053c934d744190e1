package cache

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// crashTest drives a store on a file system that loses power, and knows what
// the store has promised.
type crashTest struct {
	seed    uint64
	random  *rand.Rand
	fs      *crashFS
	store   *Store
	kept    map[int]bool // entries whose commit returned, and that nothing has removed since
	outputs int
	log     []string
}

const crashEntries = 6

// files returns what entry i holds. Some content is shared between entries,
// some is larger than a sector, some is empty.
func crashContents(i int) map[string]string {
	return map[string]string{
		"own":        fmt.Sprintf("entry %d ", i) + strings.Repeat(fmt.Sprint(i), 700*i),
		"shared":     strings.Repeat("shared", 100*(i%2)),
		"sub/folder": fmt.Sprint("sub", i%3),
	}
}

// powered runs f until it ends or the power fails.
func (c *crashTest) powered(f func() error) (err error, cut bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(powerCut); !ok {
				panic(r)
			}
			cut = true
		}
	}()
	return f(), false
}

// write makes a stage's output, without syncing any of it.
func (c *crashTest) write(dir string, files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := c.makeFolders(filepath.Dir(path)); err != nil {
			return err
		}
		f, err := c.fs.Create(path)
		if err != nil {
			return err
		}
		if _, err := f.Write([]byte(content)); err != nil {
			return err
		}
	}
	return nil
}

func (c *crashTest) makeFolders(dir string) error { return c.store.makeFolders(dir) }

func (c *crashTest) commit(i int) error {
	r := recipeOf(fmt.Sprint(i))
	var dir string
	attempt, _, err := c.store.TryBegin(r.ID(), "entry")
	if err != nil || attempt == nil {
		return fmt.Errorf("begin: %v, %v", attempt, err)
	}
	if err := attempt.Prepare(); err != nil {
		return err
	}
	if dir = attempt.Out; c.random.IntN(3) == 0 { // from elsewhere: copied
		c.outputs++
		dir = fmt.Sprintf("/elsewhere/%d", c.outputs)
	}
	if err := c.write(dir, crashContents(i)); err != nil {
		return err
	}
	if _, err := c.store.Commit(r.ID(), r.Text(), dir, map[string]string{"entry": fmt.Sprint(i)}); err != nil {
		return err
	}
	c.kept[i] = true
	return attempt.Close(true)
}

// act does one random thing.
func (c *crashTest) act() error {
	i := c.random.IntN(crashEntries)
	switch c.random.IntN(8) {
	case 0:
		e, err := c.store.Lookup(recipeOf(fmt.Sprint(i)).ID())
		if errors.Is(err, ErrMiss) {
			return nil
		}
		if err != nil {
			return err
		}
		c.log = append(c.log, fmt.Sprint("drop ", i))
		delete(c.kept, i)
		_, err = c.store.Drop(e)
		return err
	case 1:
		c.log = append(c.log, fmt.Sprint("gc, keeping all but ", i))
		delete(c.kept, i)
		_, err := c.store.GC(Policy{MaxAge: 1, Keep: func(e *Entry) bool { return e.Info()["entry"] != fmt.Sprint(i) }})
		return err
	default:
		c.log = append(c.log, fmt.Sprint("commit ", i))
		return c.commit(i)
	}
}

// check looks for broken promises: an entry that was committed is there, and
// whatever is served is right.
func (c *crashTest) check() error {
	for i := range crashEntries {
		e, err := c.store.Lookup(recipeOf(fmt.Sprint(i)).ID())
		if err == nil {
			if err = e.Check(); errors.Is(err, ErrMiss) && !e.Dropped() {
				// A record always refers to complete objects.
				return fmt.Errorf("entry %d has a record, but: %w", i, err)
			}
		}
		switch {
		case err != nil && !errors.Is(err, ErrMiss):
			return fmt.Errorf("entry %d: %w", i, err)
		case err != nil && c.kept[i]:
			return fmt.Errorf("entry %d was committed and is gone: %w", i, err)
		case err != nil:
			continue
		}
		for name, want := range crashContents(i) {
			if got, err := e.ReadFile(name); err != nil || string(got) != want {
				return fmt.Errorf("entry %d: ReadFile(%s) = %.20q, %v, want %.20q", i, name, got, err, want)
			}
		}
	}
	return nil
}

// run cuts the power up to three times at random moments, also while the cache
// recovers, and checks after each; then it commits everything again.
func (c *crashTest) run() error {
	for range 1 + c.random.IntN(3) {
		c.fs.limit = c.fs.ops + 1 + c.random.IntN(400)
		err, cut := c.powered(func() (err error) {
			if c.store, err = Open("/cache", Options{FS: c.fs, Now: c.now}); err != nil {
				return err
			}
			for err == nil {
				err = c.act()
			}
			return err
		})
		if !cut {
			return err
		}
		c.log = append(c.log, fmt.Sprint("cut at change ", c.fs.limit))
		c.fs.crash()
		if c.store, err = Open("/cache", Options{FS: c.fs, Now: c.now}); err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
	}
	for i := range crashEntries {
		if err := c.commit(i); err != nil {
			return err
		}
	}
	if err := c.check(); err != nil {
		return err
	}
	if problems, err := c.store.Verify(); err != nil || len(problems) > 0 {
		return fmt.Errorf("after committing again: Verify = %v, %v", problems, err)
	}
	return c.store.Close()
}

func (c *crashTest) now() time.Time { return time.Unix(1_000_000+int64(c.fs.ops), 0) }

// After a power cut at any moment everything that was committed is there, and
// nothing that is served is wrong.
func TestFaultPowerCuts(t *testing.T) {
	seeds := uint64(500)
	if os.Getenv("RUNEXP_LONG") != "" {
		seeds = 10_000
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 0))
		c := &crashTest{seed: seed, random: random, fs: newCrashFS(random), kept: map[int]bool{}}
		if err := c.run(); err != nil {
			t.Fatalf("seed %d (sector %d): %v\n%s", seed, c.fs.sector, err, strings.Join(c.log, "\n"))
		}
	}
}

// The simulated file system does lose what was not synced: a store that does
// not sync breaks its promises.
func TestCrashFSFindsAStoreThatDoesNotSync(t *testing.T) {
	broken := 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		c := &crashTest{seed: seed, random: random, fs: newCrashFS(random), kept: map[int]bool{}}
		var err error
		if c.store, err = Open("/cache", Options{FS: neverSynced{c.fs}, Now: c.now}); err != nil {
			t.Fatal(err)
		}
		for i := range crashEntries {
			if err := c.commit(i); err != nil {
				t.Fatal(err)
			}
		}
		c.fs.crash()
		if c.store, err = Open("/cache", Options{FS: c.fs, Now: c.now}); err != nil || c.check() != nil {
			broken++
		}
	}
	if broken < 15 {
		t.Errorf("only %d of 20 power cuts did harm", broken)
	}
}

type neverSynced struct{ *crashFS }

func (neverSynced) Sync(string) error { return nil }

func (n neverSynced) Create(name string) (File, error) {
	f, err := n.crashFS.Create(name)
	return lazyFile{f}, err
}

func (n neverSynced) Open(name string) (File, error) {
	f, err := n.crashFS.Open(name)
	return lazyFile{f}, err
}
