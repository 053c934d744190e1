package tensor

/*
#cgo CFLAGS: -O3 -std=c11
#cgo LDFLAGS: -lm
#include "kernels.h"
*/
import "C"

import (
	"strings"
	"unsafe"
)

// CPUFeatures names the instruction set whose kernels run, then the others
// that this processor could run.
func CPUFeatures() string {
	names := make([]string, C.isa_count())
	for i := range names {
		names[i] = C.GoString(C.isa_name(C.int(i)))
	}
	return strings.Join(names, " ")
}

// useISA makes the i-th instruction set of CPUFeatures the one that runs; for
// tests.
func useISA(i int) { C.isa_use(C.int(i)) }

// elementary applies function f of mathf.h; for tests.
func elementary(f int, dst, x *Tensor) {
	C.k_elementary(C.int(f), at(dst, 0), at(x, 0), C.int64_t(x.Len()))
}

// at is the address of element i, null for nil.
func at(t *Tensor, i int) *C.float {
	if t == nil {
		return nil
	}
	return (*C.float)(unsafe.Add(t.data, 4*i))
}

// intsAt is the address of value i.
func intsAt(v *Ints, i int) *C.int32_t {
	if v == nil || len(v.v) == 0 {
		return nil
	}
	return (*C.int32_t)(&v.v[i])
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// Work for which a second thread pays, in elements touched.
const grain = 16 << 10

// split calls f on ranges that cover 0..n-1, side by side, where each item
// costs about cost elements. Ranges begin at multiples of unit.
func split(n, unit, cost int, f func(from, to int)) {
	if n <= 0 {
		return
	}
	units := (n + unit - 1) / unit
	// A few ranges per thread even out what else runs on the machine.
	chunks := max(1, min(4*Threads(), units, n*max(cost, 1)/grain))
	pool.run(chunks, func(c int, _ *scratch) {
		from, to := units*c/chunks*unit, min(n, units*(c+1)/chunks*unit)
		if from < to {
			f(from, to)
		}
	})
}

// splitRows splits the rows of a matrix.
func splitRows(t *Tensor, f func(from, to int)) { split(t.Rows, 1, t.Cols, f) }

// splitElements splits a matrix where the shape plays no part.
func splitElements(t *Tensor, f func(from, to int)) { split(t.Len(), 16, 1, f) }
