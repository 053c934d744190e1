package results

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// settle makes a file look old enough to be read quietly.
func settle(t *testing.T, path string) {
	t.Helper()
	past := time.Now().Add(-time.Minute)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
}

func TestQuietReaderTouchesNothingAndNoticesWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runexp.db")
	ctx := context.Background()
	w, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, "one")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	settle(t, path)
	r, err := OpenQuiet(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all, err := r.Invocations(ctx, ""); err != nil || len(all) != 1 || !r.Undisturbed() {
		t.Errorf("%d invocations, undisturbed %v, %v", len(all), r.Undisturbed(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 { // and the lock
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	w = open(t, path)
	if err := w.Begin(ctx, Invocation{ID: "two", Experiment: "legal", Status: "running"}); err != nil {
		t.Fatal(err)
	}
	if r.Undisturbed() {
		t.Error("a commit into the log goes unnoticed")
	}
	beside, err := OpenQuiet(path)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	if all, err := beside.Invocations(ctx, ""); err != nil || len(all) != 2 || !beside.Undisturbed() {
		t.Errorf("beside a writer: %d invocations, %v", len(all), err)
	}
	beside.Close()
	if err := w.Close(); err != nil { // folds the log into the file
		t.Fatal(err)
	}
	if r.Undisturbed() {
		t.Error("a file that was written goes unnoticed")
	}
}
