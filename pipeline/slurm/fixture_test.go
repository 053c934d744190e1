package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// The test binary is also the worker: with SLURM_TEST_KNOBS in its environment
// it runs the element of the batch that its last argument names.
func TestMain(m *testing.M) {
	knobs := os.Getenv("SLURM_TEST_KNOBS")
	if knobs == "" {
		os.Exit(m.Run())
	}
	element, err := strconv.Atoi(os.Getenv("SLURM_ARRAY_TASK_ID"))
	if err != nil {
		panic(err)
	}
	began := time.Now()
	g, _ := workGraph(knobs)
	napNodes(g, naps)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	w := Worker{Batch: os.Args[len(os.Args)-1], Element: element, Numeric: "test", Find: g.Find, Log: os.Stderr}
	if err := w.Run(ctx); errors.Is(err, ErrPreempted) {
		os.Exit(75)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	(&work{knobs: knobs}).log("worker", fmt.Sprint(time.Since(began).Seconds()))
}

// work is a stage that writes its number, after what the folder of knobs asks
// of it.
type work struct {
	Number int
	knobs  string
}

func (*work) Name() string { return "work" }
func (*work) Version() int { return 1 }

func (w *work) Run(ctx context.Context, job *pipeline.Job) error {
	half := filepath.Join(job.Work, "half")
	if _, err := os.Stat(half); err == nil {
		w.log("resume", job.Node.Addr)
	} else if err := os.WriteFile(half, nil, 0o666); err != nil {
		return err
	}
	w.log("run", job.Node.Addr)
	switch knob := w.knob(job.Node.Addr); knob {
	case "":
	case "crash":
		fmt.Fprintln(os.Stderr, "the last words of", job.Node.Addr)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "fail":
		return fmt.Errorf("%w: no memory for %s", pipeline.ErrResources, job.Node.Addr)
	case "hang":
		<-ctx.Done()
		return pipeline.ErrInterrupted
	default:
		d, err := time.ParseDuration(knob)
		if err != nil {
			return err
		}
		time.Sleep(d)
	}
	text := fmt.Sprint(w.Number)
	for _, in := range job.Node.Inputs {
		more, err := job.In[in.Name].ReadFile("number")
		if err != nil {
			return err
		}
		text += " " + string(more)
	}
	w.log("end", job.Node.Addr)
	return os.WriteFile(filepath.Join(job.Out, "number"), []byte(text), 0o666)
}

// knob takes the first line of the file that is named like the node: what the
// next run of it does.
func (w *work) knob(addr string) string {
	name := filepath.Join(w.knobs, addr)
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(name, []byte(rest), 0o666); err != nil {
		panic(err)
	}
	return first
}

// log appends to a file that the test reads.
func (w *work) log(what, addr string) {
	f, err := os.OpenFile(filepath.Join(w.knobs, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "%s %s\n", what, addr)
}

// workGraph is two roots, and nodes that read the one or the other.
func workGraph(knobs string) (*pipeline.Graph, []*pipeline.Node) {
	g := &pipeline.Graph{}
	var want []*pipeline.Node
	for r := range 2 {
		root := g.Add(&pipeline.Node{Addr: fmt.Sprintf("root%d", r), Stage: &work{r, knobs}})
		for i := range 5 {
			n := g.Add(&pipeline.Node{
				Addr: fmt.Sprintf("node%d%d", r, i), Stage: &work{10*r + i, knobs},
				Inputs: []pipeline.Input{{Name: "root", Node: root}}, Affinity: root.Addr, Weight: pipeline.Cost{Seconds: 1},
			})
			want = append(want, n)
		}
	}
	return g, want
}

// bench is a coordinator over a cluster that is made of processes.
type bench struct {
	t       *testing.T
	dir     string
	cluster *processes
	options Options
	graph   *pipeline.Graph
	want    []*pipeline.Node
	store   *cache.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	knobs := filepath.Join(dir, "knobs")
	if err := os.Mkdir(knobs, 0o777); err != nil {
		t.Fatal(err)
	}
	store, err := cache.Open(filepath.Join(dir, "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, store: store, cluster: &processes{max: 100}}
	b.graph, b.want = workGraph(knobs)
	b.options = Options{
		Cluster: b.cluster, Dir: filepath.Join(dir, "shared"), Name: "test", Numeric: "test",
		Command: []string{"env", "SLURM_TEST_KNOBS=" + knobs, self},
		Poll:    20 * time.Millisecond, Look: 5 * time.Millisecond,
		Say: func(message string) { t.Log(message) },
	}
	t.Cleanup(func() {
		b.cluster.end()
		store.Close()
	})
	return b
}

// knob says what the next runs of a node do.
func (b *bench) knob(addr string, what ...string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "knobs", addr), []byte(strings.Join(what, "\n")), 0o666); err != nil {
		b.t.Fatal(err)
	}
}

// log counts the lines of a kind that the nodes wrote.
func (b *bench) log(line string) int {
	text, _ := os.ReadFile(filepath.Join(b.dir, "knobs", "log"))
	return strings.Count("\n"+string(text), "\n"+line+"\n")
}

// atOnce is how many nodes ran at the same time, at most.
func (b *bench) atOnce() int {
	text, _ := os.ReadFile(filepath.Join(b.dir, "knobs", "log"))
	now, most := 0, 0
	for line := range strings.Lines(string(text)) {
		switch what, _, _ := strings.Cut(line, " "); what {
		case "run":
			now++
		case "end":
			now--
		}
		most = max(most, now)
	}
	return most
}

// run runs the graph and returns its summary.
func (b *bench) run(ctx context.Context, want ...*pipeline.Node) *pipeline.Summary {
	b.t.Helper()
	if want == nil {
		want = b.want
	}
	r, err := Start(b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	x := &pipeline.Executor{Cache: b.store, Runner: r, Parallel: 1000, Numeric: "test"}
	s, err := x.Run(ctx, b.graph, want)
	if err != nil && !errors.Is(err, pipeline.ErrInterrupted) {
		b.t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// mustRun also compares what came out with what the nodes write.
func (b *bench) mustRun() {
	b.t.Helper()
	s := b.run(context.Background())
	for _, f := range s.Failures() {
		b.t.Fatalf("%s: %v", f.Node.Addr, f.Err)
	}
	for _, n := range b.want {
		number := n.Stage.(*work).Number
		if text, err := s.Of(n).Entry.ReadFile("number"); err != nil || string(text) != fmt.Sprintf("%d %d", number, number/10) {
			b.t.Errorf("%s left %q, %v", n.Addr, text, err)
		}
	}
}

// action is the action id of a node whose inputs are in the cache.
func (b *bench) action(n *pipeline.Node) string {
	b.t.Helper()
	x := &pipeline.Executor{Cache: b.store, Numeric: "test"}
	items, err := x.Plan(b.graph, []*pipeline.Node{n})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, it := range items {
		if it.Node == n {
			return it.Action.String()
		}
	}
	return ""
}

// processes is a Cluster whose jobs are processes of this machine.
type processes struct {
	max int // MaxArraySize

	mu          sync.Mutex
	submissions []Submission
	refuse      []error // answers of the next submissions
	down        int     // how often Queue fails
	vanish      int     // how many submissions are accepted and lost
	held        string  // reason for which no job starts
	running     map[Place]*exec.Cmd
	waiting     map[Place]bool
}

func (p *processes) Submit(_ context.Context, s Submission) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.refuse) > 0 {
		err := p.refuse[0]
		p.refuse = p.refuse[1:]
		if err != nil {
			return err
		}
	}
	p.submissions = append(p.submissions, s)
	if p.vanish > 0 {
		p.vanish--
		return nil
	}
	if p.running == nil {
		p.running, p.waiting = map[Place]*exec.Cmd{}, map[Place]bool{}
	}
	for i := range s.Elements {
		if p.held != "" {
			p.waiting[Place{s.Name, i}] = true
		} else if err := p.start(s, i); err != nil {
			return err
		}
	}
	return nil
}

func (p *processes) start(s Submission, i int) error {
	log, err := os.OpenFile(strings.ReplaceAll(s.Log, "%a", strconv.Itoa(i)), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("bash", s.Script)
	cmd.Env = append(os.Environ(), "SLURM_ARRAY_TASK_ID="+strconv.Itoa(i))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	place := Place{s.Name, i}
	p.running[place] = cmd
	go func() {
		cmd.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.running, place)
	}()
	return nil
}

func (p *processes) Queue(context.Context) (map[Place]Alive, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down > 0 {
		p.down--
		return nil, errors.New("squeue: slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
	}
	alive := map[Place]Alive{}
	for place, cmd := range p.running {
		alive[place] = Alive{ID: strconv.Itoa(cmd.Process.Pid), State: "RUNNING", Node: "here"}
	}
	for place := range p.waiting {
		alive[place] = Alive{ID: "held", State: "PENDING", Reason: p.held}
	}
	return alive, nil
}

func (p *processes) Cancel(_ context.Context, ids []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cmd := range p.running {
		if slices.Contains(ids, strconv.Itoa(cmd.Process.Pid)) {
			cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	if slices.Contains(ids, "held") {
		p.waiting, p.held = map[Place]bool{}, ""
	}
	return nil
}

func (p *processes) MaxArraySize(context.Context) (int, error) { return p.max, nil }

// signal sends a signal to every worker.
func (p *processes) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cmd := range p.running {
		cmd.Process.Signal(sig)
	}
}

// end kills what still runs and waits until it is gone.
func (p *processes) end() {
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGKILL)
	for {
		p.mu.Lock()
		n := len(p.running)
		p.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// elements counts what has been submitted.
func (p *processes) elements() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, s := range p.submissions {
		n += s.Elements
	}
	return n
}
