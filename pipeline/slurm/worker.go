package slurm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Worker runs the nodes of one element of a job array.
type Worker struct {
	Batch   string // the batch's folder
	Element int
	Numeric string // as in pipeline.Executor
	// Find returns the node of an address, or nil.
	Find func(address string) *pipeline.Node
	// Requeue asks Slurm to put this job back into the queue; nil: nobody does.
	Requeue func(context.Context) error
	Log     io.Writer
}

// ErrPreempted says that the worker was asked to end before it was done. What
// it began goes on from its checkpoints.
var ErrPreempted = errors.New("preempted")

// reportEvery is how often a node's progress gets a line in the log.
const reportEvery = 30 * time.Second

// Run runs the nodes one after another; those that have a result already, of an
// earlier life of the job, are left alone. A node that fails is a result too.
// The error is an ErrPreempted if ctx ended first, and otherwise says why this
// machine cannot run what it was given.
func (w *Worker) Run(ctx context.Context) error {
	f := folder{filepath.Dir(filepath.Dir(w.Batch))}
	var b *batch
	err := patiently(ctx, func() (err error) {
		b, err = readBatch(w.Batch)
		return err
	})
	if err != nil {
		return err
	}
	if w.Element < 0 || w.Element >= len(b.Elements) {
		return fmt.Errorf("run element %d of %s: it has %d", w.Element, w.Batch, len(b.Elements))
	}
	inputs, err := cache.Open(f.inputs(), cache.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	run := &workerRun{w: w, folder: f, inputs: inputs, far: &pipeline.Faraway{Numeric: w.Numeric}, memo: &pipeline.Memo{}}
	began := time.Now()
	for i, t := range b.Elements[w.Element] {
		switch {
		case ctx.Err() != nil:
			return w.preempted(ctx, i > 0)
		case f.hasResult(t.Action):
			continue
		case run.begun > 0 && time.Since(began).Seconds() > b.Seconds[w.Element]:
			fmt.Fprintf(w.Log, "runexp worker: %d nodes are left for another job: these took longer than was thought\n", len(b.Elements[w.Element])-i)
			return nil
		}
		run.begun++
		moved, err := run.node(ctx, t)
		if errors.Is(err, ErrPreempted) {
			return w.preempted(ctx, moved || run.begun > 1)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.Address, err)
		}
	}
	return nil
}

// preempted puts the job back into the queue if this life of it got on; a job
// that did not would come back for ever.
func (w *Worker) preempted(ctx context.Context, moved bool) error {
	if moved && w.Requeue != nil {
		if err := w.Requeue(context.WithoutCancel(ctx)); err != nil {
			fmt.Fprintf(w.Log, "runexp worker: not requeued: %v\n", err) // the coordinator submits what is left
		}
	}
	return ErrPreempted
}

// workerRun is what the nodes of a worker share.
type workerRun struct {
	w      *Worker
	folder folder
	inputs *cache.Store
	far    *pipeline.Faraway
	memo   *pipeline.Memo
	begun  int
}

// node runs one node and leaves its result. If it was preempted, moved says
// whether there is a checkpoint.
func (r *workerRun) node(ctx context.Context, t task) (moved bool, err error) {
	a, err := r.folder.begin(t.Action, fmt.Sprintf("%s/%d", filepath.Base(r.w.Batch), r.w.Element))
	if err != nil {
		return false, err
	}
	job, err := r.job(ctx, t, a)
	if err != nil {
		return false, err
	}
	started := time.Now()
	fmt.Fprintf(r.w.Log, "%s start %s\n", started.Format(time.DateTime), t.Address)
	err = r.far.Run(ctx, job)
	took := time.Since(started).Round(time.Millisecond)
	switch {
	case err != nil && ctx.Err() != nil && !errors.Is(err, pipeline.ErrIntegrity):
		fmt.Fprintf(r.w.Log, "stopped %s after %v\n", t.Address, took)
		return a.moved(), errors.Join(ErrPreempted, a.stop())
	case errors.Is(err, pipeline.ErrOtherRecipe), errors.Is(err, cache.ErrMiss):
		return false, err // another machine may do better
	case err != nil && a.superseded():
		return false, fmt.Errorf("another worker has begun the node since: %w", err)
	}
	res := &result{Address: t.Address, Action: t.Action, Info: job.Info}
	if err != nil {
		fmt.Fprintf(r.w.Log, "failed %s after %v: %v\n", t.Address, took, err)
		res.Error = failureOf(err)
	} else {
		fmt.Fprintf(r.w.Log, "done %s after %v\n", t.Address, took)
	}
	return false, a.finish(res)
}

// job makes the job of a task: the node as this process knows it, with inputs
// from the shared folder.
func (r *workerRun) job(ctx context.Context, t task, a *attempt) (*pipeline.Job, error) {
	node := r.w.Find(t.Address)
	if node == nil {
		return nil, fmt.Errorf("%w: the experiment file has no such node any more", pipeline.ErrOtherRecipe)
	}
	job := pipeline.NewJob(node, a.temp())
	job.Out, job.Work, job.Memo = a.out(), a.work(), r.memo
	job.Report = r.reporter(t.Address)
	var err error
	if job.Action, err = cache.ParseID(t.Action); err != nil {
		return nil, err
	}
	for name, text := range t.Inputs {
		action, err := cache.ParseID(text)
		if err != nil {
			return nil, err
		}
		if job.In[name], err = r.input(ctx, action); err != nil {
			return nil, fmt.Errorf("input %s: %w", name, err)
		}
	}
	return job, nil
}

// input opens an exported output and checks its hashes. A network file system
// may show it late.
func (r *workerRun) input(ctx context.Context, action cache.ID) (entry *cache.Entry, err error) {
	err = patiently(ctx, func() (err error) {
		if entry, err = r.inputs.Lookup(action); err != nil {
			return err
		}
		return entry.Check()
	})
	return entry, err
}

// reporter writes progress to the log, now and then.
func (r *workerRun) reporter(address string) func(pipeline.Progress) {
	var said pacer
	return func(p pipeline.Progress) {
		if said.due(time.Now(), reportEvery) {
			fmt.Fprintf(r.w.Log, "%s %d of %d %s %s\n", address, p.Done, p.Total, p.Unit, p.Note)
		}
	}
}
