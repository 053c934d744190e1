package stages

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/work"
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

// Features take a vector for each row and need, of rows that a generator makes or that
// were read for a check; rows that the check did not read are not guessed.
func TestDiskSpaceOfFeaturesIsPredicted(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "rows.csv"), []byte("text,label\n"+strings.Repeat("a b,x\nc d,y\n", 30)), 0o666); err != nil {
		t.Fatal(err)
	}
	const probes = "method \"probing\" \"probe\" {\n models = [model.bert]\n sweep {\n layer = [0, 1, 2]\n }\n}\n"
	experiment := func(rows string) string {
		return "experiment \"tiny\" {\n seeds = [1]\n}\n" + tinyModels() + "dataset \"rows\" {\n max_length = 32\n" + rows + "\n}\n" + probes
	}
	all := func(*pipeline.Node) bool { return true }
	for name, c := range map[string]struct {
		rows    string
		checked bool // the files were read
	}{
		"generator":  {tinyDatasets["single"], false},
		"files":      {"files {\n all = \"" + filepath.Join(folder, "rows.csv") + "\"\n}\n label = \"label\"", true},
		"not looked": {"files {\n all = \"" + filepath.Join(folder, "rows.csv") + "\"\n}\n label = \"label\"", false},
	} {
		plan, diags := compiled(t, experiment(c.rows))
		if diags.HasErrors() {
			t.Fatal(diags.Error())
		}
		if c.checked {
			if _, err := plan.DataNodes["rows"].Stage.(*work.ReadData).Survey(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := plan.Weigh(); err != nil {
			t.Fatal(err)
		}
		err := plan.CheckDisk(all, 1, 0)
		says := err != nil && strings.Contains(err.Error(), "features of 1 node ")
		if known := name != "not looked"; says != known {
			t.Errorf("%s: features are predicted: %v, want %v: %v", name, says, known, err)
		}
		x := &pipeline.Executor{Cache: openStore(t, t.TempDir()), Memo: &pipeline.Memo{}}
		summary, err := x.Run(t.Context(), plan.Graph, plan.Want())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range plan.Graph.Nodes() {
			if _, ok := n.Stage.(*work.Features); !ok || n.Weight.DiskBytes == 0 {
				continue
			}
			// Beside the vectors there is a header.
			if wrote, predicted := weightsOf(t, summary.Of(n).Entry), n.Weight.DiskBytes; wrote > predicted+4<<10 || wrote < predicted*9/10 {
				t.Errorf("%s: %s wrote %d bytes, predicted are %d", name, n.Addr, wrote, predicted)
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
