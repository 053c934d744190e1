package slurm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runexp/internal/testkit/slurmd"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// naps is how many nodes of a second the overhead is measured on.
const naps = 1000

// nap is a stage that takes a second and needs no processor.
type nap struct{ Number int }

func (*nap) Name() string { return "nap" }
func (*nap) Version() int { return 1 }

func (n *nap) Run(_ context.Context, job *pipeline.Job) error {
	time.Sleep(time.Second)
	return os.WriteFile(filepath.Join(job.Out, "number"), []byte(fmt.Sprint(n.Number)), 0o666)
}

func napNodes(g *pipeline.Graph, n int) []*pipeline.Node {
	var nodes []*pipeline.Node
	for i := range n {
		nodes = append(nodes, g.Add(&pipeline.Node{Addr: fmt.Sprintf("nap%04d", i), Stage: &nap{i}, Weight: pipeline.Cost{Seconds: 1}}))
	}
	return nodes
}

// TestLongThousandNodes runs 1,000 nodes of a second on a real cluster of ten
// places. The overhead is what the jobs last, and what the user waits, over the
// work itself; results/bench/slurm.md has a measurement.
func TestLongThousandNodes(t *testing.T) {
	if os.Getenv("RUNEXP_LONG") != "1" {
		t.Skip("takes two minutes: RUNEXP_LONG=1 runs it")
	}
	const places = 10
	c := slurmd.Start(t, places/2, 2)
	name, value, _ := strings.Cut(c.Env, "=")
	t.Setenv(name, value)
	dir := t.TempDir()
	store, err := cache.Open(filepath.Join(dir, "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := &pipeline.Graph{}
	want := napNodes(g, naps)
	began := time.Now()
	r, err := Start(Options{
		Cluster: CLI{}, Dir: filepath.Join(dir, "shared"), Name: "naps", Numeric: "test", Limit: places,
		Command: []string{"env", "SLURM_TEST_KNOBS=" + dir, self}, Say: func(m string) { t.Log(m) },
	})
	if err != nil {
		t.Fatal(err)
	}
	x := &pipeline.Executor{Cache: store, Runner: r, Parallel: naps, Numeric: "test"}
	s, err := x.Run(context.Background(), g, want)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began).Seconds()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if n := s.Count(pipeline.Ran); n != naps {
		t.Fatalf("%d nodes ran, want %d", n, naps)
	}
	jobs, lasted := 0, 0.0
	for time.Now().Before(began.Add(time.Hour)) { // the last workers are about to end
		if jobs, lasted = workerTimes(t, dir); jobs >= places {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	waiting, lasting := took/(naps/places)-1, lasted/naps-1
	t.Logf("%d nodes of 1 s in %d jobs on %d places: the jobs lasted %.1f s together (overhead %.1f %%), the user waited %.1f s (overhead %.1f %%)",
		naps, jobs, places, lasted, 100*lasting, took, 100*waiting)
	if lasted/float64(jobs) < 60 {
		t.Errorf("a job lasted %.1f s on average, want a minute or more", lasted/float64(jobs))
	}
	if lasting > 0.05 {
		t.Errorf("the jobs' overhead is more than 5 %%")
	}
}

// workerTimes adds what the workers wrote at their end.
func workerTimes(t *testing.T, dir string) (n int, seconds float64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var s float64
		if _, err := fmt.Sscanf(line, "worker %g", &s); err == nil {
			n++
			seconds += s
		}
	}
	return n, seconds
}
