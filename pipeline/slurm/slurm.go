// Package slurm runs the nodes of a pipeline on a Slurm cluster.
//
// A Runner stands in the coordinator, the process that a user starts. It packs
// the jobs that the executor hands it into job arrays, submits them, and waits.
// On a compute node Slurm starts a Worker, which runs the nodes of one array
// element and leaves each result in a folder of its own on the shared file
// system: written, synced, renamed into place. The coordinator checks the hashes
// and gives the files to the executor, which commits them to the cache.
//
// What is done is told by those folders alone; squeue only tells who is alive.
// So the coordinator may die or be interrupted at any moment: its jobs go on, and
// the next coordinator finds their results and those that still run. Nothing on
// the shared file system is locked: each folder has one writer, and a name that
// two could want is taken by mkdir or rename, which one of them wins. A worker
// that is killed, suspended or runs twice can lose work and never falsify it.
//
// The shared folder:
//
//	inputs/                   outputs that nodes read, laid out as a cache (cache.Entry.Export)
//	batches/7/batch.json      what one submission asks for, with its script and logs
//	attempts/ab12…/2/         one try of a node: its checkpoints, and its result while it is written
//	results/ab12…/            finished, by action: result.json and the folder out
//	damaged/                  results that did not match their hashes
package slurm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Resources are what a job asks Slurm for. The zero value leaves everything to
// the cluster's defaults.
type Resources struct {
	Partition, Account string
	Time               string   // as sbatch takes it: minutes, hours:minutes:seconds, days-hours
	CPUs               int      // of each job
	MemoryBytes        int64    // of each job
	Options            []string // further options of sbatch
	Setup              []string // lines of shell before the worker starts
}

// Options of a Runner.
type Options struct {
	Cluster   Cluster
	Dir       string               // shared folder; created if need be
	Name      string               // beginning of the jobs' names, for people
	Command   []string             // command line of a worker; "-batch DIR" is added
	Numeric   string               // as in pipeline.Executor
	Limit     int                  // array elements that are submitted at once; 0: 100
	Resources map[string]Resources // by pool; "" also serves pools that are not named

	Poll   time.Duration // between questions to squeue, and first pause before a retry; 0: 15 s
	Look   time.Duration // between looks for results; 0: 1 s
	Target time.Duration // the least work that a job is made of, where there is more; 0: 1 minute

	Say func(message string) // told what a user should know; nil: nobody
}

// losses is how often a node is submitted again after its worker was lost.
const losses = 3

// Runner runs jobs in Slurm. It is a pipeline.Keeper, made by Start.
type Runner struct {
	o      Options
	folder folder

	incoming chan *wanted
	leaving  chan *wanted
	quit     chan struct{}
	ended    chan struct{}

	exports sync.Map // actions whose outputs are in the shared folder: *exported
	known   timings

	// The rest belongs to the goroutine of loop.
	wanted    map[string]*wanted // by action
	live      []*element
	lastLook  time.Time // at the queue
	lastCame  time.Time // a job
	maxArray  int
	refused   int // submissions in a row
	submitAt  time.Time
	queueDown bool
}

// wanted is a job that the executor waits for.
type wanted struct {
	job       *pipeline.Job
	since     time.Time
	in        *element // that runs it; nil: to be submitted
	lost      int
	why       string    // the last loss
	notBefore time.Time // a retry
	note      string    // last reported
	done      chan error
}

// Start begins to serve jobs. What an earlier Runner left in the shared folder
// is found again: results, and jobs that are still in the queue.
func Start(o Options) (*Runner, error) {
	o.Limit = cmp.Or(o.Limit, 100)
	o.Poll, o.Look, o.Target = cmp.Or(o.Poll, 15*time.Second), cmp.Or(o.Look, time.Second), cmp.Or(o.Target, time.Minute)
	if o.Say == nil {
		o.Say = func(string) {}
	}
	f, err := openFolder(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open shared folder: %w", err)
	}
	r := &Runner{
		o: o, folder: f, wanted: map[string]*wanted{},
		incoming: make(chan *wanted), leaving: make(chan *wanted),
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
	if r.live, err = f.elements(o.Name); err != nil {
		return nil, fmt.Errorf("open shared folder: %w", err)
	}
	go r.loop()
	return r, nil
}

// Run has a job run by a worker and brings its output to job.Out. If ctx ends
// the error is an ErrInterrupted, and the work goes on without us.
func (r *Runner) Run(ctx context.Context, job *pipeline.Job) error {
	for name, in := range job.In {
		if err := r.export(in); err != nil {
			return fmt.Errorf("input %s: %w", name, err)
		}
	}
	w := &wanted{job: job, since: time.Now(), done: make(chan error, 1)}
	for {
		select {
		case r.incoming <- w:
		case <-ctx.Done():
			return pipeline.ErrInterrupted
		}
		select {
		case err := <-w.done:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			select {
			case r.leaving <- w:
			case <-r.ended:
			}
			return pipeline.ErrInterrupted
		}
		err := r.folder.collect(job)
		var damage *damageError
		if !errors.As(err, &damage) {
			var failed *failure
			if errors.As(err, &failed) {
				r.folder.forget(job.Action.String()) // the next run tries again
			}
			if seconds, errInfo := strconv.ParseFloat(job.Info["seconds"], 64); err == nil && errInfo == nil {
				r.known.add(job.Node, seconds)
			}
			return err
		}
		if err := r.folder.setAside(job.Action.String()); err != nil {
			return err
		}
		if err := r.lose(w, "its result was damaged: "+damage.Error(), ""); err != nil {
			return err
		}
		if err := errors.Join(os.RemoveAll(job.Out), os.Mkdir(job.Out, 0o777)); err != nil {
			return err
		}
	}
}

// export puts an output where workers can read it, once.
func (r *Runner) export(e *cache.Entry) error {
	once, _ := r.exports.LoadOrStore(e.Action(), &exported{})
	x := once.(*exported)
	x.once.Do(func() { x.err = e.Export(r.folder.inputs()) })
	return x.err
}

type exported struct {
	once sync.Once
	err  error
}

// Committed removes what the shared folder keeps of a job that is in the cache.
func (r *Runner) Committed(job *pipeline.Job) {
	// What cannot be removed is found and not used again: it only takes space.
	r.folder.forget(job.Action.String())
}

// Close stops serving. Jobs in the queue go on. If none is left, and everything
// that was asked for is done, the shared folder is removed.
func (r *Runner) Close() error {
	close(r.quit)
	<-r.ended
	if r.busy() > 0 || len(r.wanted) > 0 {
		return nil
	}
	return r.folder.removeIfDone()
}
