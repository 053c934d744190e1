package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"runexp/internal/lm"
	"runexp/internal/lm/tensor"
	"runexp/internal/testkit/syscalls"
)

// The test binary is also the program: scripts and fault tests call it as
// runexp, a process of its own, whose system calls a test may watch.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"runexp": func() {
		syscalls.Join()
		status := Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		if path := os.Getenv(peakFile); path != "" {
			os.WriteFile(path, fmt.Append(nil, kilobytesOf("/proc/self/status", "VmHWM:")), 0o666)
		}
		os.Exit(status)
	}})
}

// peakFile is a variable that names a file into which a process writes how many
// bytes of memory it has taken at most. (What wait4 tells counts the parent.)
const peakFile = "RUNEXP_TEST_PEAK"

// TestScripts runs testdata/script/*.txtar. A script finds tiny.hcl, an
// experiment of a second with every kind of node, and of experiments/ the script
// nightly.sh and external_bayes.py. Besides testscript's own commands there are
//
//	status N COMMAND…   run a command that ends with that exit status
//	checkpoint DIR      write a tiny untrained BERT of 300 hashed words
func TestScripts(t *testing.T) {
	given := map[string][]byte{}
	for _, path := range []string{"testdata/tiny.hcl", "../../experiments/nightly.sh", "../../experiments/external_bayes.py"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		given[filepath.Base(path)] = text
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for name, text := range given {
				if err := os.WriteFile(filepath.Join(e.WorkDir, name), text, 0o666); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "checkpoint": checkpoint},
	})
}

// status runs a command and checks its exit status.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("status: %v", err)
	}
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("status: %v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

const tinyShape = `{"model_type": "bert", "vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
"intermediate_size": 32, "max_position_embeddings": 64, "type_vocab_size": 2}`

// checkpoint writes a model in the Hugging Face layout.
func checkpoint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: checkpoint DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	ts.Check(tinyCheckpoint(dir))
}

// tinyCheckpoint writes an untrained BERT of 300 hashed words.
func tinyCheckpoint(dir string) error {
	config := filepath.Join(dir, "config.json")
	if err := os.WriteFile(config, []byte(tinyShape), 0o666); err != nil {
		return err
	}
	base, err := lm.LoadRandom(config, dir, tensor.NewKey(1, "weights"))
	if err != nil {
		return err
	}
	defer base.Free()
	return base.Save(dir, nil)
}
