package stages

import (
	"context"

	"runexp/internal/dataset"
	"runexp/pipeline"
)

// ReadData reads, checks and splits the rows of a data set.
type ReadData struct {
	Config    *dataset.Config
	Generator *Generator

	parts   []dataset.Part
	classes int // of the rows, once they are counted; 0 before
}

// Name is the kind of stage.
func (*ReadData) Name() string { return "data" }

// Version is raised when the same configuration would give other rows.
func (*ReadData) Version() int { return 1 }

// Numeric is false: no kernel touches the rows.
func (*ReadData) Numeric() bool { return false }

// Run writes the data set in dataset's own layout.
func (s *ReadData) Run(ctx context.Context, job *pipeline.Job) error {
	d, err := s.load()
	if err != nil {
		return dataError(err)
	}
	return d.WriteDir(job.Out)
}

// load reads the rows.
func (s *ReadData) load() (*dataset.Dataset, error) {
	return dataset.Load(s.Config, s.source())
}

// manyBytes is from when files are checked row by row without being kept.
const manyBytes = 64 << 20

// check reads the rows as a run would, and forgets them. Of large files the rows
// are checked one by one; what their splits lack, the run says.
func (s *ReadData) check() error {
	if dataset.Size(s.parts) > manyBytes {
		_, err := dataset.Check(s.Config, s.source())
		return err
	}
	_, err := s.load()
	return err
}

// source is where the rows are.
func (s *ReadData) source() dataset.Source {
	if s.Generator != nil {
		return dataset.Generated(s.Generator.Generator)
	}
	return s.Config.Files.Open(s.parts)
}
