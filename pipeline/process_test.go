package pipeline

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"runexp/pipeline/cache"
)

// The test binary runs itself as a process that may be killed: with
// PIPELINE_TEST_CACHE set it computes the graph below in that cache, prints a
// digest, and ends.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PIPELINE_TEST_CACHE"); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child computes the graph and prints the digest of all outputs. It appends a
// line to the file "log" beside the cache for each stage that it completes.
func child(dir string) error {
	store, err := cache.Open(dir, cache.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	var g Graph
	want := childGraph(&g, filepath.Join(filepath.Dir(dir), "log"))
	x := &Executor{Cache: store, Parallel: 2, Observer: childObserver{}}
	s, err := x.Run(context.Background(), &g, want)
	if err != nil {
		return err
	}
	h := sha256.New()
	for _, r := range s.Results {
		if r.Err != nil {
			return r.Err
		}
		text, err := r.Entry.ReadFile("text")
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %s %s %q\n", r.Node.Addr, r.Entry.Action(), r.Entry.Output(), text)
	}
	fmt.Printf("digest %x\n", h.Sum(nil))
	return nil
}

func childGraph(g *Graph, log string) []*Node {
	run := func(_ context.Context, j *Job) error {
		if j.Node.Addr == os.Getenv("PIPELINE_TEST_HANG") {
			fmt.Println("hanging")
			time.Sleep(time.Hour)
		}
		// A checkpoint that a later process finds: half of the text.
		checkpoint := filepath.Join(j.Work, "half")
		half := []byte(strings.Repeat(j.Node.Addr, 1000))
		if _, err := os.Stat(checkpoint); err != nil {
			if err := os.WriteFile(checkpoint+".tmp", half, 0o666); err != nil {
				return err
			}
			if err := os.Rename(checkpoint+".tmp", checkpoint); err != nil {
				return err
			}
		}
		got, err := os.ReadFile(checkpoint)
		if err != nil || len(got) != len(half) {
			return fmt.Errorf("checkpoint of %d bytes, %v", len(got), err)
		}
		f, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil {
			return err
		}
		if _, err := f.WriteString(j.Node.Addr + "\n"); err != nil {
			return err
		}
		return errors.Join(f.Close(), j.Node.Stage.(*step).write(j))
	}
	load := stepNode(g, "load", run)
	var want []*Node
	for _, name := range []string{"one", "two"} {
		want = append(want, stepNode(g, "evaluate-"+name, run, stepNode(g, "adapt-"+name, run, load)))
	}
	return want
}

type childObserver struct{}

func (childObserver) NodeStarted(*Node)       {}
func (childObserver) NodeDone(*Node, *Result) {}
func (childObserver) NodeProgress(_ *Node, p Progress) {
	if p.Note != "" {
		fmt.Println(p.Note)
	}
}

// startChild starts the process with more environment.
func startChild(t *testing.T, dir string, env ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(append(os.Environ(), "PIPELINE_TEST_CACHE="+filepath.Join(dir, "cache")), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

// finishChild reads up to the digest, and waits for the end. It returns "" if
// the process was killed.
func finishChild(t *testing.T, cmd *exec.Cmd, out *bufio.Reader) string {
	t.Helper()
	digest := ""
	for {
		line, err := out.ReadString('\n')
		if strings.HasPrefix(line, "digest ") {
			digest = line
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			t.Errorf("child: %v", err)
		}
		return ""
	}
	return digest
}

func runChild(t *testing.T, dir string, env ...string) string {
	t.Helper()
	cmd, out := startChild(t, dir, env...)
	return finishChild(t, cmd, out)
}

// executions counts how often each node was computed.
func executions(t *testing.T, dir string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for name := range strings.Lines(string(text)) {
		counts[strings.TrimSpace(name)]++
	}
	return counts
}

// inCache lists the addresses that are committed.
func inCache(t *testing.T, dir string) (names []string) {
	t.Helper()
	s, err := cache.Open(filepath.Join(dir, "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range s.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Address())
	}
	return names
}

// checkCache opens the cache and looks for damage, and for what should be gone.
func checkCache(t *testing.T, dir string) {
	t.Helper()
	s, err := cache.Open(filepath.Join(dir, "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if problems, err := s.Verify(); err != nil || len(problems) > 0 {
		t.Errorf("Verify = %v, %v", problems, err)
	}
	if _, err := s.GC(cache.Policy{}); err != nil {
		t.Errorf("GC: %v", err)
	}
	if st, err := s.Stats(); err != nil || st.Entries != 5 || st.Attempts != 0 || st.Quarantined != 0 {
		t.Errorf("Stats = %+v, %v, want 5 entries and nothing else", st, err)
	}
}

// A process killed at each named point, and its successor killed at the next,
// leave a cache in which a third run gives the same digest as an undisturbed one.
func TestFaultKilledAtEveryPoint(t *testing.T) {
	want := runChild(t, t.TempDir())
	if want == "" {
		t.Fatal("no digest")
	}
	counts := []int{1, 8}
	if os.Getenv("RUNEXP_LONG") != "" {
		counts = nil
		for i := range 30 {
			counts = append(counts, i+1)
		}
	}
	for _, point := range []string{"temp-written", "temp-synced", "renamed", "folder-synced", "object-synced",
		"object-renamed", "objects-stored", "manifest-stored", "record-stored"} {
		hits := 0
		for _, count := range counts {
			dir := t.TempDir()
			env := fmt.Sprintf("RUNEXP_FAILPOINT=cache/%s:%d", point, count)
			if runChild(t, dir, env) == "" {
				hits++
				runChild(t, dir, env)
			}
			if got := runChild(t, dir); got != want {
				t.Errorf("%s, killed: digest %q, want %q", env, got, want)
			}
			checkCache(t, dir)
		}
		if hits == 0 {
			t.Errorf("nothing was killed at %s", point)
		}
	}
}

// A process killed with kill -9 at random moments, again and again, does not
// compute what it had committed a second time.
func TestFaultKilledAtRandom(t *testing.T) {
	trials := 5
	if os.Getenv("RUNEXP_LONG") != "" {
		trials = 1000
	}
	want := runChild(t, t.TempDir())
	random := rand.New(rand.NewPCG(3, 4))
	for range trials {
		dir := t.TempDir()
		committed := map[string]int{} // how often each had been computed when it was found in the cache
		for range 3 {
			cmd, out := startChild(t, dir)
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			finishChild(t, cmd, out)
			for _, name := range inCache(t, dir) {
				if _, ok := committed[name]; !ok {
					committed[name] = executions(t, dir)[name]
				}
			}
		}
		if got := runChild(t, dir); got != want {
			t.Fatalf("digest %q, want %q", got, want)
		}
		for name, n := range committed {
			if got := executions(t, dir)[name]; got != n {
				t.Errorf("%s was computed %d times, and after it was committed %d times more", name, n, got-n)
			}
		}
		if before := executions(t, dir); runChild(t, dir) != want || fmt.Sprint(executions(t, dir)) != fmt.Sprint(before) {
			t.Error("a further run computed something")
		}
		checkCache(t, dir)
	}
}

// Eight processes on one cache compute each node once.
func TestFaultEightProcesses(t *testing.T) {
	rounds := 1
	if os.Getenv("RUNEXP_LONG") != "" {
		rounds = 200
	}
	want := runChild(t, t.TempDir())
	for range rounds {
		dir := t.TempDir()
		var cmds []*exec.Cmd
		var outs []*bufio.Reader
		for range 8 {
			cmd, out := startChild(t, dir)
			cmds, outs = append(cmds, cmd), append(outs, out)
		}
		for i, cmd := range cmds {
			if got := finishChild(t, cmd, outs[i]); got != want {
				t.Errorf("process %d: digest %q, want %q", i, got, want)
			}
		}
		for name, n := range executions(t, dir) {
			if n != 1 {
				t.Errorf("%s was computed %d times, want once", name, n)
			}
		}
		checkCache(t, dir)
	}
}

// Who waits for a stopped process is told who it is; when that is killed, it
// goes on.
func TestFaultStoppedHolder(t *testing.T) {
	dir := t.TempDir()
	holder, out := startChild(t, dir, "PIPELINE_TEST_HANG=load")
	if line, err := out.ReadString('\n'); line != "hanging\n" {
		t.Fatalf("the first process says %q, %v", line, err)
	}
	if err := holder.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waiter, waiterOut := startChild(t, dir)
	line, err := waiterOut.ReadString('\n')
	if want := fmt.Sprintf("waiting for process %d ", holder.Process.Pid); err != nil || !strings.HasPrefix(line, want) {
		t.Errorf("the second process says %q, %v, want %q", line, err, want)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holder.Wait()
	if finishChild(t, waiter, waiterOut) == "" {
		t.Error("the second process did not finish")
	}
	checkCache(t, dir)
}
