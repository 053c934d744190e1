package slurm

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

const (
	// gather is how long nothing may have come before jobs are made: the
	// executor hands over what is ready one by one.
	gather = 300 * time.Millisecond
	// refusals is how often in a row Slurm may refuse before the nodes fail.
	refusals = 3
)

// submit makes jobs of what waits and puts them into the queue.
func (r *Runner) submit(ctx context.Context) {
	now := time.Now()
	busy := r.busy()
	slots := r.o.Limit - busy
	if slots <= 0 || now.Before(r.submitAt) || now.Sub(r.lastCame) < gather {
		return
	}
	loads := r.ready(now)
	pools := map[pool][][]load{}
	for _, g := range slices.SortedFunc(maps.Keys(loads), group.compare) {
		list := loads[g]
		sortLoads(list)
		p := packing{target: r.o.Target.Seconds(), limit: r.o.Limit, rest: busy == 0 || r.waited(list, now)}
		jobs := p.pack(list, slots)
		if g.exclusive {
			jobs = alone(list, slots)
		}
		slots -= len(jobs)
		pools[g.pool] = append(pools[g.pool], jobs...)
	}
	for _, key := range slices.SortedFunc(maps.Keys(pools), pool.compare) {
		for jobs := range slices.Chunk(pools[key], r.arraySize(ctx)) {
			r.submitArray(ctx, key, jobs)
		}
	}
}

// ready lists what may be submitted, by what may share a job.
func (r *Runner) ready(now time.Time) map[group][]load {
	loads := map[group][]load{}
	for _, w := range r.wanted {
		if w.in != nil || now.Before(w.notBefore) {
			continue
		}
		n := w.job.Node
		loads[groupOf(n)] = append(loads[groupOf(n)], load{w, r.known.of(n, r.o.Target.Seconds())})
	}
	return loads
}

// waited reports whether a list has waited for company long enough: a quarter
// of a job's length.
func (r *Runner) waited(list []load, now time.Time) bool {
	return slices.ContainsFunc(list, func(l load) bool { return now.Sub(l.w.since) > r.o.Target/4 })
}

// alone gives each node a job of its own.
func alone(list []load, slots int) [][]load {
	return slices.Collect(slices.Chunk(list[:min(slots, len(list))], 1))
}

// arraySize is the cluster's limit, asked once; arrays of one where it does not
// say.
func (r *Runner) arraySize(ctx context.Context) int {
	if r.maxArray == 0 {
		n, err := r.o.Cluster.MaxArraySize(ctx)
		if err != nil {
			r.o.Say(fmt.Sprintf("each job is submitted by itself (%v)", err))
			n = 1
		}
		r.maxArray = n
	}
	return r.maxArray
}

// submitArray puts one job array into the queue, or counts a refusal.
func (r *Runner) submitArray(ctx context.Context, key pool, jobs [][]load) {
	b := &batch{}
	for _, job := range jobs {
		var tasks []task
		seconds := 0.0
		for _, l := range job {
			tasks = append(tasks, taskOf(l.w.job))
			seconds += l.seconds
		}
		b.Elements = append(b.Elements, tasks)
		b.Seconds = append(b.Seconds, patience*max(seconds, r.o.Target.Seconds()))
	}
	resources, ok := r.o.Resources[key.name]
	if !ok {
		resources = r.o.Resources[""]
	}
	name, err := r.folder.writeBatch(b, r.o.Command, resources.Setup)
	if err != nil {
		r.refuse(jobs, fmt.Errorf("write batch: %w", err))
		return
	}
	dir := r.folder.batch(name)
	s := Submission{
		Name: r.folder.jobName(r.o.Name, name), Script: scriptPath(dir), Log: logPath(dir, "%a"),
		Elements: len(jobs), Limit: r.o.Limit, Exclusive: key.exclusive, Resources: resources,
	}
	if err := r.o.Cluster.Submit(ctx, s); err != nil && !r.queued(ctx, s.Name) {
		if ctx.Err() != nil {
			return // the next coordinator finds out what became of it
		}
		os.RemoveAll(dir)
		r.refuse(jobs, err)
		return
	}
	r.refused = 0
	for i, job := range jobs {
		e := &element{batch: name, job: s.Name, index: i, tasks: b.Elements[i], open: len(job)}
		r.live = append(r.live, e)
		for _, l := range job {
			l.w.in = e
		}
	}
}

// queued reports whether a submission that gave an error is in the queue all
// the same: sbatch may have lost the answer, not the job.
func (r *Runner) queued(ctx context.Context, name string) bool {
	queue, err := r.o.Cluster.Queue(ctx)
	if err != nil {
		return false
	}
	for place := range queue {
		if place.Job == name {
			return true
		}
	}
	return false
}

// refuse waits before the next submission. As long as jobs of ours are alive
// the refusal may be a limit on how many there are; else the nodes fail when it
// has been repeated.
func (r *Runner) refuse(jobs [][]load, err error) {
	if r.busy() > 0 {
		r.submitAt = time.Now().Add(r.o.Poll)
		return
	}
	r.refused++
	r.submitAt = time.Now().Add(r.o.Poll << (r.refused - 1))
	if r.refused <= refusals {
		r.o.Say(fmt.Sprintf("submitting again after a pause (%v)", err))
		return
	}
	r.refused = 0
	for _, job := range jobs {
		for _, l := range job {
			r.answer(l.w, fmt.Errorf("submit: %w", err))
		}
	}
}
