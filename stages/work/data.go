package work

import (
	"context"
	"errors"

	"runexp/internal/dataset"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/block"
)

// ReadData reads, checks and splits the rows of a data set.
type ReadData struct {
	Config    *dataset.Config
	Generator *block.Generator

	Parts []dataset.Part `key:"-"` // the files, whose contents the node's key holds

	surveyed *dataset.Survey // what is known of the rows, once they were read
}

// Name is the kind of stage.
func (*ReadData) Name() string { return "data" }

// Version is raised when the same configuration would give other rows.
func (*ReadData) Version() int { return 1 }

// Numeric is false: no kernel touches the rows.
func (*ReadData) Numeric() bool { return false }

// Run writes the data set in dataset's own layout.
func (s *ReadData) Run(ctx context.Context, job *pipeline.Job) error {
	rows, err := s.Survey()
	if err != nil {
		return dataError(err)
	}
	d, err := rows.Write(s.Source(), job.Out)
	if err != nil {
		return dataError(err)
	}
	s.surveyed = nil
	return d.Close()
}

// Survey reads the rows, once: when they are checked before anything runs, or when
// their classes are counted.
func (s *ReadData) Survey() (*dataset.Survey, error) {
	if s.surveyed == nil {
		rows, err := dataset.Read(s.Config, s.Source())
		if err != nil {
			return nil, err
		}
		s.surveyed = rows
	}
	return s.surveyed, nil
}

// Rows is how many rows there are at most, where that is known before the node runs:
// of a generator, and of files that have been read for a check.
func (s *ReadData) Rows() (rows int, known bool) {
	if s.surveyed != nil {
		return s.surveyed.Used(), true
	}
	if s.Generator == nil {
		return 0, false
	}
	return s.Generator.Generator.RowCount(), true
}

// Check refuses what a run would refuse.
func (s *ReadData) Check() error {
	rows, err := s.Survey()
	if err != nil {
		return err
	}
	return rows.Check(s.Source())
}

// Source is where the rows are.
func (s *ReadData) Source() dataset.Source {
	if s.Generator != nil {
		return dataset.Generated(s.Generator.Generator)
	}
	return s.Config.Files.Open(s.Parts)
}

// dataError marks what is wrong with the user's rows as such.
func dataError(err error) error {
	var one *dataset.Error
	var several *dataset.Errors
	if errors.As(err, &one) || errors.As(err, &several) {
		return InputError(err.Error())
	}
	return err
}

// ReadAccounting reads the classes of a data set, and what became of its rows.
func ReadAccounting(entry *cache.Entry) (labels []string, a dataset.Accounting, err error) {
	meta := struct {
		Accounting dataset.Accounting `json:"accounting"`
		Labels     []string           `json:"label_names"`
	}{}
	err = entry.ReadJSON(dataset.MetaFile, &meta)
	return meta.Labels, meta.Accounting, err
}
