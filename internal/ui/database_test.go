package ui

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runexp/results"
)

// folder is a digest of every file by name, with what it holds and when it was changed.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = fmt.Sprintf("%x %v %v", sha256.Sum256(content), info.ModTime(), info.Mode())
	}
	return found
}

// TestNothingIsWritten asks for every page and compares the folder, in which
// nobody is writing.
func TestNothingIsWritten(t *testing.T) {
	path := database(t, plainNames())
	past := time.Now().Add(-time.Minute) // what has just changed is read as if somebody were writing
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	before := folder(t, filepath.Dir(path))
	r := local(t, path)
	for _, p := range pages("legal-1", "legal") {
		r.page(p)
	}
	for _, p := range []string{"/nothing", "/run?r=0:no", "/style.css"} {
		r.get(p)
	}
	after := folder(t, filepath.Dir(path))
	for name := range before {
		if before[name] != after[name] {
			t.Errorf("%s was %s and is %s", name, before[name], after[name])
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("%s was made", name)
		}
	}
}

// TestBesideAWriter keeps a writer open, in the middle of its work, and reads.
func TestBesideAWriter(t *testing.T) {
	path := database(t)
	r := local(t, path)
	if page := r.page("/"); !strings.Contains(page, "No experiment has been recorded yet") {
		t.Error("an empty database does not say that it is empty")
	}
	db, err := results.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	inv := results.Invocation{ID: "legal-0", Experiment: "legal", Status: "running"}
	if err := db.Begin(ctx, inv); err != nil {
		t.Fatal(err)
	}
	if page := r.page("/"); !strings.Contains(page, "legal-0") || !strings.Contains(page, "running") {
		t.Error("a reload does not show the invocation that has begun")
	}
	if page := r.page("/invocation?id=legal-0"); !strings.Contains(page, "No run has been recorded yet") {
		t.Error("an invocation without runs does not say so")
	}
	// Readers all the time while the writer commits twenty invocations.
	done, stopped := make(chan struct{}), make(chan error, 2)
	for range cap(stopped) {
		go func() {
			for {
				select {
				case <-done:
					stopped <- nil
					return
				default:
				}
				if w := r.get("/"); w.Code != 200 {
					stopped <- fmt.Errorf("status %d: %s", w.Code, w.Body)
					return
				}
			}
		}()
	}
	n := plainNames()
	for k := range 20 {
		n.invocation = fmt.Sprintf("legal-%d", k+1)
		if err := db.Begin(ctx, results.Invocation{ID: n.invocation, Experiment: "legal", Status: "running"}); err != nil {
			t.Errorf("the writer was kept from writing: %v", err)
		}
		if page := r.page("/"); !strings.Contains(page, n.invocation) {
			t.Errorf("%s does not show right after it was committed", n.invocation)
		}
	}
	close(done)
	for range cap(stopped) {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}
	record(t, db, n)
	if page := r.page(address("/invocation", "id", n.invocation)); !strings.Contains(page, "lora[rank=8]") {
		t.Error("runs do not show while the writer is open")
	}
}

// TestDatabasesThatCannotBeShown answers with a page, not with a crash.
func TestDatabasesThatCannotBeShown(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "runexp.db")
	if w := local(t, missing).get("/"); w.Code != 404 || !strings.Contains(w.Body.String(), missing) {
		t.Errorf("a missing database: status %d\n%s", w.Code, w.Body)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("asking made a database")
	}
	for name, content := range map[string]string{"empty": "", "text": strings.Repeat("no database ", 1000), "torn": "SQLite format 3\x00"} {
		path := filepath.Join(t.TempDir(), "runexp.db")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if w := local(t, path).get("/"); w.Code != 500 || !strings.Contains(w.Body.String(), "Warning") {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
}
