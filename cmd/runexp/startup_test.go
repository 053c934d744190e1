package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/testkit"
)

// BenchmarkFirstDiagnostic is a mistake in legal.hcl, from the start of the
// program to its end.
func BenchmarkFirstDiagnostic(b *testing.B) {
	program := filepath.Join(b.TempDir(), "runexp")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(testkit.Root(b), "experiments", "legal.hcl"))
	if err != nil {
		b.Fatal(err)
	}
	mistaken := filepath.Join(b.TempDir(), "legal.hcl")
	if err := os.WriteFile(mistaken, bytes.Replace(text, []byte("epochs"), []byte("epoch"), 1), 0o666); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cmd := exec.Command(program, "validate", mistaken)
		var said strings.Builder
		cmd.Stderr = &said
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != exitInvalid || !strings.Contains(said.String(), "epoch") {
			b.Fatalf("%v: %s", err, said.String())
		}
	}
}
