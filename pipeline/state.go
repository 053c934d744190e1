package pipeline

import (
	"time"

	"runexp/pipeline/cache"
)

// state is what is known of a node.
type state struct {
	node      *Node
	index     int // in post-order: the lower runs first
	inputs    []*state
	consumers []*state
	wanted    bool

	unknown int // inputs whose output is not known
	recipe  []byte
	action  cache.ID
	entry   *cache.Entry // output is known; its files may be gone

	files   bool // the entry's files are there
	needed  bool // has to run, and has not finished
	lacking int  // inputs whose files are not there, of a needed node
	waiters []*state
	attempt *cache.Attempt // lease, held since a wait for another process
	starved int            // times it could not run because an input was damaged

	result *Result
}

func (st *state) failed() bool {
	return st.result != nil && (st.result.Status == Failed || st.result.Status == Skipped)
}

// event is news from the goroutine of a node.
type event struct {
	st      *state
	ran     bool           // it held a place
	attempt *cache.Attempt // the lease waited for
	starved bool           // an input's files were damaged
	entry   *cache.Entry
	cached  bool // the entry came from another process
	err     error
	fatal   bool
	took    time.Duration
}

// readyHeap holds the nodes that can run, the first in post-order on top.
type readyHeap []*state

func (h readyHeap) Len() int           { return len(h) }
func (h readyHeap) Less(i, j int) bool { return h[i].index < h[j].index }
func (h readyHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *readyHeap) Push(x any)        { *h = append(*h, x.(*state)) }
func (h *readyHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
