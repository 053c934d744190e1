package main

import (
	"os/exec"
	"strings"
	"testing"
)

// smallDisk runs the experiment with its cache on a disk that is too small, and
// again when the disk has grown. It needs a mount that nobody else sees.
const smallDisk = `
mkdir small && mount -t tmpfs -o $1 none small || exit 99
run() { runexp -progress none -cache small/cache -only $2 every.hcl >/dev/null; echo status $?; }
run $@
mount -o remount,size=64m,nr_inodes=100000 none small
run $@
runexp results digest every
runexp cache verify -cache small/cache
`

// TestFaultSmallDisk: a disk without room, or without inodes, is said before the
// work where the work can be foreseen, else when it is full; given more room, the
// run goes on to the digest of one that was not disturbed.
func TestFaultSmallDisk(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "-m", "true").Run(); err != nil {
		t.Skipf("this user cannot mount: %v", err)
	}
	for _, c := range []struct{ disk, run, says string }{
		{"size=40k", "method.tfidf", "are free where"},
		{"nr_inodes=40", "method.tfidf", "no space left on device"},
		{"size=100k", "method.fine_tuning", "of disk are needed = weights of 2 nodes"},
	} {
		s := newSiteOf(t, "every")
		want := s.complete("-only", c.run)
		s.clear()
		cmd := exec.Command("unshare", "-m", "sh", "-c", smallDisk, "sh", c.disk, c.run)
		cmd.Dir = s.dir
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.Output()
		if cmd.ProcessState.ExitCode() == 99 {
			t.Skipf("no disk of our own: %s", said.String())
		}
		if wanted := "status 4\nstatus 0\n" + want + "\neverything matches its hash\n"; err != nil || string(out) != wanted {
			t.Errorf("%s: it printed %q, %v, want %q\n%s", c.disk, out, err, wanted, said.String())
		}
		if !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: it does not say %q:\n%s", c.disk, c.says, said.String())
		}
	}
}
