package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"runexp/internal/chart"
	"runexp/internal/testkit"
)

// writeBench keeps a page of measured figures in results/bench, with the machine
// that they are of, where -update is given.
func writeBench(t *testing.T, name, page string) {
	t.Helper()
	if *update && !t.Failed() {
		writeBenchFile(t, name, page+"\nMeasured on "+machine()+", shared with other work: read ratios, not seconds.\n")
	}
}

// writeBenchChart keeps a figure beside the page.
func writeBenchChart(t *testing.T, name string, c *chart.Lines) {
	t.Helper()
	figure, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if *update && !t.Failed() {
		writeBenchFile(t, name, string(figure.File()))
	}
}

func writeBenchFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(testkit.Root(t), "results", "bench", name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// machine names the processor.
func machine() string {
	model := runtime.GOARCH
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere the architecture has to do
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%s, %d processors", model, runtime.NumCPU())
}

// copyInto copies files into a folder.
func copyInto(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// openDatabase opens a results database for questions that no command answers.
func openDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// runLong is run without the time limit of tests that look for hangs.
func (s *site) runLong(args ...string) string {
	s.t.Helper()
	p := s.start(nil, args...)
	if err := <-p.ended; err != nil {
		s.t.Fatalf("runexp %v: %v\n%s", args, err, p.err.String())
	}
	return p.out.String()
}
