//go:build unix

package tensor

import (
	"fmt"
	"syscall"
)

// mapMemory maps zeroed, page-aligned memory. Running out of address space or
// of memory that may be committed is a panic, as it is for Go's own heap.
func mapMemory(n int64) []byte {
	b, err := syscall.Mmap(-1, 0, int(n), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("tensor: map %d bytes: %v", n, err))
	}
	adviseHuge(b)
	return b
}

func unmapMemory(b []byte) {
	if err := syscall.Munmap(b); err != nil {
		panic(fmt.Sprintf("tensor: unmap %d bytes: %v", len(b), err))
	}
}
