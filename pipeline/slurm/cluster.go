package slurm

import (
	"context"
	"strings"
)

// Cluster is what the executor asks of Slurm.
type Cluster interface {
	// Submit puts a job array into the queue.
	Submit(ctx context.Context, s Submission) error
	// Queue lists all elements of this user's arrays that are alive: waiting,
	// running, suspended, ending.
	Queue(ctx context.Context) (map[Place]Alive, error)
	// Cancel ends elements, by the ids that Queue gave.
	Cancel(ctx context.Context, ids []string) error
	// MaxArraySize is how many elements an array may have.
	MaxArraySize(ctx context.Context) (int, error)
}

// Submission is a job array.
type Submission struct {
	Name      string // unique
	Script    string // path of the file that each element runs
	Log       string // path of each element's output; %a is its index
	Elements  int
	Limit     int // elements that run at once
	Exclusive bool
	Resources
}

// Place names an element: the job's name and the index in the array.
type Place struct {
	Job   string
	Index int
}

// Alive is what the queue says of an element.
type Alive struct {
	ID     string // 123_4
	State  string // RUNNING
	Node   string // where it runs
	Reason string // why it waits
}

// hopeless reports whether a job will not run: Slurm could not start it on the
// node that it chose, and keeps it until somebody looks.
func (a Alive) hopeless() bool {
	return a.State == "PENDING" && strings.EqualFold(a.Reason, "launch failed requeued held")
}
