package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"runexp/pipeline/cache"
)

// Executor runs the nodes that are wanted and not in the cache.
type Executor struct {
	Cache       *cache.Store
	Runner      Runner   // nil: Local
	Parallel    int      // nodes that run at once; 0: one
	MemoryLimit int64    // bytes that running nodes may need together; 0: no limit
	Observer    Observer // nil: nobody
	Numeric     string   // id of the numeric kernels, part of the key of stages that depend on them
	Verify      bool     // run what is cached again, and compare the bytes
	NoShare     bool     // each node gets a memo of its own, and computes alone
	Memo        *Memo    // nil: a new one for each Run
}

// Run computes the nodes that are wanted. A node whose output is known does not
// run, unless a node that runs reads its files and they are gone; then it runs
// again and must give the same output. Wanted nodes get their files back, too,
// unless they were dropped on purpose.
//
// When a node fails, those that need it are skipped and the others go on; the
// summary tells, and the error is nil. The error is an ErrInterrupted if ctx
// ended, and otherwise says why nothing could run: a graph with a cycle, a cache
// that cannot be written. The summary is complete in any case, unless the graph
// is wrong.
func (x *Executor) Run(ctx context.Context, g *Graph, want []*Node) (*Summary, error) {
	started := time.Now()
	r, err := x.newRun(ctx, g, want)
	if err != nil {
		return nil, err
	}
	defer r.stopWait()
	r.loop()
	summary := r.summary()
	summary.Duration = time.Since(started)
	switch {
	case r.fatal != nil:
		return summary, r.fatal
	case ctx.Err() != nil && summary.Count(Interrupted) > 0:
		return summary, ErrInterrupted
	}
	return summary, nil
}

// newRun prepares the state of all nodes that the wanted ones need.
func (x *Executor) newRun(ctx context.Context, g *Graph, want []*Node) (*run, error) {
	if _, err := g.Sort(); err != nil {
		return nil, err
	}
	for _, n := range want {
		if g.Find(n.Addr) != n {
			return nil, fmt.Errorf("run %s: not in the graph", n.Addr)
		}
	}
	r := &run{
		x: x, ctx: ctx,
		keys:     keys{numeric: x.Numeric},
		states:   map[*Node]*state{},
		events:   make(chan event),
		observer: &serialObserver{to: x.Observer},
		memo:     x.Memo,
	}
	r.waitCtx, r.stopWait = context.WithCancel(ctx)
	if r.memo == nil {
		r.memo = &Memo{}
	}
	r.memo.bound(x.MemoryLimit)
	for i, n := range postOrder(want) {
		st := &state{node: n, index: i}
		r.states[n] = st
		r.order = append(r.order, st)
		inputs := map[*state]bool{}
		for _, in := range n.Inputs {
			if from := r.states[in.Node]; !inputs[from] {
				inputs[from] = true
				st.inputs = append(st.inputs, from)
				from.consumers = append(from.consumers, st)
			}
		}
		st.unknown = len(st.inputs)
	}
	for _, n := range want {
		r.states[n].wanted = true
	}
	return r, nil
}

// summary collects the results. What was not reached is interrupted, or was
// skipped because the cache failed.
func (r *run) summary() *Summary {
	s := &Summary{byNode: map[*Node]*Result{}}
	for _, st := range r.order {
		if st.result == nil || st.needed {
			switch {
			case r.fatal != nil:
				r.finish(st, &Result{Status: Skipped, Err: r.fatal, Because: r.fatalNode})
			default:
				r.finish(st, &Result{Status: Interrupted, Err: ErrInterrupted})
			}
		}
		s.Results = append(s.Results, st.result)
		s.byNode[st.node] = st.result
	}
	return s
}

// serialObserver passes calls on one at a time.
type serialObserver struct {
	mu sync.Mutex
	to Observer
}

func (o *serialObserver) started(n *Node) {
	if o.to != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.to.NodeStarted(n)
	}
}

func (o *serialObserver) progress(n *Node, p Progress) {
	if o.to != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.to.NodeProgress(n, p)
	}
}

func (o *serialObserver) done(n *Node, r *Result) {
	if o.to != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.to.NodeDone(n, r)
	}
}

// isFatal reports whether an error of the cache means that nothing else can be
// committed either.
func isFatal(err error) bool {
	return errors.Is(err, ErrResources) || errors.Is(err, ErrBusy) ||
		errors.Is(err, ErrIntegrity) && !errors.Is(err, ErrNondeterministic)
}
