// Package pipeline runs a graph of stages, and runs nothing twice.
//
// A node is a stage (a struct whose fields are its configuration), its inputs
// (other nodes) and the outside files it reads. Its action id is the hash of all
// of that, so it is known as soon as the outputs of its inputs are; if the cache
// knows the action, the node need not run, and unless something that runs reads
// its files they need not even be there. What runs gets an empty folder, and
// what it leaves there is committed to the cache.
//
// The package knows nothing about language models: stages are made elsewhere.
package pipeline

import (
	"context"
	"errors"

	"runexp/pipeline/cache"
)

// Stage computes something. The concrete struct is its configuration: all its
// fields count in the cache key, unless their tag says key:"-". A stage may
// have a method Numeric() bool; one that returns false says that its result does
// not depend on the numeric kernels.
type Stage interface {
	Name() string // of the kind of stage, such as "adapt"
	Version() int // raised when the same configuration would compute something else
	// Run writes its output to job.Out. It returns an error that is an
	// ErrInterrupted if ctx ended and it stopped early, and an ErrResources if
	// it cannot run for lack of something; other errors count as failures.
	Run(ctx context.Context, job *Job) error
}

// Node is a stage in a graph.
type Node struct {
	Addr   string // unique in the graph; not part of the key
	Stage  Stage
	Inputs []Input
	Files  []File
	Weight Cost

	// Affinity and Pool help runners that have many machines; neither counts in
	// the key. Nodes of one affinity share what they load, so they are best run
	// by one process. A pool names the kind of machine that a node asks for, ""
	// any.
	Affinity string
	Pool     string
}

// Input is a node whose output a node reads, under the name of its role.
type Input struct {
	Name string
	Node *Node
}

// File is a file from outside whose content counts. It is hashed before the
// node runs and again afterwards: a node during which it changed has failed.
type File struct {
	Name string // of its role; counts
	Path string // where it lies; does not count
}

// Cost is what a node is expected to need. It decides when the node runs and
// never what it computes.
type Cost struct {
	MemoryBytes int64
	DiskBytes   int64 // of its output
	WorkBytes   int64 // of its checkpoints, until it is done
	Seconds     float64
	Steps       int64
	Exclusive   bool // runs alone, such as a measurement of time
}

// Errors, to be tested with errors.Is.
var (
	ErrResources        = cache.ErrResources        // memory, disk or files ran out, or would
	ErrNondeterministic = cache.ErrNondeterministic // one action gave two outputs
	ErrIntegrity        = cache.ErrIntegrity        // the disk or a stage broke a promise
	ErrBusy             = cache.ErrBusy             // another process holds a lock
	ErrInterrupted      = errors.New("interrupted") // stopped early; running again resumes
)

// Runner runs a job, here or elsewhere. It returns when the job's output is in
// job.Out, or with the stage's error.
type Runner interface {
	Run(ctx context.Context, job *Job) error
}

// Keeper is a Runner that keeps a job's output elsewhere too, until it hears
// that it was committed and the copy is not needed any more.
type Keeper interface {
	Runner
	Committed(job *Job)
}

// Local runs jobs in this process.
type Local struct{}

// Run calls the stage.
func (Local) Run(ctx context.Context, job *Job) error { return job.Node.Stage.Run(ctx, job) }
