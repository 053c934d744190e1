package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"runexp/pipeline/cache"
)

// stepNode makes a node whose stage runs f, or writes its text if f is nil.
func stepNode(g *Graph, name string, f func(ctx context.Context, j *Job) error, inputs ...*Node) *Node {
	n := node(g, name, inputs...)
	n.Stage.(*step).run = f
	return n
}

func TestOrderIsDepthFirst(t *testing.T) {
	x, rec := newExecutor(t)
	var g Graph
	load := node(&g, "load")
	var want []*Node
	for _, name := range []string{"a", "b", "c"} {
		want = append(want, node(&g, "evaluate "+name, node(&g, "adapt "+name, load)))
	}
	mustRun(t, x, &g, want...)
	wantStarted(t, rec, "load", "adapt a", "evaluate a", "adapt b", "evaluate b", "adapt c", "evaluate c")
}

func TestOnlyWhatIsWantedRuns(t *testing.T) {
	x, rec := newExecutor(t)
	var g Graph
	a := node(&g, "a")
	node(&g, "b", a)
	c := node(&g, "c", a)
	s := mustRun(t, x, &g, c)
	wantStarted(t, rec, "a", "c")
	if s.Of(g.Find("b")) != nil {
		t.Error("b, which nobody wanted, has a result")
	}
}

// A changed configuration runs again, and what it leads to; an equal output
// stops the change from spreading.
func TestChangeSpreadsOnlyThroughOutputs(t *testing.T) {
	x, rec := newExecutor(t)
	build := func(text string) (*Graph, *Node) {
		g := &Graph{}
		a := node(g, "a")
		a.Stage.(*step).Text = text
		b := stepNode(g, "b", func(_ context.Context, j *Job) error {
			return os.WriteFile(filepath.Join(j.Out, "text"), []byte("same"), 0o666)
		}, a)
		return g, node(g, "c", b)
	}
	g, c := build("one")
	mustRun(t, x, g, c)
	wantStarted(t, rec, "a", "b", "c")
	g, c = build("two")
	mustRun(t, x, g, c)
	wantStarted(t, rec, "a", "b")
}

func TestNumericKernelsCountUnlessTheStageSaysNo(t *testing.T) {
	x, rec := newExecutor(t)
	x.Numeric = "f32-fma"
	var g Graph
	a := g.Add(&Node{Addr: "a", Stage: &wordy{}})
	b := node(&g, "b")
	mustRun(t, x, &g, a, b)
	wantStarted(t, rec, "a", "b")
	x.Numeric = "f32-portable"
	mustRun(t, x, &g, a, b)
	wantStarted(t, rec, "b")
}

// wordy is a stage that does not depend on numeric kernels.
type wordy struct{}

func (*wordy) Name() string                        { return "wordy" }
func (*wordy) Version() int                        { return 1 }
func (*wordy) Numeric() bool                       { return false }
func (*wordy) Run(_ context.Context, _ *Job) error { return nil }

// Dropped files stay away while nobody reads them, and come back when somebody
// does.
func TestDroppedFilesAreMadeAgainWhenNeeded(t *testing.T) {
	x, rec := newExecutor(t)
	var g Graph
	a := node(&g, "a")
	b := node(&g, "b", a)
	c := node(&g, "c", b)
	s := mustRun(t, x, &g, c)
	rec.started = nil
	if _, err := x.Cache.Drop(s.Of(a).Entry, s.Of(b).Entry); err != nil {
		t.Fatal(err)
	}
	mustRun(t, x, &g, c)
	wantStarted(t, rec)
	mustRun(t, x, &g, b) // wanted, but dropped on purpose
	wantStarted(t, rec)
	d := node(&g, "d", b)
	items, err := x.Plan(&g, []*Node{d})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a run", "b run", "d run"} {
		if got := items[i].Node.Addr + " " + items[i].Status.String(); got != want {
			t.Errorf("plan item %d is %q, want %q (%s)", i, got, want, items[i].Reason)
		}
	}
	mustRun(t, x, &g, c, d)
	wantStarted(t, rec, "a", "b", "d")
}

// Damaged files of an input are found before it is read, and made again.
func TestDamagedInputIsMadeAgain(t *testing.T) {
	x, rec := newExecutor(t)
	var g Graph
	a := node(&g, "a")
	s := mustRun(t, x, &g, a)
	rec.started = nil
	files, err := s.Of(a).Entry.Files()
	if err != nil {
		t.Fatal(err)
	}
	content := files[0].Content.String()
	object := filepath.Join(x.Cache.Dir(), "objects", content[:2], content)
	damage := func(text string) {
		if err := errors.Join(os.Remove(object), os.WriteFile(object, []byte(text), 0o444)); err != nil {
			t.Fatal(err)
		}
	}
	damage("b") // one byte, as "a" is
	b := node(&g, "b", a)
	if got, err := mustRun(t, x, &g, b).Of(b).Entry.ReadFile("text"); err != nil || string(got) != "b(a)" {
		t.Errorf("output of b = %q, %v", got, err)
	}
	wantStarted(t, rec, "a", "b")
	damage("c") // of a wanted node that is cached
	mustRun(t, x, &g, a)
	wantStarted(t, rec, "a")
}

func TestRunAgainWithAnotherOutputIsFound(t *testing.T) {
	x, _ := newExecutor(t)
	var runs int
	var g Graph
	a := stepNode(&g, "a", func(_ context.Context, j *Job) error {
		runs++
		return os.WriteFile(filepath.Join(j.Out, "text"), fmt.Append(nil, runs), 0o666)
	})
	other := node(&g, "other")
	mustRun(t, x, &g, a, other)
	x.Verify = true
	s := mustRun(t, x, &g, a, other)
	if err := s.Of(a).Err; !errors.Is(err, ErrNondeterministic) {
		t.Errorf("verifying: %v, want an ErrNondeterministic", err)
	}
	if got := s.Of(other).Status; got != Ran {
		t.Errorf("verifying another node: %s, want ran", got)
	}
}

func TestVerifyRunsEverythingAgain(t *testing.T) {
	x, rec := newExecutor(t)
	var g Graph
	b := node(&g, "b", node(&g, "a"))
	mustRun(t, x, &g, b)
	rec.started = nil
	x.Verify = true
	if s := mustRun(t, x, &g, b); s.Count(Ran) != 2 {
		t.Errorf("verify: %v", s.Results)
	}
	wantStarted(t, rec, "a", "b")
}

func TestPanicIsAFailureWithItsStack(t *testing.T) {
	x, _ := newExecutor(t)
	var g Graph
	a := stepNode(&g, "a", func(context.Context, *Job) error { panic("oh no") })
	s := mustRun(t, x, &g, a)
	var p *PanicError
	if !errors.As(s.Of(a).Err, &p) || !strings.Contains(string(p.Stack), "executor_test.go") {
		t.Errorf("error %v, want a PanicError with the stack", s.Of(a).Err)
	}
}

// Failures, panics and lack of resources are not cached: the next run tries again.
func TestFailuresAreNotCached(t *testing.T) {
	x, rec := newExecutor(t)
	for _, fail := range []func(context.Context, *Job) error{
		func(context.Context, *Job) error { return errors.New("no luck") },
		func(context.Context, *Job) error { panic("oh no") },
		func(context.Context, *Job) error { return fmt.Errorf("%w: no memory", ErrResources) },
	} {
		var g Graph
		n := stepNode(&g, "a", fail)
		if got := mustRun(t, x, &g, n).Of(n).Status; got != Failed {
			t.Errorf("status %s, want failed", got)
		}
	}
	wantStarted(t, rec, "a", "a", "a")
	var g Graph
	mustRun(t, x, &g, node(&g, "a"))
	wantStarted(t, rec, "a")
}

func TestFileThatChangesDuringTheRun(t *testing.T) {
	x, _ := newExecutor(t)
	path := filepath.Join(t.TempDir(), "data.csv")
	write := func(text string) {
		info, errStat := os.Stat(path)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if errStat == nil { // the same size and time as before
			if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("one")
	change := true
	build := func() (*Graph, *Node) {
		g := &Graph{}
		n := stepNode(g, "a", func(_ context.Context, j *Job) error {
			if change {
				write("two")
			}
			return nil
		})
		n.Files = []File{{"train", path}}
		return g, n
	}
	g, n := build()
	if err := mustRun(t, x, g, n).Of(n).Err; err == nil || !strings.Contains(err.Error(), "changed while a ran") {
		t.Errorf("error %v, want that the file changed", err)
	}
	change = false
	if got := mustRun(t, x, g, n).Of(n).Status; got != Ran {
		t.Errorf("run again: %s, want ran: nothing was committed before", got)
	}
	if got := mustRun(t, x, g, n).Of(n).Status; got != Cached {
		t.Errorf("third run: %s, want cached", got)
	}
	write("six")
	if got := mustRun(t, x, g, n).Of(n).Status; got != Ran {
		t.Errorf("with another content: %s, want ran", got)
	}
	moved := path + ".moved"
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	n.Files[0].Path = moved
	if got := mustRun(t, x, g, n).Of(n).Status; got != Cached {
		t.Errorf("with the file moved: %s, want cached", got)
	}
	n.Files[0].Path = path
	if got := mustRun(t, x, g, n).Of(n).Status; got != Failed {
		t.Errorf("with the file missing: %s, want failed", got)
	}
}

func TestCancelStopsCleanlyAndTheNextRunResumes(t *testing.T) {
	x, rec := newExecutor(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var g Graph
	resumed := false
	a := stepNode(&g, "a", func(ctx context.Context, j *Job) error {
		checkpoint := filepath.Join(j.Work, "checkpoint")
		if _, err := os.Stat(checkpoint); err == nil {
			resumed = true
			return j.Node.Stage.(*step).write(j)
		}
		if err := os.WriteFile(checkpoint, nil, 0o666); err != nil {
			return err
		}
		cancel()
		<-ctx.Done()
		return fmt.Errorf("step 5: %w", ErrInterrupted)
	})
	b := node(&g, "b", a)
	s, err := x.Run(ctx, &g, []*Node{b})
	if !errors.Is(err, ErrInterrupted) {
		t.Errorf("Run: %v, want an ErrInterrupted", err)
	}
	if s.Of(a).Status != Interrupted || s.Of(b).Status != Interrupted {
		t.Errorf("a %s, b %s, want both interrupted", s.Of(a).Status, s.Of(b).Status)
	}
	wantStarted(t, rec, "a")
	mustRun(t, x, &g, b)
	wantStarted(t, rec, "a", "b")
	if !resumed {
		t.Error("the checkpoint was not there")
	}
}

func TestMemoryLimit(t *testing.T) {
	x, _ := newExecutor(t)
	x.Parallel, x.MemoryLimit = 8, 100
	var now, most atomic.Int64
	run := func(bytes int64) func(context.Context, *Job) error {
		return func(_ context.Context, j *Job) error {
			for n := now.Add(bytes); ; {
				if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
			defer now.Add(-bytes)
			return j.Node.Stage.(*step).write(j)
		}
	}
	var g Graph
	var want []*Node
	for i, bytes := range []int64{60, 30, 10, 70, 100, 50, 50, 101, 1} {
		n := stepNode(&g, fmt.Sprint(i), run(bytes))
		n.Weight.MemoryBytes = bytes
		want = append(want, n)
	}
	s := mustRun(t, x, &g, want...)
	if got := most.Load(); got > 100 {
		t.Errorf("%d bytes were in use at once, the limit is 100", got)
	}
	for i, n := range want {
		if got, fits := s.Of(n).Status, n.Weight.MemoryBytes <= 100; fits != (got == Ran) {
			t.Errorf("node %d of %d bytes: %s", i, n.Weight.MemoryBytes, got)
		}
	}
	if err := s.Of(want[7]).Err; !errors.Is(err, ErrResources) {
		t.Errorf("a node above the limit: %v, want an ErrResources", err)
	}
}

func TestParallelAndExclusive(t *testing.T) {
	x, _ := newExecutor(t)
	x.Parallel = 3
	var now, most atomic.Int64
	start := make(chan struct{})
	var once sync.Once
	var g Graph
	var want []*Node
	for i := range 9 {
		n := stepNode(&g, fmt.Sprint(i), func(_ context.Context, j *Job) error {
			n := now.Add(1)
			defer now.Add(-1)
			if j.Node.Weight.Exclusive {
				if n != 1 {
					t.Errorf("%d nodes run beside an exclusive one", n-1)
				}
				return nil
			}
			if n == 3 { // the first three wait for one another: they do run at once
				once.Do(func() { close(start) })
			}
			<-start
			most.Store(max(most.Load(), n))
			return nil
		})
		n.Weight.Exclusive = i == 4
		want = append(want, n)
	}
	mustRun(t, x, &g, want...)
	if got := most.Load(); got != 3 {
		t.Errorf("at most %d nodes ran at once, want 3", got)
	}
}

// The outputs do not depend on how many nodes run at once.
func TestParallelGivesTheSameOutputs(t *testing.T) {
	var outputs []string
	for _, parallel := range []int{1, 2, 4, 8} {
		x, _ := newExecutor(t)
		x.Parallel = parallel
		var g Graph
		layer := []*Node{node(&g, "root")}
		for depth := range 3 {
			var next []*Node
			for i := range 5 {
				next = append(next, node(&g, fmt.Sprint(depth, "/", i), layer...))
			}
			layer = next
		}
		last := node(&g, "last", layer...)
		s := mustRun(t, x, &g, last)
		var ids []string
		for _, r := range s.Results {
			ids = append(ids, r.Node.Addr+" "+r.Entry.Action().String()+" "+r.Entry.Output().String())
		}
		outputs = append(outputs, strings.Join(ids, "\n"))
	}
	if n := len(slices.Compact(outputs)); n != 1 {
		t.Errorf("%d different sets of outputs", n)
	}
}

func TestGraphErrors(t *testing.T) {
	x, _ := newExecutor(t)
	var g Graph
	a := node(&g, "a")
	b := node(&g, "b", a)
	c := node(&g, "c", b)
	if again := g.Add(&Node{Addr: "a"}); again != a {
		t.Error("Add of a known address gave another node")
	}
	a.Inputs = []Input{{"in", c}}
	_, err := x.Run(context.Background(), &g, []*Node{c})
	if err == nil {
		t.Fatal("a cycle gave no error")
	}
	for _, name := range []string{"a", "b", "c"} {
		if !strings.Contains(strings.Split(err.Error(), "each other:")[1], name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
	for name, inputs := range map[string][]Input{
		"not in the graph": {{"in", &Node{Addr: "stranger"}}},
		"two inputs":       {{"in", b}, {"in", c}},
		"needs itself":     {{"in", a}},
	} {
		a.Inputs = inputs
		if _, err := g.Sort(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Sort: %v, want that it says %q", err, name)
		}
	}
}

func TestReadOnlyCacheRefusesToRun(t *testing.T) {
	x, _ := newExecutor(t)
	var g Graph
	a := node(&g, "a")
	mustRun(t, x, &g, a)
	store, err := cache.Open(x.Cache.Dir(), cache.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	x.Cache = store
	if got := mustRun(t, x, &g, a).Of(a).Status; got != Cached {
		t.Errorf("a hit: %s, want cached", got)
	}
	b := node(&g, "b", a)
	s, err := x.Run(context.Background(), &g, []*Node{b, a})
	if !errors.Is(err, ErrResources) || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a miss: %v, want an ErrResources that says read-only", err)
	}
	if s.Of(a).Status != Cached || s.Of(b).Status != Failed {
		t.Errorf("a %s, b %s, want cached and failed", s.Of(a).Status, s.Of(b).Status)
	}
}

func TestJobDir(t *testing.T) {
	x, _ := newExecutor(t)
	var g Graph
	a := stepNode(&g, "a", func(_ context.Context, j *Job) error {
		if err := os.MkdirAll(filepath.Join(j.Out, "sub"), 0o777); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(j.Out, "sub", "f"), []byte("data"), 0o666)
	})
	var dir string
	b := stepNode(&g, "b", func(_ context.Context, j *Job) error {
		for range 2 {
			var err error
			if dir, err = j.Dir("in0"); err != nil {
				return err
			}
		}
		data, err := os.ReadFile(filepath.Join(dir, "sub", "f"))
		if err != nil || string(data) != "data" {
			return fmt.Errorf("%q, %v", data, err)
		}
		if _, err := j.Dir("other"); err == nil {
			return errors.New("Dir of an unknown input gave no error")
		}
		return nil
	}, a)
	if r := mustRun(t, x, &g, b).Of(b); r.Err != nil {
		t.Error(r.Err)
	}
	if err := x.Cache.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is still there after the cache was closed", dir)
	}
}

func TestPlanSaysWhy(t *testing.T) {
	x, rec := newExecutor(t)
	build := func(text string) (*Graph, []*Node) {
		g := &Graph{}
		a := node(g, "a")
		a.Stage.(*step).Text = text
		b := node(g, "b", a)
		return g, []*Node{node(g, "c", b), node(g, "d")}
	}
	show := func(g *Graph, want []*Node) (lines []string) {
		items, err := x.Plan(g, want)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			line := i.Node.Addr + " " + i.Status.String()
			if i.After != nil {
				line += " " + i.After.Addr
			}
			if i.Reason != "" {
				line += ": " + i.Reason
			}
			lines = append(lines, line)
		}
		return lines
	}
	g, want := build("one")
	if got, want := show(g, want), []string{"a run: never run", "b after a", "c after b", "d run: never run"}; !slices.Equal(got, want) {
		t.Errorf("plan %q, want %q", got, want)
	}
	mustRun(t, x, g, want...)
	if got, want := show(g, want), []string{"a cached", "b cached", "c cached", "d cached"}; !slices.Equal(got, want) {
		t.Errorf("plan %q, want %q", got, want)
	}
	rec.started = nil
	g, want = build("two")
	if got, want := show(g, want), []string{`a run: config.Text: "one" -> "two"`, "b after a", "c after b", "d cached"}; !slices.Equal(got, want) {
		t.Errorf("plan %q, want %q", got, want)
	}
	wantStarted(t, rec)
	items, err := x.Plan(g, []*Node{g.Find("a")})
	if want := (cache.Change{Path: "config.Text", Old: `"one"`, New: `"two"`}); err != nil || len(items) != 1 || !slices.Equal(items[0].Changes, []cache.Change{want}) {
		t.Errorf("Plan = %v, %v, want one node with the change %v", items, err, want)
	}
}
