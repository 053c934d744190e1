package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/testkit"
)

// update is shared by the tests of what the repository keeps written down.
var update = flag.Bool("update", false, "write what the README's commands print, and other generated text, into the repository")

// TestREADME runs the commands of the README's console blocks beside the
// repository's experiments, and compares what they print.
func TestREADME(t *testing.T) {
	root := testkit.Root(t)
	path := filepath.Join(root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "experiments"), os.DirFS(filepath.Join(root, "experiments"))); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	commands := 0
	inBlock, skip := false, false // skip: lines that a command is said to print
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "```"):
			inBlock, skip = strings.TrimSpace(line) == "```console", false
		case inBlock && strings.HasPrefix(line, "$ runexp "):
			commands, skip = commands+1, true
			args := strings.Fields(line)[2:]
			cmd := exec.Command("runexp", args...)
			cmd.Dir = dir
			printed, err := cmd.CombinedOutput()
			if _, exited := err.(*exec.ExitError); err != nil && !exited {
				t.Fatal(err)
			}
			out.WriteString(line)
			for l := range strings.Lines(string(printed)) {
				out.WriteString(strings.TrimRight(l, " \n") + "\n")
			}
			continue
		}
		if !skip {
			out.WriteString(line)
		}
	}
	if commands == 0 {
		t.Error("the README shows no command at work")
	}
	switch {
	case out.String() == string(text):
	case *update:
		if err := os.WriteFile(path, []byte(out.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the README says something else than its commands print (go test ./cmd/runexp -run README -update writes it):\n%s", firstDifference(string(text), out.String()))
	}
}

// firstDifference shows the first lines that differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "README: " + w[i] + "\nprinted: " + g[i]
		}
	}
	return "one is longer"
}
