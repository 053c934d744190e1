package tensor

import (
	"sync"
	"unsafe"
)

// loan is memory outside Go's heap for the length of one operation.
type loan struct {
	memory []byte
	base   unsafe.Pointer
}

// spare holds returned memory for the next operation; it grows to the number
// of operations that ran at the same time.
var spare struct {
	mu    sync.Mutex
	loans []*loan
}

// borrow returns n bytes with undefined contents.
func borrow(n int64) *loan {
	spare.mu.Lock()
	var l *loan
	if k := len(spare.loans); k > 0 {
		l = spare.loans[k-1]
		spare.loans = spare.loans[:k-1]
	} else {
		l = new(loan)
	}
	spare.mu.Unlock()
	if int64(len(l.memory)) < n || l.memory == nil {
		if l.memory != nil {
			unmapMemory(l.memory)
		}
		const round = 1 << 20
		l.memory = mapMemory(max(n+round-1, round) / round * round)
		l.base = unsafe.Pointer(&l.memory[0])
	}
	return l
}

// giveBack ends the loan.
func (l *loan) giveBack() {
	spare.mu.Lock()
	spare.loans = append(spare.loans, l)
	spare.mu.Unlock()
}

// at is the address of byte i.
func (l *loan) at(i int) unsafe.Pointer { return unsafe.Add(l.base, i) }
