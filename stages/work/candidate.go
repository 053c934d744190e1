package work

import (
	"math"
	"slices"
)

// A Candidate is one configuration with what its seeds scored on dev.
type Candidate struct {
	Name      string
	Scores    []float64
	trainable int64
	Unusable  bool // a seed failed or diverged
}

// Add adds what one seed scored in a metric on dev.
func (c *Candidate) Add(e *Evaluation, metric string) {
	score := metricOf(e.Metrics, "dev", metric)
	if e.Status == "diverged" || math.IsInf(score, 0) || math.IsNaN(score) {
		c.Unusable = true
		return
	}
	c.Scores = append(c.Scores, score)
	c.trainable = max(c.trainable, e.Trainable)
}

// Mean is the mean in ascending order of the scores, so that it does not
// depend on the order in which they were added.
func (c *Candidate) Mean() float64 {
	sum := 0.0
	for _, s := range sorted(c.Scores) {
		sum += s
	}
	return sum / float64(len(c.Scores))
}

// SelectCandidate returns the index of the winner, or -1: the highest mean
// over seeds; ties go to fewer trained parameters, then to the lower name. A
// configuration with a failed or diverged seed cannot win.
func SelectCandidate(list []Candidate) int {
	best := -1
	for i := range list {
		c := &list[i]
		if c.Unusable || len(c.Scores) == 0 {
			continue
		}
		if best < 0 || Better(c, &list[best]) {
			best = i
		}
	}
	return best
}

// Better reports whether a goes before b.
func Better(a, b *Candidate) bool {
	x, y := a.Mean(), b.Mean()
	switch {
	case x != y:
		return x > y
	case a.trainable != b.trainable:
		return a.trainable < b.trainable
	}
	return a.Name < b.Name
}

func sorted(x []float64) []float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x
}
