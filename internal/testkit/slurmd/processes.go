package slurmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// Processes lists the processes whose command line holds all of some words.
func Processes(words ...string) []int {
	list, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil
	}
	var pids []int
	for _, path := range list {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		all := true
		for _, w := range words {
			all = all && bytes.Contains(line, []byte(w))
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && all && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
