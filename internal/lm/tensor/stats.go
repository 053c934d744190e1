package tensor

import "sync/atomic"

// flops and traffic count what the kernels were asked to do, dry calls too.
var flops, traffic atomic.Int64

// Stats is work asked of the kernels since the process started.
type Stats struct {
	FLOPs int64 // of matrix products and attention: a multiply-add is 2
	Bytes int64 // elements read and written, each operand once, 4 bytes each
}

// Count returns the work so far, dry calls included. Differences of two counts
// give the work between them.
func Count() Stats { return Stats{FLOPs: flops.Load(), Bytes: traffic.Load()} }

// FLOPs is the floating-point operations of products and attention so far, dry
// calls included: a multiply-add is 2.
func FLOPs() int64 { return flops.Load() }

// countBytes notes that each tensor is read or written once.
func countBytes(ts ...*Tensor) {
	var n int64
	for _, t := range ts {
		if t != nil {
			n += t.Bytes()
		}
	}
	traffic.Add(n)
}
