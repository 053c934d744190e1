package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// faraway is a Runner that hands jobs to a Faraway as another process would.
type faraway struct {
	Faraway
	committed []string
	edit      func(*Job)
}

func (f *faraway) Run(ctx context.Context, job *Job) error {
	if f.edit != nil {
		f.edit(job)
	}
	return f.Faraway.Run(ctx, job)
}

func (f *faraway) Committed(job *Job) { f.committed = append(f.committed, job.Node.Addr) }

func TestFarawayRunsWhatWasAskedFor(t *testing.T) {
	x, rec := newExecutor(t)
	x.Numeric = "f32"
	far := &faraway{Faraway: Faraway{Numeric: "f32"}}
	x.Runner = far
	var g Graph
	b := node(&g, "b", node(&g, "a"))
	s := mustRun(t, x, &g, b)
	wantStarted(t, rec, "a", "b")
	if info := s.Of(b).Entry.Info(); info["seconds"] == "" {
		t.Errorf("no seconds in %v", info)
	}
	if len(far.committed) != 2 {
		t.Errorf("told of %v, want both", far.committed)
	}
}

// Another kernel, another configuration, another file: never a result.
func TestFarawayRefusesAnotherRecipe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for what, far := range map[string]*faraway{
		"kernel":        {Faraway: Faraway{Numeric: "f32-portable"}},
		"configuration": {Faraway: Faraway{Numeric: "f32"}, edit: func(j *Job) { j.Node.Stage.(*step).Text = "edited" }},
		"file":          {Faraway: Faraway{Numeric: "f32"}, edit: func(*Job) { write("two") }},
	} {
		x, _ := newExecutor(t)
		x.Numeric, x.Runner = "f32", far
		var g Graph
		a := node(&g, "a")
		write("one")
		a.Files = []File{{"data", file}}
		s, err := x.Run(context.Background(), &g, []*Node{a})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Of(a).Err; !errors.Is(err, ErrOtherRecipe) {
			t.Errorf("another %s: %v, want an ErrOtherRecipe", what, err)
		}
	}
}
