package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"runexp/pipeline/cache"
)

// PanicError is a panic of a stage, caught so that other nodes go on.
type PanicError struct {
	Value any
	Stack []byte // where it happened, for the log
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// newJob makes the job of a node whose lease this process holds.
func (r *run) newJob(st *state) (*Job, *cache.Attempt) {
	attempt := st.attempt
	st.attempt = nil
	job := &Job{
		Node: st.node, Action: st.action, In: map[string]*cache.Entry{}, Info: map[string]string{}, Memo: r.memo,
		Out: attempt.Out, Work: attempt.Work, Temp: attempt.Temp,
		Report: func(p Progress) { r.observer.progress(st.node, p) },
	}
	if r.x.NoShare {
		job.Memo = &Memo{Alone: true}
	}
	for _, in := range st.node.Inputs {
		job.In[in.Name] = r.states[in.Node].entry
	}
	return job, attempt
}

// runNode runs a job and sends what came of it.
func (r *run) runNode(st *state, job *Job, attempt *cache.Attempt) {
	e := event{st: st, ran: true}
	started := time.Now()
	entry, done, err := r.attemptNode(st, job, attempt, &e)
	if errClose := attempt.Close(done); err == nil && errClose != nil {
		// The output is committed; a folder that could not be removed is
		// gc's business, and the lease ends with the process.
		r.observer.progress(st.node, Progress{Note: errClose.Error()})
	}
	e.entry, e.err, e.took = entry, err, time.Since(started)
	r.events <- e
}

// attemptNode does the work; done says that no checkpoint is needed any more.
func (r *run) attemptNode(st *state, job *Job, attempt *cache.Attempt, e *event) (entry *cache.Entry, done bool, err error) {
	x, n := r.x, st.node
	if !x.Verify { // another process may have been here between the lookup and the lease
		if entry, err := x.Cache.Lookup(st.action); err == nil && entry.Check() == nil {
			e.cached = true
			return entry, true, nil
		}
	}
	inputs := slices.Collect(maps.Values(job.In))
	if err := x.Cache.Pin(inputs...); err != nil {
		e.fatal = true
		return nil, false, err
	}
	for _, in := range inputs {
		if err := in.Check(); err != nil {
			e.starved = errors.Is(err, cache.ErrMiss)
			e.fatal = isFatal(err)
			return nil, false, err
		}
	}
	if err := attempt.Prepare(); err != nil {
		e.fatal = true
		return nil, false, err
	}
	r.observer.started(n)
	started := time.Now()
	runner := x.Runner
	if runner == nil {
		runner = Local{}
	}
	if err := guarded(r.ctx, runner, job); err != nil {
		// A checkpoint is worth keeping where the run was cut off; after a
		// failure it may be what made it fail.
		resumable := r.ctx.Err() != nil || errors.Is(err, ErrResources) || errors.Is(err, ErrInterrupted)
		return nil, !resumable, err
	}
	if err := r.keys.unchanged(n); err != nil {
		return nil, true, err
	}
	info := job.Info
	info[cache.InfoAddress] = n.Addr
	info[cache.InfoStage] = n.Stage.Name()
	if info["seconds"] == "" {
		info["seconds"] = strconv.FormatFloat(time.Since(started).Seconds(), 'f', 3, 64)
	}
	entry, err = x.Cache.Commit(st.action, st.recipe, attempt.Out, info)
	if err != nil {
		e.fatal = isFatal(err)
		return nil, errors.Is(err, ErrNondeterministic), err
	}
	if k, ok := runner.(Keeper); ok {
		k.Committed(job)
	}
	return entry, true, nil
}

// guarded runs a job and turns a panic into an error.
func guarded(ctx context.Context, runner Runner, job *Job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
		}
	}()
	return runner.Run(ctx, job)
}
