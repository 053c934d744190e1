package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// One pool of slots for the process. A kernel call is a job of some chunks. The
// calling goroutine takes a slot, waiting for one if all are taken, recruits
// helpers for the idle slots without waiting, and works on the chunks itself.
// So at most Threads() chunks run at any time, however many goroutines call
// kernels.
var pool = processPool()

func processPool() *threadPool {
	n := runtime.GOMAXPROCS(0)
	spareProcs(n)
	return newPool(n)
}

// SetThreads sets the number of slots, at least 1. Jobs under way keep theirs.
func SetThreads(n int) {
	pool.resize(n)
	spareProcs(n)
}

// spareProcs gives Go's scheduler twice as many processors as there are slots.
// Within 20 µs it takes the processor from a thread that computes in C, and
// the thread needs one again when it is back. With none to spare it stands in
// line, while other threads wake up to look for work on the cores that are
// computing: a sixth of the time of a product of 6 ms.
func spareProcs(slots int) {
	if 2*slots > runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(2 * slots)
	}
}

// Threads is the number of slots.
func Threads() int {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	return pool.limit
}

type threadPool struct {
	mu      sync.Mutex
	limit   int             // slots that may be taken
	taken   int             // slots that are
	waiting []chan struct{} // callers without a slot, first come first served
	idle    []*helper       // helpers without a job, last used last
	scratch []*scratch      // buffers of free slots
}

// scratch is a slot's buffer for packed operands, grown on demand and reused.
type scratch struct{ memory []byte }

// bytes returns at least n bytes.
func (s *scratch) bytes(n int64) unsafe.Pointer {
	if int64(len(s.memory)) < n {
		if s.memory != nil {
			unmapMemory(s.memory)
		}
		const round = 2 << 20
		s.memory = mapMemory((n + round - 1) / round * round)
	}
	return unsafe.Pointer(&s.memory[0])
}

// job is one kernel call: chunks are claimed by counting up next, and done is
// reached when the last helper has left.
type job struct {
	run     func(chunk int, s *scratch)
	chunks  int32
	next    atomic.Int32
	helpers atomic.Int32 // helpers still at work
	parked  atomic.Bool  // the caller sleeps on done
	done    chan struct{}
}

func newPool(limit int) *threadPool { return &threadPool{limit: limit} }

func (p *threadPool) resize(n int) {
	if n < 1 {
		panic("tensor: SetThreads: fewer than one thread")
	}
	p.mu.Lock()
	p.limit = n
	for len(p.waiting) > 0 && p.taken < p.limit {
		p.grantFirst()
	}
	p.mu.Unlock()
}

// grantFirst gives a slot to the first caller in line. The lock is held.
func (p *threadPool) grantFirst() {
	p.taken++
	close(p.waiting[0])
	p.waiting = p.waiting[1:]
}

// run calls f for the chunks 0..n-1 and returns when all are done.
func (p *threadPool) run(n int, f func(chunk int, s *scratch)) {
	if n <= 0 {
		return
	}
	if on := profile.Load(); on != nil {
		defer on.job(time.Now())
	}
	p.mu.Lock()
	if p.taken >= p.limit {
		turn := make(chan struct{})
		p.waiting = append(p.waiting, turn)
		p.mu.Unlock()
		<-turn
		p.mu.Lock()
	} else {
		p.taken++
	}
	s := p.takeScratch()
	recruits := min(n-1, p.limit-p.taken)
	if recruits <= 0 {
		p.mu.Unlock()
		for i := range n {
			f(i, s)
		}
		p.leave(s)
		return
	}
	p.taken += recruits
	j := &job{run: f, chunks: int32(n), done: make(chan struct{})}
	j.helpers.Store(int32(recruits))
	for range recruits {
		p.recruit().give(j)
	}
	p.mu.Unlock()
	j.work(s)
	p.leave(s)
	j.wait()
}

// leave gives the slot back, to the first in line if there is one.
func (p *threadPool) leave(s *scratch) {
	p.mu.Lock()
	p.release(s)
	p.mu.Unlock()
}

func (p *threadPool) release(s *scratch) {
	p.scratch = append(p.scratch, s)
	p.taken--
	if len(p.waiting) > 0 && p.taken < p.limit {
		p.grantFirst()
	}
}

func (p *threadPool) takeScratch() *scratch {
	if n := len(p.scratch); n > 0 {
		s := p.scratch[n-1]
		p.scratch = p.scratch[:n-1]
		return s
	}
	return new(scratch)
}

// recruit returns the helper that went idle last, which is the likeliest to be
// awake, or a new one. The lock is held.
func (p *threadPool) recruit() *helper {
	if n := len(p.idle); n > 0 {
		h := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return h
	}
	h := &helper{wake: make(chan struct{}, 1)}
	go h.loop(p)
	return h
}

// work runs chunks until none is left.
func (j *job) work(s *scratch) {
	for {
		i := j.next.Add(1) - 1
		if i >= j.chunks {
			return
		}
		j.run(int(i), s)
	}
}

// spins bounds the busy waiting of callers and helpers, about 20 µs: long
// enough to catch the next kernel of a step, too short to matter when idle.
const spins = 4000

// wait returns when the helpers have left: first spinning, then asleep.
func (j *job) wait() {
	for range spins {
		if j.helpers.Load() == 0 {
			return
		}
	}
	j.parked.Store(true)
	if j.helpers.Load() == 0 {
		return
	}
	<-j.done
}

// finish is a helper's last touch of a job.
func (j *job) finish() {
	if j.helpers.Add(-1) == 0 && j.parked.Load() {
		close(j.done)
	}
}

// helper is a goroutine that waits for jobs: spinning for a moment, then asleep
// until it is woken.
type helper struct {
	job    atomic.Pointer[job]
	asleep atomic.Bool
	wake   chan struct{}
}

// give hands over a job; the helper has none.
func (h *helper) give(j *job) {
	h.job.Store(j)
	if h.asleep.CompareAndSwap(true, false) {
		h.wake <- struct{}{}
	}
}

func (h *helper) loop(p *threadPool) {
	for {
		j := h.await()
		p.mu.Lock()
		s := p.takeScratch()
		p.mu.Unlock()
		j.work(s)
		// The slot is free before the caller can know that the job is done, so
		// that its next kernel finds it.
		p.mu.Lock()
		h.job.Store(nil)
		p.idle = append(p.idle, h)
		p.release(s)
		p.mu.Unlock()
		j.finish()
	}
}

func (h *helper) await() *job {
	for range spins {
		if j := h.job.Load(); j != nil {
			return j
		}
	}
	h.asleep.Store(true)
	if j := h.job.Load(); j != nil && h.asleep.CompareAndSwap(true, false) {
		return j
	}
	<-h.wake
	return h.job.Load()
}
