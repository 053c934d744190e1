package main

import (
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/cpu"

	"runexp/internal/lm/tensor"
)

// numericID names the arithmetic, so that results of unlike machines never mix:
// the kernels, and what decides the last bits of methods without kernels, which
// compute with Go's own functions. Those are the processor's family, whether
// math.Exp finds fused multiply-add on it (math/exp_amd64.go), and the level it
// was compiled for (from v3 on the compiler fuses products and sums by itself).
func numericID() string {
	id := tensor.KernelID() + "-" + runtime.GOARCH
	if runtime.GOARCH != "amd64" {
		return id
	}
	if !cpu.X86.HasAVX || !cpu.X86.HasFMA {
		id += "-nofma"
	}
	if level := buildSetting("GOAMD64"); level != "" && level != "v1" {
		id += "-" + level
	}
	return id
}

// buildSetting is what this program was built with.
func buildSetting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
