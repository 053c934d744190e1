package pipeline

import (
	"time"

	"runexp/pipeline/cache"
)

// Status is how a node ended.
type Status int

// The ways in which a node ends.
const (
	Cached      Status = iota + 1 // its output was known
	Ran                           // it ran, and its output was committed
	Failed                        // it ran into an error, or could not run
	Skipped                       // something it needs failed
	Interrupted                   // the run was stopped before it was done
)

func (s Status) String() string {
	switch s {
	case Cached:
		return "cached"
	case Ran:
		return "ran"
	case Failed:
		return "failed"
	case Skipped:
		return "skipped"
	case Interrupted:
		return "interrupted"
	}
	return "unknown"
}

// Result is how a node ended.
type Result struct {
	Node     *Node
	Status   Status
	Entry    *cache.Entry // if Cached or Ran; its files may have been dropped if nothing that ran needed them
	Err      error        // if Failed, Skipped or Interrupted
	Because  *Node        // if Skipped: the node that failed
	Duration time.Duration
}

// Observer is told what happens, one call at a time. A node that was found in
// the cache may run after all, when its files turn out to be needed and gone; it
// is then done twice, and the second result stands.
type Observer interface {
	NodeStarted(*Node)
	NodeProgress(*Node, Progress)
	NodeDone(*Node, *Result)
}

// Summary is how a run of the executor ended.
type Summary struct {
	Results  []*Result // inputs before those that read them
	Duration time.Duration
	byNode   map[*Node]*Result
}

// Of returns the result of a node, or nil if it was not needed.
func (s *Summary) Of(n *Node) *Result { return s.byNode[n] }

// Count returns how many nodes ended in a way.
func (s *Summary) Count(status Status) int {
	n := 0
	for _, r := range s.Results {
		if r.Status == status {
			n++
		}
	}
	return n
}

// Failures returns the results of nodes that failed themselves.
func (s *Summary) Failures() []*Result {
	var failed []*Result
	for _, r := range s.Results {
		if r.Status == Failed {
			failed = append(failed, r)
		}
	}
	return failed
}
