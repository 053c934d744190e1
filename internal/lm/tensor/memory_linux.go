package tensor

import "syscall"

// adviseHuge asks for pages of 2 MiB where a mapping is large enough: fewer
// misses of the address cache in matrix products. It is a hint; a kernel
// without such pages refuses, and nothing depends on it.
func adviseHuge(b []byte) {
	const madvHugePage = 14
	if len(b) >= hugePage {
		_ = syscall.Madvise(b, madvHugePage)
	}
}
