package slurm

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Nodes that share a root are one job, and the two roots' nodes are not mixed.
func TestNodesOfOneAffinityShareAJob(t *testing.T) {
	b := newBench(t)
	b.options.Say = func(message string) { t.Error("there is nothing to say, but:", message) }
	b.mustRun()
	if n := len(b.cluster.submissions); n != 2 || b.cluster.elements() != 4 {
		t.Errorf("%d submissions of %d elements, want 2 (the roots; what reads them) of 2 each", n, b.cluster.elements())
	}
	if left, _ := os.ReadDir(filepath.Dir(b.options.Dir)); len(left) != 2 { // cache and knobs
		t.Errorf("the shared folder is left: %v", left)
	}
}

// A worker that dies is replaced, and its node goes on from its checkpoint.
func TestLostWorkerIsReplaced(t *testing.T) {
	b := newBench(t)
	b.knob("node03", "crash", "crash")
	b.mustRun()
	if n := b.log("run node03"); n != 3 {
		t.Errorf("node03 ran %d times, want 3", n)
	}
	if n := b.log("resume node03"); n != 2 {
		t.Errorf("node03 resumed %d times, want 2", n)
	}
	for _, innocent := range []string{"node02", "node04"} {
		if n := b.log("run " + innocent); n != 1 {
			t.Errorf("%s ran %d times, want 1", innocent, n)
		}
	}
}

func TestNodeThatKillsItsWorkersFails(t *testing.T) {
	b := newBench(t)
	b.knob("node03", "crash", "crash", "crash", "crash", "crash")
	s := b.run(context.Background())
	failures := s.Failures()
	if len(failures) != 1 || failures[0].Node.Addr != "node03" {
		t.Fatalf("failures: %v, want node03 alone", failures)
	}
	text := failures[0].Err.Error()
	if n := b.log("run node03"); n != 1+losses || !strings.Contains(text, "lost 4 times") || !strings.Contains(text, "the last words of node03") {
		t.Errorf("after %d runs: %v", n, text)
	}
}

// An error of a stage is a result: nothing is tried again, and it keeps its kind.
func TestFailureOfAStage(t *testing.T) {
	b := newBench(t)
	b.knob("node11", "fail")
	s := b.run(context.Background())
	failures := s.Failures()
	if len(failures) != 1 || !errors.Is(failures[0].Err, pipeline.ErrResources) || !strings.Contains(failures[0].Err.Error(), "no memory for node11") {
		t.Fatalf("failures: %v", failures)
	}
	var input interface{ InvalidInput() bool }
	if errors.As(failures[0].Err, &input) && input.InvalidInput() {
		t.Error("a lack of memory counts as invalid input")
	}
	if n := b.log("run node11"); n != 1 {
		t.Errorf("it ran %d times", n)
	}
	b.mustRun() // failures are not cached
}

// Preemption: a worker that is told to end leaves a checkpoint, and nobody
// counts that as a loss, however often it happens.
func TestPreemptedNodeGoesOn(t *testing.T) {
	b := newBench(t)
	b.knob("node00", "hang", "hang", "hang", "hang", "hang", "hang")
	go func() {
		for life := 1; life <= 6; life++ {
			for b.log("run node00") < life {
				time.Sleep(time.Millisecond)
			}
			b.cluster.signal(syscall.SIGTERM)
		}
	}()
	b.mustRun()
	if n := b.log("run node00"); n != 7 {
		t.Errorf("node00 ran %d times, want 7", n)
	}
}

// The coordinator goes away and comes back: what ran meanwhile is not run again.
func TestLaterCoordinatorPicksUp(t *testing.T) {
	b := newBench(t)
	b.knob("node00", "1s")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for b.log("run node00") == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if s := b.run(ctx); s.Count(pipeline.Interrupted) == 0 {
		t.Fatal("nothing was interrupted")
	}
	before := b.cluster.elements()
	b.mustRun()
	if after := b.cluster.elements(); after != before {
		t.Errorf("%d elements were submitted again", after-before)
	}
	if n := b.log("run node00"); n != 1 {
		t.Errorf("node00 ran %d times", n)
	}
}

func TestCancel(t *testing.T) {
	b := newBench(t)
	b.knob("node00", "hang")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for b.log("run node00") == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	b.run(ctx)
	n, err := Cancel(context.Background(), b.cluster, b.options.Dir, b.options.Name)
	if err != nil || n == 0 {
		t.Fatalf("%d jobs cancelled, %v", n, err)
	}
	b.mustRun()
	if b.log("resume node00") != 1 {
		t.Error("node00 did not go on from its checkpoint")
	}
}

// Two workers of one node, one of them suspended until the other is done.
func TestSuspendedWorkerComesTooLate(t *testing.T) {
	b := newBench(t)
	b.knob("node00", "300ms")
	awake := make(chan bool)
	go func() {
		defer close(awake)
		for b.log("run node00") == 0 {
			time.Sleep(time.Millisecond)
		}
		// Slurm believes it dead: a copy takes its place.
		b.cluster.signal(syscall.SIGSTOP)
		b.cluster.mu.Lock()
		for place, cmd := range b.cluster.running {
			delete(b.cluster.running, place)
			defer func() {
				cmd.Process.Signal(syscall.SIGCONT)
				for cmd.Process.Signal(syscall.Signal(0)) == nil { // it writes until it ends
					time.Sleep(time.Millisecond)
				}
			}()
		}
		b.cluster.mu.Unlock()
		for b.log("run node00") < 2 {
			time.Sleep(time.Millisecond)
		}
	}()
	b.mustRun()
	<-awake
	if n := b.log("run node00"); n != 2 {
		t.Errorf("node00 ran %d times, want 2", n)
	}
}

// What squeue and sbatch may answer.
func TestSlurmIsAway(t *testing.T) {
	refusal := errors.New("sbatch: error: Slurm temporarily unable to accept job")
	for what, prepare := range map[string]func(*processes){
		"the queue cannot be read":  func(p *processes) { p.down = 20 },
		"submissions are refused":   func(p *processes) { p.refuse = []error{refusal, refusal} },
		"a refusal between":         func(p *processes) { p.refuse = []error{nil, refusal} },
		"a submission is forgotten": func(p *processes) { p.vanish = 2 },
		"a node is broken":          func(p *processes) { p.held = "launch failed requeued held" },
	} {
		t.Run(what, func(t *testing.T) {
			b := newBench(t)
			prepare(b.cluster)
			b.mustRun()
		})
	}
}

func TestRefusedForGood(t *testing.T) {
	b := newBench(t)
	for range 100 {
		b.cluster.refuse = append(b.cluster.refuse, errors.New("sbatch: error: Invalid partition name specified"))
	}
	s := b.run(context.Background(), b.want[0])
	failures := s.Failures()
	if len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), "Invalid partition name") {
		t.Errorf("failures: %v", failures)
	}
	if used := 100 - len(b.cluster.refuse); used != 1+refusals {
		t.Errorf("%d submissions, want %d", used, 1+refusals)
	}
}

func TestVanishedForGood(t *testing.T) {
	b := newBench(t)
	b.cluster.vanish = 100
	s := b.run(context.Background(), b.want[0])
	if failures := s.Failures(); len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), "lost 4 times, at last because its job ended before it began") {
		t.Errorf("failures: %v", failures)
	}
}

// Limits of the user and of the cluster.
func TestLimits(t *testing.T) {
	b := newBench(t)
	b.cluster.max, b.options.Limit, b.options.Target = 2, 3, time.Second // a job for each node
	b.mustRun()
	for _, s := range b.cluster.submissions {
		if s.Elements > 2 || s.Limit != 3 {
			t.Errorf("an array of %d elements, %d at once; want at most 2, and 3", s.Elements, s.Limit)
		}
	}
	if n := b.atOnce(); n > 3 {
		t.Errorf("%d nodes ran at once, the limit is 3", n)
	}
}

// A result that is not what its worker wrote is set aside, and made again.
func TestDamagedResultIsMadeAgain(t *testing.T) {
	b := newBench(t)
	b.run(context.Background(), b.graph.Find("root0"))
	node := b.graph.Find("node00")
	f, err := openFolder(b.options.Dir)
	if err != nil {
		t.Fatal(err)
	}
	good := &result{Address: node.Addr, Action: b.action(node), Files: []resultFile{{"number", 3, strings.Repeat("0", 64)}}}
	writeResult(t, f, good, map[string]string{"number": "0 1"})
	b.mustRun()
	if n := b.log("run node00"); n != 1 {
		t.Errorf("node00 ran %d times, want once", n)
	}
}

// writeResult writes a result folder as a worker would.
func writeResult(t *testing.T, f folder, r *result, files map[string]string) {
	t.Helper()
	dir := f.result(r.Action)
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "out", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "result.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// An edited experiment file, or another kernel: never a result.
func TestWorkerRefusesAnotherRecipe(t *testing.T) {
	b := newBench(t)
	b.graph.Find("root0").Stage.(*work).Number = 7 // the workers know 0
	s := b.run(context.Background(), b.graph.Find("root0"))
	if failures := s.Failures(); len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), "is not what was asked for") {
		t.Errorf("failures: %v", failures)
	}
	if n := b.log("run root0"); n != 0 {
		t.Errorf("it ran %d times", n)
	}
}

// A job that takes far longer than was thought leaves its other nodes to others.
func TestLongNodesAreNotServedOneAfterAnother(t *testing.T) {
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	knobs := t.TempDir()
	g, _ := workGraph(knobs)
	store, err := cache.Open(t.TempDir(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	tasks := []task{}
	for _, r := range []string{"root0", "root1"} {
		x := &pipeline.Executor{Numeric: "test", Cache: store}
		items, err := x.Plan(g, []*pipeline.Node{g.Find(r)})
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task{Address: r, Action: items[0].Action.String()})
	}
	name, err := f.writeBatch(&batch{Elements: [][]task{tasks}, Seconds: []float64{0.001}}, []string{"true"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(knobs, "root0"), []byte("50ms"), 0o666); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	w := Worker{Batch: f.batch(name), Numeric: "test", Find: g.Find, Log: &log}
	if err := w.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !f.hasResult(tasks[0].Action) || f.hasResult(tasks[1].Action) {
		t.Errorf("results: %v, %v; want the first alone\n%s", f.hasResult(tasks[0].Action), f.hasResult(tasks[1].Action), log.String())
	}
}

func TestBatchIsReadAsWritten(t *testing.T) {
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &batch{Elements: [][]task{{{Address: "a", Action: "1"}}, {{Address: "b", Action: "2", Inputs: map[string]string{"in": "3"}}}}, Seconds: []float64{1, 2}}
	name, err := f.writeBatch(b, []string{"run exp", "it's"}, []string{"module load x"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readBatch(f.batch(name))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(b)
	y, _ := json.Marshal(got)
	if string(x) != string(y) {
		t.Errorf("read %s, wrote %s", y, x)
	}
	script, err := os.ReadFile(scriptPath(f.batch(name)))
	if want := "#!/bin/bash\nset -e\nmodule load x\nexec 'run exp' 'it'\\''s' '-batch' '" + f.batch(name) + "'\n"; err != nil || string(script) != want {
		t.Errorf("script %q, %v, want %q", script, err, want)
	}
}
