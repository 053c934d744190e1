package main

import (
	"runexp/stages/block"
)

// memoryLimit is what -memory says, or else what the system has.
func (f *runFlags) memoryLimit() (int64, error) {
	if f.memory == "" {
		return availableMemory(), nil
	}
	n, err := block.ParseBytes(f.memory)
	if err != nil {
		return 0, usage("-memory: %v", err)
	}
	return n, nil
}

// availableMemory is how much the runs of this process may need together: nine
// tenths of what is available now; 0, no limit, where the system does not say.
func availableMemory() int64 { return kilobytesOf("/proc/meminfo", "MemAvailable:") / 10 * 9 }
