// Command runexp says how best to adapt a pretrained language model to a
// task: it runs the experiments that HCL files declare, keeps what it
// computed, and writes a report that compares, tests and concludes.
//
//	runexp experiments/legal.hcl
//
// Commands are thin: they read flags, call the packages, and turn what comes
// back into text and an exit status (exit.go).
package main

import (
	"os"
)

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
