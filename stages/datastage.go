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

	parts []dataset.Part
}

// Name is the kind of stage.
func (*ReadData) Name() string { return "data" }

// Version is raised when the same configuration would give other rows.
func (*ReadData) Version() int { return 1 }

// Numeric is false: no kernel touches the rows.
func (*ReadData) Numeric() bool { return false }

// Run writes the data set in dataset's own layout.
func (s *ReadData) Run(ctx context.Context, job *pipeline.Job) error {
	var source dataset.Source
	if s.Generator != nil {
		source = dataset.Generated(s.Generator.Generator)
	} else {
		source = s.Config.Files.Open(s.parts)
	}
	d, err := dataset.Load(s.Config, source)
	if err != nil {
		return err
	}
	return d.WriteDir(job.Out)
}
