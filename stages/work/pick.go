package work

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	var list []Candidate
	for _, name := range s.Candidates {
		c := Candidate{Name: name}
		for input, entry := range job.In {
			if rest, ok := strings.CutPrefix(input, "evaluate "); !ok || rest != name && !strings.HasPrefix(rest, name+"#") {
				continue
			}
			e, err := ReadEvaluation(entry)
			if err != nil {
				return err
			}
			c.Add(e, s.Metric)
		}
		list = append(list, c)
	}
	best := SelectCandidate(list)
	if best < 0 {
		return fmt.Errorf("no configuration can be selected: each has a seed that failed or diverged")
	}
	from := job.In["adapt "+list[best].Name]
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
