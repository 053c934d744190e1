package slurm

import (
	"fmt"
	"testing"

	"runexp/pipeline"
)

func loads(n int, seconds float64) []load {
	list := make([]load, n)
	for i := range list {
		list[i] = load{&wanted{job: &pipeline.Job{Node: &pipeline.Node{Addr: fmt.Sprint(i)}}}, seconds}
	}
	return list
}

// shape tells how many nodes each job has.
func shape(jobs [][]load) []int {
	var counts []int
	for _, j := range jobs {
		counts = append(counts, len(j))
	}
	return counts
}

func TestPack(t *testing.T) {
	mixed := append(loads(2, 3600), loads(90, 1)...)
	for _, c := range []struct {
		what string
		list []load
		p    packing
		want string
	}{
		{"a thousand of a second each, ten at once", loads(1000, 1), packing{target: 60, limit: 10}, "[100 100 100 100 100 100 100 100 100 100]"},
		{"places for more than are worth it", loads(200, 1), packing{target: 60, limit: 100}, "[67 67 66]"},
		{"long ones alone", loads(3, 600), packing{target: 60, limit: 100}, "[1 1 1]"},
		{"long ones alone, short ones together", mixed, packing{target: 60, limit: 100}, "[1 1 90]"},
		{"too little, and more may come", loads(20, 1), packing{target: 60, limit: 100}, "[]"},
		{"too little, and no more will come", loads(20, 1), packing{target: 60, limit: 100, rest: true}, "[20]"},
		{"more than the longest job for each place", loads(100, 60), packing{target: 60, limit: 2}, "[10 10]"},
		{"nothing", nil, packing{target: 60, limit: 2, rest: true}, "[]"},
	} {
		if got := fmt.Sprint(shape(c.p.pack(c.list, c.p.limit))); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// What a node says of itself goes before what its kind took, and that before
// a guess.
func TestTimings(t *testing.T) {
	var known timings
	n := &pipeline.Node{Addr: "a", Stage: &work{}, Affinity: "root"}
	if got := known.of(n, 60); got != 60 {
		t.Errorf("unknown: %g", got)
	}
	known.add(n, 2)
	known.add(n, 4)
	if got := known.of(&pipeline.Node{Addr: "b", Stage: &work{}, Affinity: "root"}, 60); got != 3 {
		t.Errorf("the same kind: %g, want 3", got)
	}
	if got := known.of(&pipeline.Node{Addr: "c", Stage: &work{}, Affinity: "other"}, 60); got != 60 {
		t.Errorf("another kind: %g, want 60", got)
	}
	n.Weight.Seconds = 7
	if got := known.of(n, 60); got != 7 {
		t.Errorf("own estimate: %g, want 7", got)
	}
}
