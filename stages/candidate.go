package stages

import (
	"math"
	"slices"
)

// A candidate is one configuration with what its seeds scored on dev.
type candidate struct {
	name      string
	scores    []float64
	trainable int64
	unusable  bool // a seed failed or diverged
}

func (c *candidate) add(e *Evaluation, metric string) {
	score := metricOf(e.Metrics, "dev", metric)
	if e.Status == "diverged" || math.IsInf(score, 0) || math.IsNaN(score) {
		c.unusable = true
		return
	}
	c.scores = append(c.scores, score)
	c.trainable = max(c.trainable, e.Trainable)
}

// mean is the mean in ascending order of the scores, so that it does not
// depend on the order in which they were added.
func (c *candidate) mean() float64 {
	sum := 0.0
	for _, s := range sorted(c.scores) {
		sum += s
	}
	return sum / float64(len(c.scores))
}

// selectCandidate returns the index of the winner, or -1: the highest mean
// over seeds; ties go to fewer trained parameters, then to the lower name. A
// configuration with a failed or diverged seed cannot win.
func selectCandidate(list []candidate) int {
	best := -1
	for i := range list {
		c := &list[i]
		if c.unusable || len(c.scores) == 0 {
			continue
		}
		if best < 0 || better(c, &list[best]) {
			best = i
		}
	}
	return best
}

func better(a, b *candidate) bool {
	x, y := a.mean(), b.mean()
	switch {
	case x != y:
		return x > y
	case a.trainable != b.trainable:
		return a.trainable < b.trainable
	}
	return a.name < b.name
}

func sorted(x []float64) []float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x
}
