package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"runexp/internal/testkit"
)

func long() bool { return os.Getenv("RUNEXP_LONG") == "1" }

// TestFaultKill kills the program at random moments, sometimes also while it
// recovers. Run again, it gives the digest of an undisturbed run, and no node
// that was done is done a second time. RUNEXP_LONG=1 does it 1,000 times, or as
// often as fits before the test's deadline (-timeout), else as often as fits 20
// seconds.
func TestFaultKill(t *testing.T) {
	want, took := undisturbed(t)
	s := newSite(t)
	rng := rand.New(rand.NewPCG(1, 2))
	rounds, killed, recomputed := 0, 0, 0
	until := time.Now().Add(20 * time.Second)
	if deadline, ok := t.Deadline(); ok && long() {
		until = deadline.Add(-time.Minute)
	}
	for ; rounds == 0 || rounds < 1000 && time.Now().Before(until); rounds++ {
		s.clear()
		done := map[string]bool{}
		for depth := rng.IntN(3); depth >= 0; depth-- {
			p := s.start(nil, "-progress", "plain", "tiny.hcl")
			time.Sleep(time.Duration(rng.Int64N(int64(took))))
			p.Process.Kill()
			if _, by := p.wait(t); by == syscall.SIGKILL {
				killed++
			}
			recomputed += repeated(t, done, p.err.String())
		}
		p := s.start(nil, "-progress", "plain", "tiny.hcl")
		if status, by := p.wait(t); status != 0 {
			t.Fatalf("round %d: exit status %d, signal %v\n%s", rounds, status, by, p.err.String())
		}
		recomputed += repeated(t, done, p.err.String())
		if got := s.digest(); got != want {
			t.Fatalf("round %d: the digest is %s; undisturbed it is %s", rounds, got, want)
		}
	}
	if killed == 0 {
		t.Error("no process was killed before its end")
	}
	t.Logf("%d rounds, %d processes killed, %d done nodes computed again; an undisturbed run took %v", rounds, killed, recomputed, took)
}

// repeated adds the nodes that a log says were done, and complains of those
// that had been done before.
func repeated(t *testing.T, done map[string]bool, log string) (count int) {
	t.Helper()
	for _, n := range nodes(log, "start") {
		if done[n] {
			t.Errorf("%s was done and ran again", n)
			count++
		}
	}
	for _, n := range nodes(log, "done") {
		done[n] = true
	}
	return count
}

// TestFaultFailpoints kills the program at every point that the source names
// when it passes it for the first time, with RUNEXP_LONG=1 also later.
func TestFaultFailpoints(t *testing.T) {
	t.Parallel()
	want, _ := undisturbed(t)
	s := newSite(t)
	for _, name := range failpointNames(t) {
		counts := []int{1}
		if long() {
			counts = []int{1, 2, 3, 7, 20, 50}
		}
		for _, n := range counts {
			env := []string{fmt.Sprintf("RUNEXP_FAILPOINT=%s:%d", name, n)}
			after := fmt.Sprintf("a kill at %s, time %d,", name, n)
			s.clear()
			args := []string{"-progress", "none", "tiny.hcl"}
			if strings.HasPrefix(name, "cache/gc-") {
				s.run(args...)
				args = []string{"cache", "gc", "-size", "1B"}
			}
			p := s.start(env, args...)
			status, by := p.wait(t)
			switch {
			case by == syscall.SIGKILL:
			case status != 0:
				t.Fatalf("%s: exit status %d, signal %v\n%s", env[0], status, by, p.err.String())
			case n == 1:
				t.Errorf("%s is never passed: a test with it tests nothing", name)
			}
			s.mustEqual(want, after)
			s.run("cache", "verify")
		}
	}
}

// failpointNames reads the names off the source, so that a new one is tested.
func failpointNames(t *testing.T) []string {
	t.Helper()
	call := regexp.MustCompile(`\bFailpoint\("([^"]+)"\)`)
	var names []string
	err := filepath.WalkDir(testkit.Root(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range call.FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 5 {
		t.Fatalf("found only the failpoints %q", names)
	}
	return names
}

// TestFaultSignals interrupts the program in the middle of training. It ends
// with its own status after a checkpoint, and goes on from there. RUNEXP_LONG=1
// does it a hundred times with each signal.
func TestFaultSignals(t *testing.T) {
	t.Parallel()
	more := []string{"-var", "steps=3000", "-only", "method.full", "-seeds", "1"}
	rounds := 1
	if long() {
		rounds = 100
	}
	want, _ := undisturbed(t, more...)
	args := append([]string{"-progress", "plain", "tiny.hcl"}, more...)
	for _, c := range []struct {
		signal syscall.Signal
		twice  bool
	}{{syscall.SIGINT, false}, {syscall.SIGINT, true}, {syscall.SIGTERM, false}, {syscall.SIGHUP, false}} {
		name := c.signal.String()
		if c.twice {
			name += " twice"
		}
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			var slowest time.Duration
			for range rounds {
				slowest = max(slowest, s.signalled(args, c.signal, c.twice))
				s.mustEqual(want, name, more...)
			}
			t.Logf("%d times, ended at most %v after the signal", rounds, slowest.Round(time.Millisecond))
		})
	}
}

// signalled sends a signal to a run from nothing, in the middle of its training,
// and returns how long it takes to end.
func (s *site) signalled(args []string, signal syscall.Signal, twice bool) time.Duration {
	s.t.Helper()
	s.clear()
	p := s.start(nil, args...)
	if !p.waitFor(s.t, `msg=start node="pretrain base"`) {
		s.t.Fatalf("ended too early:\n%s", p.err.String())
	}
	time.Sleep(50 * time.Millisecond)
	sent := time.Now()
	p.Process.Signal(signal)
	if twice {
		p.Process.Signal(signal)
	}
	status, by := p.wait(s.t)
	took := time.Since(sent)
	if status != exitInterrupted {
		s.t.Fatalf("exit status %d, signal %v, want %d\n%s", status, by, exitInterrupted, p.err.String())
	}
	if !twice && !strings.Contains(p.err.String(), "run the same command again") {
		s.t.Errorf("it does not say how to go on:\n%s", p.err.String())
	}
	return took
}

// TestInterruptionsTakeAMoment prints how long a run takes to end after a signal. It
// is for a quiet machine: nothing is resumed, so that a hundred trials take seconds.
func TestInterruptionsTakeAMoment(t *testing.T) {
	trials := 2
	if long() {
		trials = 100
	}
	args := []string{"-progress", "plain", "tiny.hcl", "-var", "steps=3000", "-only", "method.full", "-seeds", "1"}
	for _, twice := range []bool{false, true} {
		s := newSite(t)
		var took []time.Duration
		for range trials {
			took = append(took, s.signalled(args, syscall.SIGINT, twice))
		}
		slices.Sort(took)
		t.Logf("SIGINT, twice %v: %d trials, median %v, slowest %v", twice, trials, took[trials/2].Round(time.Millisecond), took[trials-1].Round(time.Millisecond))
	}
}

// TestFaultStopped: what Ctrl-Z does, and fg.
func TestFaultStopped(t *testing.T) {
	t.Parallel()
	want, _ := undisturbed(t)
	s := newSite(t)
	p := s.start(nil, "-progress", "plain", "tiny.hcl")
	if !p.waitFor(t, `msg=start node="pretrain base"`) {
		t.Fatalf("ended too early:\n%s", p.err.String())
	}
	p.Process.Signal(syscall.SIGTSTP)
	time.Sleep(50 * time.Millisecond)
	p.Process.Signal(syscall.SIGCONT)
	if status, by := p.wait(t); status != 0 {
		t.Errorf("exit status %d, signal %v\n%s", status, by, p.err.String())
	}
	if got := s.digest(); got != want {
		t.Errorf("after a pause the digest is %s; undisturbed it is %s", got, want)
	}
}

// TestFaultClosedOutput: nobody reads what is printed, as under | head -1.
func TestFaultClosedOutput(t *testing.T) {
	t.Parallel()
	want, _ := undisturbed(t)
	for _, stream := range []string{"stdout", "stderr"} {
		t.Run(stream, func(t *testing.T) {
			s := newSite(t)
			p := s.command(nil, "-progress", "plain", "tiny.hcl")
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			if stream == "stdout" {
				p.Stdout = w
			} else {
				p.Stderr = w
			}
			p.begin(t)
			w.Close()
			status, by := p.wait(t)
			if status > 1 || by != 0 && by != syscall.SIGPIPE {
				t.Errorf("exit status %d, signal %v\n%s", status, by, p.err.String())
			}
			s.mustEqual(want, "a closed "+stream)
		})
	}
}
