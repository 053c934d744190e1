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

// TestValidatingAMillionRows asks that checking ten times the rows takes hardly
// more memory: large files are checked row by row, without keeping them. With
// RUNEXP_LONG=1 only; results/bench/data.md has the figures.
func TestValidatingAMillionRows(t *testing.T) {
	if !long() {
		t.Skip("RUNEXP_LONG=1 checks a million rows")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process is asked of Linux, in kilobytes")
	}
	few, many := validationPeak(t, 100_000), validationPeak(t, 1_000_000)
	if limit := few + few/2 + 50<<20; many > limit {
		t.Errorf("checking 1,000,000 rows takes %d MB at most, 100,000 rows %d MB; at most %d MB were meant", many>>20, few>>20, limit>>20)
	}
}

// validationPeak is the resident memory, in bytes, that "runexp validate" takes at
// most for a csv of that many different rows of about 120 bytes.
func validationPeak(t *testing.T, rows int) int64 {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.write("rows.hcl", manyRowsFile)
	writeManyRows(t, filepath.Join(s.dir, "rows.csv"), rows)
	p := s.start(nil, "validate", "rows.hcl")
	if err := <-p.ended; err != nil {
		t.Fatalf("validate %d rows: %v\n%s", rows, err, p.err.String())
	}
	usage := p.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%d rows: %d MB at most, %.1f s of processor time", rows, usage.Maxrss>>10, (p.ProcessState.UserTime() + p.ProcessState.SystemTime()).Seconds())
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
