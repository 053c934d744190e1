package pipeline

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"time"

	"runexp/pipeline/cache"
)

// run is the state of one Executor.Run. One goroutine, that of loop, owns it;
// the goroutines of running nodes only send events.
type run struct {
	x        *Executor
	ctx      context.Context
	waitCtx  context.Context // ends with ctx, or when nothing new may start
	stopWait context.CancelFunc
	keys     keys
	observer *serialObserver
	memo     *Memo

	states map[*Node]*state
	order  []*state // inputs before those that read them

	resolvable []*state // output ids of all inputs known, not yet looked up
	found      []*state // wanted and cached, not yet checked
	ready      readyHeap
	events     chan event

	running   int   // nodes that hold one of Parallel places
	waiting   int   // nodes that wait for another process
	memory    int64 // bytes that running nodes need, by their estimates
	exclusive bool  // the node that runs wants to be alone
	fatal     error // the cache cannot be written: nothing new starts
	fatalNode *Node
}

// loop runs until nothing is running and nothing more can.
func (r *run) loop() {
	for _, st := range r.order {
		if st.unknown == 0 {
			r.resolvable = append(r.resolvable, st)
		}
	}
	for {
		r.resolveAll()
		r.launch()
		if r.running == 0 && r.waiting == 0 {
			break
		}
		r.handle(<-r.events)
	}
	for _, st := range r.ready { // leases of nodes that were waiting for a place
		if st.attempt != nil {
			st.attempt.Close(false)
			st.attempt = nil
		}
	}
}

func (r *run) stopped() bool { return r.fatal != nil || r.ctx.Err() != nil }

// need makes a node run, as soon as the files of its inputs are there; those
// that are gone are made again.
func (r *run) need(st *state) {
	if st.needed {
		return
	}
	st.needed = true
	st.lacking = 0
	for _, in := range st.inputs {
		if in.failed() { // its files are gone, and could not be made again
			r.skip(st, in)
			return
		}
		if !in.files && in.entry.Complete() == nil && !in.needed {
			in.files = true
		}
		if !in.files {
			st.lacking++
			in.waiters = append(in.waiters, st)
			r.need(in)
			if !st.needed {
				return // it was skipped with the input
			}
		}
	}
	if st.lacking == 0 {
		heap.Push(&r.ready, st)
	}
}

// launch starts ready nodes as long as there is a place, and memory, for the
// first of them. A node that does not fit is not overtaken by smaller ones, or
// it might wait for ever.
func (r *run) launch() {
	for len(r.ready) > 0 && !r.stopped() {
		st := r.ready[0]
		weight := st.node.Weight
		if limit := r.x.MemoryLimit; limit > 0 && weight.MemoryBytes > limit {
			heap.Pop(&r.ready)
			r.fail(st, fmt.Errorf("%w: it needs %d bytes of memory by estimate, the limit is %d", ErrResources, weight.MemoryBytes, limit), 0)
			continue
		}
		if !r.fits(weight) {
			return
		}
		heap.Pop(&r.ready)
		if st.attempt == nil && !r.lease(st) {
			continue
		}
		r.running++
		r.memory += weight.MemoryBytes
		r.memo.claim(weight.MemoryBytes)
		r.exclusive = weight.Exclusive
		job, attempt := r.newJob(st)
		go r.runNode(st, job, attempt)
	}
}

// fits reports whether a node may run beside those that do. Alone it always
// may; values in memory that nobody uses make room.
func (r *run) fits(w Cost) bool {
	if r.running > 0 && (r.running >= max(r.x.Parallel, 1) || r.exclusive || w.Exclusive) {
		return false
	}
	if r.x.MemoryLimit <= 0 {
		return true
	}
	over := r.memory + r.memo.Bytes() + w.MemoryBytes - r.x.MemoryLimit
	return over <= 0 || r.memo.Evict(over) >= over || r.running == 0
}

// lease takes the right to run a node. If another process runs it, it waits
// aside, without a place, until that one is done or dead.
func (r *run) lease(st *state) bool {
	attempt, heldBy, err := r.x.Cache.TryBegin(st.action, st.node.Addr)
	if err != nil {
		r.stop(st, err)
		return false
	}
	if attempt != nil {
		st.attempt = attempt
		return true
	}
	r.waiting++
	say := func(heldBy string) {
		r.observer.progress(st.node, Progress{Note: "waiting for " + heldBy})
	}
	go func() {
		say(heldBy)
		attempt, err := r.x.Cache.Begin(r.waitCtx, st.action, st.node.Addr, say)
		r.events <- event{st: st, attempt: attempt, err: err}
	}()
	return false
}

// handle takes in what a node's goroutine says.
func (r *run) handle(e event) {
	st := e.st
	if !e.ran { // it waited for another process
		r.waiting--
		if e.err != nil {
			if !r.stopped() {
				r.stop(st, e.err)
			}
			return
		}
		st.attempt = e.attempt
		heap.Push(&r.ready, st)
		return
	}
	r.running--
	r.memory -= st.node.Weight.MemoryBytes
	r.memo.claim(-st.node.Weight.MemoryBytes)
	r.exclusive = false
	switch {
	case e.starved && st.starved < 3:
		st.starved++
		st.needed = false
		for _, in := range st.inputs {
			in.files = false
		}
		r.need(st)
	case e.err != nil && e.fatal:
		r.stop(st, e.err)
	case e.err != nil && r.ctx.Err() != nil && !machineFailed(e.err):
		st.needed = false
		r.finish(st, &Result{Status: Interrupted, Err: fmt.Errorf("%w: %w", ErrInterrupted, e.err), Duration: e.took})
	case e.err != nil:
		r.fail(st, e.err, e.took)
	case st.entry != nil && st.entry.Output() != e.entry.Output():
		r.fail(st, fmt.Errorf("%w: %s gave output %s before and %s now", ErrNondeterministic, st.node.Addr,
			st.entry.Output().Short(), e.entry.Output().Short()), e.took)
	default:
		status := Ran
		if e.cached {
			status = Cached
		}
		r.complete(st, e.entry, status, e.took)
	}
}

// machineFailed tells an error of the disk or for lack of something, as when a
// checkpoint cannot be written, from those that stopping a stage brings about.
func machineFailed(err error) bool {
	err = cache.Classify(err)
	return errors.Is(err, ErrIntegrity) || errors.Is(err, ErrResources)
}

// complete marks a node's files as there, and lets those go on that need them.
func (r *run) complete(st *state, entry *cache.Entry, status Status, took time.Duration) {
	st.needed, st.files = false, true
	r.finish(st, &Result{Status: status, Entry: entry, Duration: took})
	r.know(st, entry)
	st.entry = entry
	waiters := st.waiters
	st.waiters = nil
	for _, w := range waiters {
		if w.lacking--; w.lacking == 0 && w.needed {
			heap.Push(&r.ready, w)
		}
	}
}

// fail ends a node, and skips those that cannot go on without it: all that
// read it if its output is not known, else those that wait for its files.
func (r *run) fail(st *state, err error, took time.Duration) {
	st.needed = false
	r.finish(st, &Result{Status: Failed, Err: fmt.Errorf("%s: %w", st.node.Addr, err), Duration: took})
	r.skipDependents(st, st)
}

func (r *run) skipDependents(st, because *state) {
	dependents := st.waiters
	st.waiters = nil
	if st.entry == nil {
		dependents = append(dependents, st.consumers...)
	}
	for _, d := range dependents {
		if d.result != nil && !d.needed {
			continue // already done, or already skipped
		}
		r.skip(d, because)
	}
}

// skip ends a node that needs one that failed, and those that need it in turn.
func (r *run) skip(st, because *state) {
	if because.result.Status == Skipped {
		because = r.states[because.result.Because]
	}
	st.needed = false
	r.finish(st, &Result{Status: Skipped, Because: because.node, Err: fmt.Errorf("%s: skipped because %s failed", st.node.Addr, because.node.Addr)})
	r.skipDependents(st, because)
}

// stop lets nothing new start: the cache cannot be written.
func (r *run) stop(st *state, err error) {
	st.needed = false
	r.finish(st, &Result{Status: Failed, Err: fmt.Errorf("%s: %w", st.node.Addr, err)})
	if r.fatal == nil {
		r.fatal, r.fatalNode = fmt.Errorf("%s: %w", st.node.Addr, err), st.node
		r.stopWait()
	}
}

// finish records and announces a node's result.
func (r *run) finish(st *state, result *Result) {
	result.Node = st.node
	st.result = result
	r.observer.done(st.node, result)
}
