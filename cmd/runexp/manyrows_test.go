package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

const manyRowsFile = `experiment "rows" {
  seeds = [1]
}

dataset "rows" {
  task   = "classification"
  metric = "accuracy"
  label  = "label"
  files {
    all = ["rows.csv"]
  }
}

method "majority" "majority" {}
`

// TestAMillionRowsInFlatMemory asks that checking ten times the rows, and loading,
// splitting and evaluating them, takes hardly more memory: rows go from file to file,
// and of each only hashes are remembered, 150 bytes with the collector's room. With
// RUNEXP_LONG=1 only;
// results/bench/data.md has the figures.
func TestAMillionRowsInFlatMemory(t *testing.T) {
	if !long() {
		t.Skip("RUNEXP_LONG=1 reads a million rows")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process is asked of Linux, in kilobytes")
	}
	few, many := manyRowsSite(t, 100_000), manyRowsSite(t, 1_000_000)
	for _, args := range [][]string{{"validate", "rows.hcl"}, {"-progress", "none", "rows.hcl"}} {
		small, large := few.peak(args...), many.peak(args...)
		if limit := small + small/2 + 150<<20; large > limit {
			t.Errorf("%s of 1,000,000 rows takes %d MB at most, of 100,000 rows %d MB; at most %d MB were meant", args[0], large>>20, small>>20, limit>>20)
		}
	}
}

// manyRowsSite has an experiment on a csv of that many different rows of about 120
// bytes.
func manyRowsSite(t *testing.T, rows int) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.write("rows.hcl", manyRowsFile)
	writeManyRows(t, filepath.Join(s.dir, "rows.csv"), rows)
	return s
}

// peak is the resident memory, in bytes, that a command takes at most.
func (s *site) peak(args ...string) int64 {
	s.t.Helper()
	p := s.start(nil, args...)
	if err := <-p.ended; err != nil {
		s.t.Fatalf("runexp %v: %v\n%s", args, err, p.err.String())
	}
	usage := p.ProcessState.SysUsage().(*syscall.Rusage)
	s.t.Logf("runexp %v: %d MB at most, %.1f s of processor time", args, usage.Maxrss>>10, (p.ProcessState.UserTime() + p.ProcessState.SystemTime()).Seconds())
	return usage.Maxrss << 10
}

func writeManyRows(t *testing.T, path string, rows int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "text,label")
	for i := range rows {
		for word := range 11 {
			w.WriteString("word" + strconv.Itoa(1000+i*(2*word+1)%7919) + " ")
		}
		fmt.Fprintf(w, "%d,class%d\n", i, i%3)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
