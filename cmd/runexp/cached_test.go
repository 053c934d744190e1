package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"runexp/internal/chart"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// echoStage writes its text.
type echoStage struct{ Text string }

func (*echoStage) Name() string { return "echo" }
func (*echoStage) Version() int { return 1 }
func (s *echoStage) Run(_ context.Context, job *pipeline.Job) error {
	return os.WriteFile(filepath.Join(job.Out, "text"), []byte(s.Text), 0o666)
}

// unsyncedFS does not wait for the disk: filling the cache is not measured.
type unsyncedFS struct{ cache.OS }

func (unsyncedFS) Sync(string) error { return nil }

// chains is a graph of about n nodes: loads, and below each 50 chains of adapt
// and evaluate.
func chains(n int) (*pipeline.Graph, []*pipeline.Node) {
	g := &pipeline.Graph{}
	add := func(addr string, from ...*pipeline.Node) *pipeline.Node {
		node := &pipeline.Node{Addr: addr, Stage: &echoStage{addr}}
		for _, f := range from {
			node.Inputs = append(node.Inputs, pipeline.Input{Name: "in", Node: f})
		}
		return g.Add(node)
	}
	var want []*pipeline.Node
	var load *pipeline.Node
	for i := range chainsOf(n) {
		if i%50 == 0 {
			load = add(fmt.Sprint("load ", i))
		}
		want = append(want, add(fmt.Sprint("evaluate ", i), add(fmt.Sprint("adapt ", i), load)))
	}
	return g, want
}

func chainsOf(n int) int { return n * 50 / 101 }

// TestAllCached plans and runs graphs of which everything is cached: every node
// is found, none runs. With RUNEXP_LONG=1 it is up to 10,000 nodes, beside
// Snakemake on the same graph of 1,000 where that is installed; -update writes
// results/bench/executor.md and its chart.
func TestAllCached(t *testing.T) {
	sizes, rounds := []int{100}, 1
	if long() {
		sizes, rounds = []int{100, 1000, 10_000}, 7
	}
	var table strings.Builder
	planned, ran := chart.Series{Name: "plan"}, chart.Series{Name: "run"}
	var beside string
	for _, n := range sizes {
		dir := filepath.Join(t.TempDir(), "cache")
		store, err := cache.Open(dir, cache.Options{FS: unsyncedFS{}})
		if err != nil {
			t.Fatal(err)
		}
		g, want := chains(n)
		if _, err := (&pipeline.Executor{Cache: store, Parallel: 4}).Run(t.Context(), g, want); err != nil {
			t.Fatal(err)
		}
		store.Close()
		var plans, runs, peers []float64
		peer := newSnakemake(t, n)
		for range rounds {
			if store, err = cache.Open(dir, cache.Options{}); err != nil {
				t.Fatal(err)
			}
			x := &pipeline.Executor{Cache: store}
			plans = append(plans, seconds(func() {
				items, err := x.Plan(g, want)
				if err != nil || slices.ContainsFunc(items, func(it pipeline.PlanItem) bool { return it.Status != pipeline.PlanCached }) {
					t.Errorf("of %d nodes some are not cached: %v", n, err)
				}
			}))
			runs = append(runs, seconds(func() {
				s, err := x.Run(t.Context(), g, want)
				if err != nil || s.Count(pipeline.Ran) > 0 {
					t.Errorf("of %d nodes %d ran: %v", n, s.Count(pipeline.Ran), err)
				}
			}))
			store.Close()
			if n == 1000 && peer != nil {
				peers = append(peers, seconds(peer))
			}
		}
		fmt.Fprintf(&table, "| %d | %.1f ms | %.1f ms |\n", n, 1e3*median(plans), 1e3*median(runs))
		planned.X, planned.Y = append(planned.X, float64(n)), append(planned.Y, median(plans))
		ran.X, ran.Y = append(ran.X, float64(n)), append(ran.Y, median(runs))
		if peers != nil {
			var ratios []float64
			for i := range peers {
				ratios = append(ratios, peers[i]/runs[i])
			}
			beside = fmt.Sprintf("Snakemake on the graph of 1,000 nodes, nothing to be done: %.2f s, %.0f times the run beside it (medians of %d pairs).\n", median(peers), median(ratios), rounds)
		}
	}
	t.Log("\n" + table.String() + beside)
	if !long() {
		return
	}
	writeBench(t, "executor.md", `# Finding everything cached

Command:

    RUNEXP_LONG=1 go test ./cmd/runexp -run AllCached -update

Nodes are loads, and below each 50 chains of adapt and evaluate; the cache is opened anew for each round, and a run reads
every wanted output and compares its hash. Medians of `+fmt.Sprint(rounds)+` rounds.

| nodes | plan | run |
| ---: | ---: | ---: |
`+table.String()+`
`+beside+`
![seconds by nodes](executor.svg)
`)
	writeBenchChart(t, "executor.svg", &chart.Lines{Title: "Finding everything cached", X: "nodes", Y: "seconds", LogX: true, Series: []chart.Series{planned, ran}})
}

func seconds(f func()) float64 {
	started := time.Now()
	f()
	return time.Since(started).Seconds()
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

// newSnakemake prepares the graph of chains for Snakemake, all of it made, and
// returns what a look at it takes; nil where it is not installed, or for a short
// test.
func newSnakemake(t *testing.T, n int) func() {
	t.Helper()
	program, err := exec.LookPath("snakemake")
	if err != nil || !long() {
		return nil
	}
	dir, count := t.TempDir(), chainsOf(n)
	rules := fmt.Sprintf(`rule all:
    input: expand("evaluate/{i}", i=range(%d))
rule load:
    output: "load/{k}"
    shell: "echo load {wildcards.k} > {output}"
rule adapt:
    input: lambda w: "load/%%d" %% (int(w.i) // 50 * 50)
    output: "adapt/{i}"
    shell: "echo adapt {wildcards.i} > {output}"
rule evaluate:
    input: "adapt/{i}"
    output: "evaluate/{i}"
    shell: "echo evaluate {wildcards.i} > {output}"
`, count)
	if err := os.WriteFile(filepath.Join(dir, "Snakefile"), []byte(rules), 0o666); err != nil {
		t.Fatal(err)
	}
	for age, kind := range []string{"load", "adapt", "evaluate"} {
		if err := os.Mkdir(filepath.Join(dir, kind), 0o777); err != nil {
			t.Fatal(err)
		}
		made := time.Unix(int64(1e9+age), 0)
		for i := range count {
			if kind == "load" && i%50 != 0 {
				continue
			}
			name := filepath.Join(dir, kind, fmt.Sprint(i))
			if err := os.WriteFile(name, []byte(kind), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, made, made); err != nil {
				t.Fatal(err)
			}
		}
	}
	return func() {
		cmd := exec.Command(program, "-j1")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Nothing to be done") {
			t.Errorf("snakemake: %v\n%s", err, out)
		}
	}
}
