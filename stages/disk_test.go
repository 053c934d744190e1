package stages

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// The weights that nodes leave take what was predicted, and a plan for which
// there is no room is refused with its parts.
func TestDiskSpaceIsPredicted(t *testing.T) {
	plan := tinyTraining(t)
	if _, err := plan.Weigh(); err != nil {
		t.Fatal(err)
	}
	all := func(*pipeline.Node) bool { return true }
	none := func(*pipeline.Node) bool { return false }
	if err := plan.CheckDisk(all, 2, 1<<40); err != nil {
		t.Errorf("with a terabyte free: %v", err)
	}
	if err := plan.CheckDisk(none, 2, 0); err != nil {
		t.Errorf("with everything cached: %v", err)
	}
	err := plan.CheckDisk(all, 2, 1000)
	if !errors.Is(err, pipeline.ErrResources) {
		t.Fatalf("with a kilobyte free: %v, want an ErrResources", err)
	}
	for _, part := range []string{"of disk are needed", "weights of 29 nodes", "(-j 2)", "0.0 MB are free"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v\ndoes not say %q", err, part)
		}
	}
	store := openStore(t, t.TempDir())
	x := &pipeline.Executor{Cache: store, Memo: &pipeline.Memo{}}
	summary, err := x.Run(t.Context(), plan.Graph, plan.Want())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range plan.Graph.Nodes() {
		if predicted := n.Weight.DiskBytes; predicted > 0 {
			// Memory comes in pages of 4 kB.
			if wrote := weightsOf(t, summary.Of(n).Entry); wrote > predicted+8<<10 || wrote < predicted/2-4<<10 {
				t.Errorf("%s wrote %d bytes of weights, predicted are %d", n.Addr, wrote, predicted)
			}
		}
	}
}

func weightsOf(t *testing.T, e *cache.Entry) (n int64) {
	t.Helper()
	files, err := e.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if filepath.Ext(f.Name) == ".safetensors" {
			n += f.Size
		}
	}
	return n
}
