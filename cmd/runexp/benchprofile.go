package main

import (
	"fmt"
	"time"

	"runexp/internal/lm/tensor"
	"runexp/internal/train"
)

// printProfile shows the share of each kernel in the measured steps, and the
// speed of matrix products by shape, as Markdown tables.
func printProfile(s *streams, speed *train.Speed) {
	whole := speed.Seconds
	printf(s.out, "\n| kernel | calls | s | share | GFLOP/s |\n| --- | ---: | ---: | ---: | ---: |\n")
	rest := whole
	for _, k := range speed.Kernels {
		rest -= k.Time.Seconds()
		printf(s.out, "| %s | %d | %.3f | %.1f %% | %s |\n", k.Name, k.Calls, k.Time.Seconds(), 100*k.Time.Seconds()/whole, gflops(k))
	}
	printf(s.out, "| between kernels | | %.3f | %.1f %% | |\n", rest, 100*rest/whole)
	products := time.Duration(0)
	printf(s.out, "\n| product m × k × n | calls | s | share | GFLOP/s |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, k := range speed.Products {
		products += k.Time
		printf(s.out, "| %s | %d | %.3f | %.1f %% | %s |\n", k.Name, k.Calls, k.Time.Seconds(), 100*k.Time.Seconds()/whole, gflops(k))
	}
	printf(s.out, "| all | | %.3f | %.1f %% | |\n", products.Seconds(), 100*products.Seconds()/whole)
}

// gflops is the arithmetic of a kernel's calls per second, if it counts any.
func gflops(k tensor.KernelTime) string {
	if k.FLOPs == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(k.FLOPs)/k.Time.Seconds()/1e9)
}
