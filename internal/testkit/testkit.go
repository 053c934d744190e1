// Package testkit holds what tests of several packages share: where the
// repository and the data beside it lie, and the rules that a test can read
// off the source.
package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Root is the folder of go.mod above the working directory.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Shared is a path in the folder of real data beside the repository; the test
// is skipped where it is missing.
func Shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no ../shared/data/%s here: real data is not part of the repository", name)
	}
	return path
}
