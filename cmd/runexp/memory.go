package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// memoryLimit is how much the runs of this process may need together: nine
// tenths of what is available now; 0, no limit, where the system does not say.
func memoryLimit() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kB int64
		if rest, ok := strings.CutPrefix(s.Text(), "MemAvailable:"); ok {
			if _, err := fmt.Sscan(rest, &kB); err == nil {
				return kB * 1024 / 10 * 9
			}
		}
	}
	return 0
}
