package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"runexp/pipeline/cache"
)

// step is a stage for tests: it writes its text and the texts of its inputs.
type step struct {
	Text string
	run  func(ctx context.Context, j *Job) error // instead of that
}

func (s *step) Name() string { return "step" }
func (s *step) Version() int { return 1 }

func (s *step) Run(ctx context.Context, j *Job) error {
	if s.run != nil {
		return s.run(ctx, j)
	}
	return s.write(j)
}

func (s *step) write(j *Job) error {
	text := s.Text
	for _, in := range j.Node.Inputs {
		data, err := j.In[in.Name].ReadFile("text")
		if err != nil {
			return err
		}
		text += "(" + string(data) + ")"
	}
	return os.WriteFile(filepath.Join(j.Out, "text"), []byte(text), 0o666)
}

// node makes a node of a step.
func node(g *Graph, name string, inputs ...*Node) *Node {
	n := &Node{Addr: name, Stage: &step{Text: name}}
	for i, in := range inputs {
		n.Inputs = append(n.Inputs, Input{fmt.Sprint("in", i), in})
	}
	return g.Add(n)
}

// recorder notes what happens, in order.
type recorder struct {
	mu      sync.Mutex
	started []string
	done    []string
	notes   []string
}

func (r *recorder) NodeStarted(n *Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = append(r.started, n.Addr)
}

func (r *recorder) NodeProgress(n *Node, p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, n.Addr+": "+p.Note)
}

func (r *recorder) NodeDone(n *Node, res *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = append(r.done, n.Addr+" "+res.Status.String())
}

func newExecutor(t testing.TB) (*Executor, *recorder) {
	t.Helper()
	s, err := cache.Open(filepath.Join(t.TempDir(), "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	rec := &recorder{}
	return &Executor{Cache: s, Observer: rec}, rec
}

// mustRun runs and fails the test on an error.
func mustRun(t testing.TB, x *Executor, g *Graph, want ...*Node) *Summary {
	t.Helper()
	s, err := x.Run(context.Background(), g, want)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return s
}

func wantStarted(t testing.TB, rec *recorder, want ...string) {
	t.Helper()
	if !slices.Equal(rec.started, want) {
		t.Errorf("started %v, want %v", rec.started, want)
	}
	rec.started, rec.done, rec.notes = nil, nil, nil
}

func TestRunThenCached(t *testing.T) {
	x, rec := newExecutor(t)
	var g Graph
	a := node(&g, "a")
	b := node(&g, "b", a)
	c := node(&g, "c", a, b)
	s := mustRun(t, x, &g, c)
	wantStarted(t, rec, "a", "b", "c")
	got, err := s.Of(c).Entry.ReadFile("text")
	if want := "c(a)(b(a))"; err != nil || string(got) != want {
		t.Errorf("output of c = %q, %v, want %q", got, err, want)
	}
	s = mustRun(t, x, &g, c)
	wantStarted(t, rec)
	if n := s.Count(Cached); n != 3 {
		t.Errorf("second run: %d cached, want 3", n)
	}
}

func TestFailureSkipsWhatNeedsIt(t *testing.T) {
	x, _ := newExecutor(t)
	var g Graph
	bad := g.Add(&Node{Addr: "bad", Stage: &step{Text: "bad", run: func(context.Context, *Job) error { return errors.New("no luck") }}})
	after := node(&g, "after", bad)
	last := node(&g, "last", after)
	other := node(&g, "other")
	s := mustRun(t, x, &g, last, other)
	for n, want := range map[*Node]Status{bad: Failed, after: Skipped, last: Skipped, other: Ran} {
		if got := s.Of(n).Status; got != want {
			t.Errorf("%s %s, want %s", n.Addr, got, want)
		}
	}
	if got := s.Of(last).Because; got != bad {
		t.Errorf("last was skipped because of %v, want bad", got)
	}
}
