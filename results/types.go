package results

import (
	"encoding/json"
	"time"

	"runexp/internal/stats"
)

// Invocation is one call of runexp on an experiment.
type Invocation struct {
	ID         string // unique; shown to the user
	Experiment string
	Started    time.Time
	Finished   time.Time       // zero while running, or when it was killed
	Status     string          // running, done, failed, interrupted
	Build      string          // version and digest of the binary
	Host       json.RawMessage // machine facts
	Document   json.RawMessage // what the report says besides numbers
	Aggregated bool            // set by Aggregate; Begin and Finish ignore it
}

// Run statuses. Each is an outcome of a finished evaluation; a run that crashed
// or never started has no Run, only a Member that says so.
const (
	OK         = "ok"
	Diverged   = "diverged"
	Collapsed  = "collapsed"
	NotLearned = "not_learned"
)

// Run is what one evaluation found, apart from what anybody calls it.
type Run struct {
	Action          string // action id of the evaluation, hexadecimal
	Seed            int64
	Output          string // content id of its files
	Status          string // OK, Diverged, Collapsed or NotLearned
	Detail          string // one sentence where the status is not OK
	Drawless        bool   // the method draws nothing; its seeds are copies
	TrainableParams int64  // head included
	HeadParams      int64
	TotalParams     int64
	StoredBytes     int64 // besides the base model
	Steps           int64
	TrainSeconds    float64
	TokensPerSecond float64
	PeakBytes       int64
}

// Metric is one number of a run. A value that is not finite is kept as such.
type Metric struct {
	Split, Slice, Name string
	Value              float64
	N                  int64  // rows behind it
	Flag               string // why it is degenerate, "" when it is not
}

// Outcomes is what happened to each row of one split.
type Outcomes struct {
	Split  string
	Labels []string // class names, in the order of the indices in Gold and Pred
	*stats.Rows
}

// Point is one value of a training curve.
type Point struct {
	Name  string // train_loss, dev_macro_f1, learning_rate, …
	Step  int64
	Value float64
}

// Member is a run under the names that an invocation gave it, or the place of a
// run that failed.
type Member struct {
	Position      int // order of the file, then of seeds
	Dataset       string
	Model         string // "" for baselines
	Method        string // type of the block: lora
	Block         string // name of the block
	Configuration string // name with swept values: lora[rank=8]
	Condition     string // training condition, "" when there is one
	Seed          int64
	Status        string // that of the run, or failed, skipped, interrupted, pending
	Detail        string
	Selected      bool
	Action        string // the run's; "" when there is none
}
