package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"runexp/internal/testkit/slurmd"
)

const slurmBlock = `
executor "slurm" {
  array_limit = 8
  poll        = 1
}
`

// slurmSite is a site whose experiment runs on a cluster.
func slurmSite(t *testing.T, c *slurmd.Cluster, block string) *site {
	t.Helper()
	s := newSite(t)
	s.env = []string{c.Env}
	text, err := os.ReadFile("testdata/tiny.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s.write("tiny.hcl", string(text)+block)
	return s
}

// workers lists the processes that run this site's jobs.
func (s *site) workers() []int {
	return slurmd.Processes("worker\x00", filepath.Join(s.dir, ".runexp"))
}

// TestFaultSlurm runs the experiment on a real cluster of this machine, and
// disturbs it. The digest is that of the undisturbed local run.
func TestFaultSlurm(t *testing.T) {
	t.Parallel()
	c := slurmd.Start(t, 4, 4)
	more := []string{"-var", "steps=3000", "-only", "method.full", "-seeds", "1"}
	want, _ := undisturbed(t)
	wantLong, _ := undisturbed(t, more...)

	t.Run("undisturbed", func(t *testing.T) {
		t.Parallel()
		s := slurmSite(t, c, slurmBlock)
		s.mustEqual(want, "a run in Slurm")
		if left := s.leftovers(); len(left) > 0 {
			t.Errorf("left in the shared folder: %v", left)
		}
	})

	// The coordinator is interrupted in the middle of training, and its job goes
	// on; the next run neither trains again nor submits what is alive.
	t.Run("interrupt", func(t *testing.T) {
		t.Parallel()
		s := slurmSite(t, c, slurmBlock)
		p := s.start(nil, append([]string{"-progress", "plain", "tiny.hcl"}, more...)...)
		worker := s.waitForWorker(p, "pretrain base")
		p.Process.Signal(os.Interrupt)
		if status, by := p.wait(t); status != exitInterrupted {
			t.Fatalf("exit status %d, signal %v\n%s", status, by, p.err.String())
		}
		if !strings.Contains(p.err.String(), "jobs in Slurm go on") {
			t.Errorf("it does not say that jobs go on:\n%s", p.err.String())
		}
		if err := syscall.Kill(worker, 0); err != nil {
			t.Fatalf("the worker has ended with the coordinator: %v", err)
		}
		s.mustEqual(wantLong, "an interruption", more...)
		if n := s.count("attempts"); n != 0 {
			t.Errorf("%d attempts are left", n)
		}
	})

	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		s := slurmSite(t, c, slurmBlock)
		args := append([]string{"-progress", "plain", "tiny.hcl"}, more...)
		p := s.start(nil, args...)
		worker := s.waitForWorker(p, "pretrain base")
		p.Process.Kill()
		p.wait(t)
		if out := s.run(append([]string{"-cancel"}, args...)...); !strings.Contains(out, "jobs of tiny cancelled") {
			t.Errorf("-cancel printed %q", out)
		}
		s.waitForEnd(worker)
		s.mustEqual(wantLong, "-cancel", more...)
	})

	t.Run("kill", func(t *testing.T) {
		t.Parallel()
		s := slurmSite(t, c, slurmBlock)
		p := s.start(nil, append([]string{"-progress", "plain", "tiny.hcl"}, more...)...)
		syscall.Kill(s.waitForWorker(p, "pretrain base"), syscall.SIGKILL)
		if status, by := p.wait(t); status != 0 {
			t.Fatalf("exit status %d, signal %v\n%s", status, by, p.err.String())
		}
		if got := s.digest(); got != wantLong {
			t.Errorf("after a killed worker the digest is %s; undisturbed it is %s", got, wantLong)
		}
	})

	// What Slurm does a while before the time limit: the worker stops at a
	// checkpoint and has its own job requeued, which goes on from there. A
	// worker that is stopped before its first step has nothing to go on from.
	t.Run("time limit", func(t *testing.T) {
		t.Parallel()
		s := slurmSite(t, c, slurmBlock)
		p := s.start(nil, append([]string{"-progress", "plain", "tiny.hcl"}, more...)...)
		id, err := jobOf(s.waitForLog(p, " steps loss"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Command("scancel", "--batch", "--signal=TERM", id); err != nil {
			t.Fatal(err)
		}
		if status, by := p.wait(t); status != 0 {
			t.Fatalf("exit status %d, signal %v\n%s", status, by, p.err.String())
		}
		if got := s.digest(); got != wantLong {
			t.Errorf("after a time limit the digest is %s; undisturbed it is %s", got, wantLong)
		}
		if job, err := c.Command("scontrol", "show", "job", id); err != nil || !strings.Contains(job, "Restarts=1") {
			t.Errorf("the job was not requeued: %v\n%s", err, job)
		}
		if strings.Contains(p.err.String(), "lost") {
			t.Errorf("the job counts as lost:\n%s", p.err.String())
		}
	})

	// The real thing: a limit of a minute, of which Slurm warns at its first look.
	t.Run("a minute", func(t *testing.T) {
		if !long() {
			t.Skip("takes minutes: RUNEXP_LONG=1 runs it")
		}
		t.Parallel()
		more := []string{"-var", "steps=60000", "-only", "method.full", "-seeds", "1"}
		want, _ := undisturbed(t, more...)
		s := slurmSite(t, c, "\nexecutor \"slurm\" {\n  poll = 1\n  time = \"1\"\n}\n")
		p := s.start(nil, append([]string{"-progress", "plain", "tiny.hcl"}, more...)...)
		lives := map[string]bool{}
		for ; len(p.ended) == 0; time.Sleep(100 * time.Millisecond) {
			for _, path := range globbed(t, filepath.Join(s.dir, ".runexp/slurm/tiny/batches/*/*.log")) {
				text, _ := os.ReadFile(path) // it may just have gone
				for _, life := range regexp.MustCompile(`life \d+`).FindAllString(string(text), -1) {
					lives[life] = true
				}
			}
		}
		if status, by := p.wait(t); status != 0 {
			t.Fatalf("exit status %d, signal %v\n%s", status, by, p.err.String())
		}
		if got := s.digest(); got != want {
			t.Errorf("after time limits the digest is %s; undisturbed it is %s", got, want)
		}
		if len(lives) < 2 {
			t.Errorf("the job lived once; it was to meet its time limit")
		}
		t.Logf("the job lived %d times", len(lives))
	})

	// Locks do not work on every shared file system: no worker takes one. The
	// script's last line is an exec, which here goes by way of strace.
	t.Run("no locks", func(t *testing.T) {
		t.Parallel()
		if _, err := exec.LookPath("strace"); err != nil {
			t.Skip("strace is not installed")
		}
		traces := t.TempDir()
		s := slurmSite(t, c, fmt.Sprintf("\nexecutor \"slurm\" {\n  poll = 1\n  setup = [%q]\n}\n",
			"exec() { strace -f -e trace=flock,fcntl,openat -o "+traces+"/$SLURM_JOB_ID \"$@\"; }"))
		s.mustEqual(want, "a run under strace")
		text, n := "", 0
		for _, path := range globbed(t, traces+"/*") {
			trace, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text += string(trace)
			n++
		}
		if n == 0 || !strings.Contains(text, "evaluation.json") {
			t.Errorf("%d traces, which show no work", n)
		}
		if lock := regexp.MustCompile(`.*(flock\(|F_(OFD_)?SETLKW?).*`).FindString(text); lock != "" {
			t.Errorf("a worker locks: %s", lock)
		}
	})

	// A job that cannot start is tried again, and then shows what it said.
	t.Run("setup fails", func(t *testing.T) {
		t.Parallel()
		s := slurmSite(t, c, "\nexecutor \"slurm\" {\n  poll = 1\n  setup = [\"echo the module system is down; exit 3\"]\n}\n")
		p := s.start(nil, "-progress", "none", "-only", "method.majority", "tiny.hcl")
		status, _ := p.wait(t)
		if status != exitFailed || !strings.Contains(p.err.String(), "the module system is down") || !strings.Contains(p.err.String(), "lost 4 times") {
			t.Errorf("exit status %d, want %d with the job's last lines:\n%s", status, exitFailed, p.err.String())
		}
	})
}

// TestFaultSlurmChaos kills, suspends and requeues at random while the
// experiment runs. RUNEXP_LONG=1 does it for many minutes.
func TestFaultSlurmChaos(t *testing.T) {
	if !long() {
		t.Skip("takes minutes: RUNEXP_LONG=1 runs it")
	}
	c := slurmd.Start(t, 4, 4)
	args := []string{"-progress", "plain", "-var", "steps=2000", "tiny.hcl"}
	want, _ := undisturbed(t, "-var", "steps=2000")
	rng := rand.New(rand.NewPCG(7, 7))
	for round := range 10 {
		s := slurmSite(t, c, slurmBlock)
		p := s.start(nil, args...)
		done := map[string]int{}
		var suspended []int
		for began := time.Now(); len(p.ended) == 0 && time.Since(began) < time.Minute; {
			time.Sleep(time.Duration(rng.IntN(1500)) * time.Millisecond)
			what := []string{"kill", "suspend", "requeue"}[rng.IntN(3)]
			if err := s.disturb(c, what, rng, &suspended); err == nil {
				done[what]++
			}
		}
		for _, pid := range suspended {
			syscall.Kill(pid, syscall.SIGCONT)
		}
		status, by := p.wait(t)
		if status != 0 && !strings.Contains(p.err.String(), "lost 4 times") {
			t.Fatalf("round %d: exit status %d, signal %v\n%s", round, status, by, p.err.String())
		}
		s.mustEqual(want, fmt.Sprintf("round %d of chaos (%v)", round, done), "-var", "steps=2000")
		t.Logf("round %d: exit status %d after %v", round, status, done)
	}
}

// disturb does something to one of the site's workers.
func (s *site) disturb(c *slurmd.Cluster, what string, rng *rand.Rand, suspended *[]int) error {
	pids := s.workers()
	if len(pids) == 0 {
		return os.ErrProcessDone
	}
	pid := pids[rng.IntN(len(pids))]
	switch what {
	case "kill":
		return syscall.Kill(pid, syscall.SIGKILL)
	case "suspend":
		*suspended = append(*suspended, pid)
		time.AfterFunc(3*time.Second, func() { syscall.Kill(pid, syscall.SIGCONT) })
		return syscall.Kill(pid, syscall.SIGSTOP)
	}
	id, err := jobOf(pid)
	if err == nil {
		_, err = c.Command("scontrol", "requeue", id)
	}
	return err
}

// jobOf returns the job that a worker runs in: an element of an array.
func jobOf(pid int) (string, error) {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return "", err
	}
	of := map[string]string{}
	for variable := range strings.SplitSeq(string(environment), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		of[name] = value
	}
	if of["SLURM_ARRAY_JOB_ID"] == "" || of["SLURM_ARRAY_TASK_ID"] == "" {
		return "", os.ErrNotExist
	}
	return of["SLURM_ARRAY_JOB_ID"] + "_" + of["SLURM_ARRAY_TASK_ID"], nil
}

// workerLine is the first line of a worker's log.
var workerLine = regexp.MustCompile(`runexp worker: process (\d+),`)

// waitForWorker waits until a worker has begun a node, and returns its process.
func (s *site) waitForWorker(p *process, node string) int {
	s.t.Helper()
	return s.waitForLog(p, "start "+node)
}

// waitForLog returns the worker whose log says something.
func (s *site) waitForLog(p *process, what string) int {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && len(p.ended) == 0; time.Sleep(20 * time.Millisecond) {
		logs, _ := filepath.Glob(filepath.Join(s.dir, ".runexp/slurm/tiny/batches/*/*.log"))
		for _, l := range logs {
			text, _ := os.ReadFile(l)
			if m := workerLine.FindSubmatch(text); m != nil && strings.Contains(string(text), what) {
				pid, err := strconv.Atoi(string(m[1]))
				if err != nil {
					s.t.Fatal(err)
				}
				return pid
			}
		}
	}
	s.t.Fatalf("no worker has said %q:\n%s", what, p.err.String())
	return 0
}

func (s *site) waitForEnd(pid int) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("process %d is still there", pid)
		}
	}
}

// count counts what a folder of the shared folder holds.
func (s *site) count(folder string) int {
	list, _ := os.ReadDir(filepath.Join(s.dir, ".runexp/slurm/tiny", folder))
	return len(list)
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// leftovers lists what is left of the experiment in the shared folder.
func (s *site) leftovers() []string {
	left, _ := filepath.Glob(filepath.Join(s.dir, ".runexp/slurm/tiny/*"))
	return left
}
