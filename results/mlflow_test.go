package results

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// readMLflow reads a folder as MLflow's FileStore does (mlflow 2.x,
// store/tracking/file_store.py): experiments are folders whose meta.yaml has their
// own name as a text, runs are folders in them, statuses are numbers of the enum,
// metric files have lines "milliseconds value step". It prints what it found.
const readMLflow = `
import os, re, sys, yaml
root = sys.argv[1]
for experiment in sorted(os.listdir(root)):
    assert re.fullmatch(r"[a-zA-Z0-9][\w\-]{0,63}", experiment), experiment
    meta = yaml.safe_load(open(os.path.join(root, experiment, "meta.yaml")))
    assert meta["experiment_id"] == experiment and meta["lifecycle_stage"] == "active", meta
    assert isinstance(meta["name"], str) and isinstance(meta["creation_time"], int) and meta["artifact_location"].startswith("file:///"), meta
    print("experiment", repr(meta["name"]))
    for run in sorted(os.listdir(os.path.join(root, experiment))):
        home = os.path.join(root, experiment, run)
        if not os.path.isdir(home):
            continue
        info = yaml.safe_load(open(os.path.join(home, "meta.yaml")))
        assert info["run_uuid"] == info["run_id"] == run and re.fullmatch(r"[a-zA-Z0-9][\w\-]{0,255}", run), info
        assert info["experiment_id"] == experiment and info["status"] in (1, 2, 3, 4, 5) and info["tags"] == [], info
        assert isinstance(info["start_time"], int) and info["start_time"] <= info["end_time"], info
        assert info["artifact_uri"] == meta["artifact_location"] + "/" + run + "/artifacts", info
        assert os.path.isdir(os.path.join(home, "artifacts"))
        names = os.listdir(os.path.join(home, "metrics"))
        for name in names:
            assert re.fullmatch(r"[/\w.\- ]*", name), name
            for line in open(os.path.join(home, "metrics", name)).read().splitlines():
                milliseconds, value, step = line.split(" ")
                int(milliseconds), float(value), int(step)
        params = {p: open(os.path.join(home, "params", p)).read() for p in os.listdir(os.path.join(home, "params"))}
        print("run", repr(info["run_name"]), len(names), params["seed"])
`

// TestMLflowFolderAsMLflowReadsIt: MLflow itself is not at hand, so its reader's
// rules are applied by a short program with a YAML parser that is not ours.
func TestMLflowFolderAsMLflowReadsIt(t *testing.T) {
	if exec.Command("python3", "-c", "import yaml").Run() != nil {
		t.Skip("no python3 with yaml")
	}
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	ctx := context.Background()
	run, metrics, _, curve := example(1, 1)
	if err := s.Begin(ctx, Invocation{ID: "one", Experiment: "yes: 1e5 # \"x\"", Status: "done"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(ctx, run, metrics, nil, curve); err != nil {
		t.Fatal(err)
	}
	if err := s.SetMembers(ctx, "one", []Member{{Dataset: "d", Configuration: "lora[rank=8]", Seed: 1, Status: OK, Action: run.Action}}); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "ml runs")
	for range 2 { // a second time changes nothing
		if err := s.ExportMLflow(ctx, folder, ""); err != nil {
			t.Fatal(err)
		}
	}
	script := filepath.Join(t.TempDir(), "read.py")
	if err := os.WriteFile(script, []byte(readMLflow), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", script, folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names := map[string]bool{"trainable_params": true, "stored_bytes": true, "train_seconds": true, "peak_bytes": true}
	for _, m := range metrics {
		names[m.Split+m.Slice+m.Name] = true
	}
	for _, p := range curve {
		names["training"+p.Name] = true
	}
	if want := fmt.Sprintf("experiment 'yes: 1e5 # \"x\"'\nrun 'lora[rank=8]' %d 1\n", len(names)); string(out) != want {
		t.Errorf("read back %q, want %q", out, want)
	}
}
