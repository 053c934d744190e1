package slurm

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"runexp/pipeline"
)

// longest is how much work a job is made of at most, where it is known to
// consist of short nodes: a job that is lost costs little, and the last ones end
// at about the same time.
const longest = 10 * time.Minute

// patience is how much longer than planned a job may take before it leaves the
// rest of its nodes to others.
const patience = 2

// timings are the seconds that nodes took, by kind. The zero value is ready to
// use.
type timings struct {
	mu    sync.Mutex
	kinds map[string]*timing
}

type timing struct {
	sum float64
	n   int
}

// kindOf groups nodes that are likely to take similarly long.
func kindOf(n *pipeline.Node) string { return n.Stage.Name() + "\x00" + n.Affinity + "\x00" + n.Pool }

func (t *timings) add(n *pipeline.Node, seconds float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kinds == nil {
		t.kinds = map[string]*timing{}
	}
	k := t.kinds[kindOf(n)]
	if k == nil {
		k = &timing{}
		t.kinds[kindOf(n)] = k
	}
	k.sum += seconds
	k.n++
}

// of estimates the seconds of a node: what it says itself, else the mean of its
// kind, else otherwise.
func (t *timings) of(n *pipeline.Node, otherwise float64) float64 {
	if n.Weight.Seconds > 0 {
		return n.Weight.Seconds
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.kinds[kindOf(n)]; k != nil {
		return k.sum / float64(k.n)
	}
	return otherwise
}

// packing says how jobs are made of nodes.
type packing struct {
	target float64 // seconds of work that a job is made of at least, where there is more
	limit  int     // jobs at once
	rest   bool    // also make a job of less than target
}

// load is a node and its estimate.
type load struct {
	w       *wanted
	seconds float64
}

// pack cuts a list of nodes that belong together into jobs of about equal work,
// and returns at most slots of them; what is left waits.
func (p packing) pack(list []load, slots int) [][]load {
	left := 0.0
	for _, l := range list {
		left += l.seconds
	}
	if left < p.target && !p.rest {
		return nil
	}
	size := min(max(p.target, left/float64(p.limit)), max(p.target, longest.Seconds()))
	var jobs [][]load
	for len(list) > 0 && len(jobs) < slots {
		parts := max(1, math.Floor(left/size+1e-6))
		share, sum, n := left/parts*(1-1e-9), 0.0, 0
		for n < len(list) && (n == 0 || sum < share) {
			sum += list[n].seconds
			n++
		}
		jobs, list, left = append(jobs, list[:n]), list[n:], left-sum
	}
	return jobs
}

// group is what may share a job: a pool, an affinity, being alone.
type group struct {
	pool
	affinity string
}

func groupOf(n *pipeline.Node) group { return group{pool{n.Pool, n.Weight.Exclusive}, n.Affinity} }

func (g group) compare(h group) int {
	return cmp.Or(cmp.Compare(g.name, h.name), cmp.Compare(g.affinity, h.affinity), g.pool.compare(h.pool))
}

// pool is what one submission serves.
type pool struct {
	name      string
	exclusive bool
}

func (p pool) compare(q pool) int {
	if c := cmp.Compare(p.name, q.name); c != 0 || p.exclusive == q.exclusive {
		return c
	}
	if q.exclusive {
		return -1
	}
	return 1
}

// sortLoads puts nodes in the order in which jobs are made: longest first, so
// that the last jobs to end are short, and by name among equals.
func sortLoads(list []load) {
	slices.SortFunc(list, func(a, b load) int {
		return cmp.Or(cmp.Compare(b.seconds, a.seconds), cmp.Compare(a.w.job.Node.Addr, b.w.job.Node.Addr))
	})
}
