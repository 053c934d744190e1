package stages

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"runexp/pipeline"
)

// Pick hands on the adaptation of the selected configuration.
type Pick struct {
	Metric     string
	Candidates []string // names of configurations, in the order of the file
}

// Name is the kind of stage.
func (*Pick) Name() string { return "pick" }

// Version is raised when the rule of selection changes.
func (*Pick) Version() int { return 1 }

// Numeric is false: files are handed on as they are.
func (*Pick) Numeric() bool { return false }

// Run copies the selected candidate's files.
func (s *Pick) Run(ctx context.Context, job *pipeline.Job) error {
	var list []candidate
	for _, name := range s.Candidates {
		c := candidate{name: name}
		for input, entry := range job.In {
			if rest, ok := strings.CutPrefix(input, "evaluate "); !ok || rest != name && !strings.HasPrefix(rest, name+"#") {
				continue
			}
			e := &Evaluation{}
			if err := readJSON(entry, evaluationFile, e); err != nil {
				return err
			}
			c.add(e, s.Metric)
		}
		list = append(list, c)
	}
	best := selectCandidate(list)
	if best < 0 {
		return fmt.Errorf("no configuration can be selected: each has a seed that failed or diverged")
	}
	from := job.In["adapt "+list[best].name]
	files, err := from.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := copyEntry(from, f.Name, filepath.Join(job.Out, f.Name)); err != nil {
			return err
		}
	}
	return nil
}

type opener interface {
	Open(name string) (io.ReadCloser, error)
}

func copyEntry(from opener, name, path string) error {
	in, err := from.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("copy %s: %w", name, err)
	}
	return out.Close()
}

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
