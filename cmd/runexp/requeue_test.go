package main

import (
	"strings"
	"syscall"
	"testing"
)

// A run inside a Slurm job that asks to be requeued says so when it is told to
// stop, and goes on from its checkpoint in its next life. Outside of a job the
// flag changes nothing.
func TestFaultRequeueStatus(t *testing.T) {
	t.Parallel()
	more := []string{"-var", "steps=3000", "-only", "method.full", "-seeds", "1"}
	want, _ := undisturbed(t, more...)
	for env, status := range map[string]int{"SLURM_JOB_ID=12": exitPreempted, "SLURM_JOB_ID=": exitInterrupted} {
		s := newSite(t)
		p := s.start([]string{env}, append([]string{"-requeue", "-progress", "plain", "tiny.hcl"}, more...)...)
		if !p.waitFor(t, `msg=start node="pretrain base"`) {
			t.Fatalf("ended too early:\n%s", p.err.String())
		}
		p.Process.Signal(syscall.SIGTERM)
		if got, by := p.wait(t); got != status {
			t.Errorf("%s: exit status %d, signal %v, want %d\n%s", env, got, by, status, p.err.String())
		}
		if !strings.Contains(p.err.String(), "a checkpoint") {
			t.Errorf("%s: nothing is said of a checkpoint:\n%s", env, p.err.String())
		}
		s.mustEqual(want, env, more...)
	}
}
