package main

import (
	"fmt"
	"testing"
)

// TestDigestIsTheSame: how many runs at once, how many threads, how many
// processes, and where, changes no number.
func TestDigestIsTheSame(t *testing.T) {
	t.Parallel()
	want, _ := undisturbed(t, "-j", "1", "-threads", "1")
	for _, flags := range [][]string{{"-j", "4", "-threads", "2"}, {"-j", "1", "-threads", "2"}, {"-j", "4", "-threads", "1"}, {"-no-share", "-threads", "3"}} {
		if got, _ := undisturbed(t, flags...); got != want {
			t.Errorf("%v: the digest is %s; with one thread and one run at a time it is %s", flags, got, want)
		}
	}
	processes := []int{2}
	if long() {
		processes = append(processes, 8)
	}
	for _, n := range processes {
		t.Run(fmt.Sprintf("%d processes", n), func(t *testing.T) {
			s := newSite(t)
			var all []*process
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
			t.Logf("%d processes did %d nodes, %d different ones", n, started, len(distinct))
			if got := s.digest(); got != want {
				t.Errorf("the digest is %s, alone it is %s", got, want)
			}
			s.mustEqual(want, "processes side by side")
		})
	}
}
