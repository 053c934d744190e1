package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestFaultDigestIsTheSame: how many runs at once, how many threads, how often the
// garbage collector runs, and where, changes no bit of a metric or of a weight.
// With RUNEXP_LONG=1 a hundred times over.
func TestFaultDigestIsTheSame(t *testing.T) {
	t.Parallel()
	s := newSiteOf(t, "every")
	want := s.complete("-j", "1", "-threads", "1")
	repeats, workers, threads := 1, []int{1, 4}, []int{2, 3}
	if long() {
		repeats, workers, threads = 100, []int{1, 2, 3, 4, 8}, []int{1, 2, 3, 4}
	}
	surroundings := [][]string{{"GOMAXPROCS=1"}, {"GOGC=1"}, {"TZ=Pacific/Apia", "LC_ALL=tr_TR.UTF-8"}, {"GOMAXPROCS=8"}, {"GOGC=off"}, nil, {"TMPDIR=" + t.TempDir(), "HOME=/"}}
	runs := 0
	for range repeats {
		for _, j := range workers {
			for _, n := range threads {
				s.env = surroundings[runs%len(surroundings)]
				s.clear()
				if got := s.complete("-j", fmt.Sprint(j), "-threads", fmt.Sprint(n)); got != want {
					t.Fatalf("-j %d -threads %d with %v: the digest is %s; with one thread and one run at a time it is %s", j, n, s.env, got, want)
				}
				runs++
			}
		}
	}
	s.clear()
	s.mustEqual(want, "-no-share", "-no-share")
	t.Logf("%d runs from an empty cache with -j %v and -threads %v: one digest", runs, workers, threads)
}

// TestFaultDigestOfProcessesSideBySide: several processes on one cache and one
// database give what one gives, also when one of them runs another experiment
// that shares its nodes.
func TestFaultDigestOfProcessesSideBySide(t *testing.T) {
	t.Parallel()
	alone := newSite(t)
	alone.writeOther()
	want := alone.complete()
	alone.run("-progress", "none", "other.hcl")
	wantOther := alone.run("results", "digest", "other")
	processes := []int{2}
	if long() {
		processes = append(processes, 8)
	}
	for _, n := range processes {
		s := newSite(t)
		s.writeOther()
		all := []*process{s.start(nil, "-progress", "plain", "other.hcl")}
		for range n {
			all = append(all, s.start(nil, "-progress", "plain", "-j", "2", "tiny.hcl"))
		}
		started, distinct := 0, map[string]bool{}
		for _, p := range all {
			if status, by := p.wait(t); status != 0 {
				t.Errorf("exit status %d, signal %v\n%s", status, by, p.err.String())
			}
			for _, name := range nodes(p.err.String(), "done") {
				started++
				distinct[name] = true
			}
		}
		t.Logf("%d processes did %d nodes, %d different ones", len(all), started, len(distinct))
		if got := s.digest(); got != want {
			t.Errorf("the digest is %s, alone it is %s", got, want)
		}
		if got := s.run("results", "digest", "other"); got != wantOther {
			t.Errorf("the digest of the other experiment is %s, alone it is %s", got, wantOther)
		}
		s.mustEqual(want, "processes side by side")
	}
}

// writeOther writes tiny under another name.
func (s *site) writeOther() {
	s.t.Helper()
	text, err := os.ReadFile("testdata/tiny.hcl")
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("other.hcl", strings.Replace(string(text), `experiment "tiny"`, `experiment "other"`, 1))
}

// TestFaultOtherProcessor: on a processor without fused multiply-add, which Go
// lets one pretend, nothing that another machine computed counts; its rows do.
func TestFaultOtherProcessor(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" || strings.Contains(numericID(), "nofma") {
		t.Skip("this processor has no fused multiply-add to hide")
	}
	s := newSiteOf(t, "every")
	args := []string{"every.hcl", "-only", "method.tfidf"}
	s.run(args...)
	if out := s.run(args...); !strings.Contains(out, "nodes: 0 ran") {
		t.Errorf("the second run computed something:\n%s", out)
	}
	s.env = []string{"GODEBUG=cpu.fma=off"}
	if out := s.run(args...); !strings.Contains(out, "3 nodes: 2 ran, 1 cached") {
		t.Errorf("without fused multiply-add something was taken from the cache:\n%s", out)
	}
}
