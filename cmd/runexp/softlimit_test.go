package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestFaultMemoryLimit has the process grow, as it says, far above what its
// runs may take while it trains: it ends with the status for resources after a
// checkpoint, and goes on from there.
func TestFaultMemoryLimit(t *testing.T) {
	more := []string{"-var", "steps=1500", "-only", "method.full", "-seeds", "1"}
	want, _ := undisturbed(t, more...)
	s := newSite(t)
	var out, err syncBuffer
	honest := anonymousMemory
	t.Cleanup(func() { anonymousMemory = honest })
	anonymousMemory = func() int64 {
		if strings.Contains(err.String(), `msg=start node="pretrain base"`) {
			return 1 << 40
		}
		return 1
	}
	t.Chdir(s.dir)
	status := Main(append([]string{"-progress", "plain", "-memory", "1GB", "tiny.hcl"}, more...), strings.NewReader(""), &out, &err)
	if status != exitResources || !strings.Contains(err.String(), "of memory, and 1.00 GB is allowed") {
		t.Errorf("exit status %d, want %d and a sentence\n%s", status, exitResources, err.String())
	}
	if saved, _ := filepath.Glob(".runexp/attempts/*/work/checkpoint-*.json"); len(saved) != 1 {
		t.Errorf("checkpoints: %q, want one", saved)
	}
	s.mustEqual(want, "a soft limit", more...)
}
