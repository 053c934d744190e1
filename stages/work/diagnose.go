package work

import (
	"context"
	"fmt"
	"math"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/report"
	"runexp/internal/shift"
	"runexp/internal/stats"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Diagnose measures a data set's shift on the frozen model, before any training:
// held-out rows of the training distribution against the shifted ones. Without a
// model it compares the words alone.
type Diagnose struct {
	Input Input
	// Shifted are the other formats under a format shift, whose target is the same
	// rows rendered in these, turn by turn.
	Shifted []Input
	// Asked is the format whose label words the untouched model is asked for; nil
	// where no format has words. Under a format shift each format's own count.
	Asked *Input
	Axis  string // of the declared shift, "" where only files differ
	Rows  int    // at most so many a side that the model reads, drawn at random
	Texts int    // at most so many a side whose words are compared, with those
}

// Name is the kind of stage.
func (*Diagnose) Name() string { return "diagnose" }

// Version is raised when the same rows and model would be measured otherwise.
func (*Diagnose) Version() int { return 5 }

const diagnosisFile = "diagnosis.json"

// ReadDiagnosis reads what was measured.
func ReadDiagnosis(entry *cache.Entry) (d report.Diagnosis, err error) {
	return d, entry.ReadJSON(diagnosisFile, &d)
}

// Run writes diagnosis.json.
func (s *Diagnose) Run(ctx context.Context, job *pipeline.Job) error {
	data, releaseData, err := LoadData(job)
	if err != nil {
		return err
	}
	defer releaseData()
	base, releaseBase, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer releaseBase()
	source, target, err := s.sides(data)
	if err != nil {
		return err
	}
	in := shift.Input{
		Model: base != nil, Losses: base != nil && base.Config().LMHead, Mass: base != nil && s.asks(),
		Periods: s.Axis == dataset.TemporalShift, Paired: s.Axis == dataset.FormatShift, Key: stats.Key(diagnosisSeed),
	}
	if in.Periods {
		if in.Known, err = knownWords(data); err != nil {
			return err
		}
	}
	labels := newStrata(data, source, target)
	for _, side := range []struct {
		*sampled
		rows *[]shift.Row
	}{{source, &in.Source}, {target, &in.Target}} {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("diagnose: %w", pipeline.ErrInterrupted)
		}
		if *side.rows, err = s.read(job, base, data, side.sampled, labels); err != nil {
			return err
		}
		job.Report(pipeline.Progress{Done: int64(len(in.Source) + len(in.Target)), Total: int64(len(source.rows) + len(target.rows)), Unit: "rows"})
	}
	in.More = [2][]shift.Row{source.further(labels, in.Periods), target.further(labels, in.Periods)}
	return cache.WriteJSON(job.Out, diagnosisFile, diagnosisOf(shift.Diagnose(in)))
}

// diagnosisSeed draws rows and rearrangements: always the same.
const diagnosisSeed = 20

// asks reports whether label words can be asked for.
func (s *Diagnose) asks() bool {
	if s.Asked != nil {
		return true
	}
	for _, in := range append([]Input{s.Input}, s.Shifted...) {
		if s.Axis == dataset.FormatShift && in.Format != nil && len(in.Format.Words) > 0 {
			return true
		}
	}
	return false
}

// read turns sampled rows into what shift compares.
func (s *Diagnose) read(job *pipeline.Job, base *lm.Base, data *dataset.Dataset, side *sampled, labels *strata) ([]shift.Row, error) {
	rows := make([]shift.Row, len(side.rows))
	for i, row := range side.rows {
		rows[i] = shift.Row{Label: labels.of(row), Words: shift.Words(side.text(i)), Mass: math.NaN()}
		if s.Axis == dataset.TemporalShift {
			rows[i].Period = periodOf(row.Slice)
		}
		if base == nil {
			rows[i].Tokens, rows[i].Features = len(rows[i].Words), hashedCounts(rows[i].Words)
		}
	}
	if base == nil {
		return rows, nil
	}
	return rows, s.frozen(job, base, data, side, rows)
}

// diagnosisOf is the diagnosis as reports keep it, with p-values after Holm's
// correction.
func diagnosisOf(d shift.Diagnosis) *report.Diagnosis {
	out := &report.Diagnosis{Dominant: d.Dominant, Measures: []report.Measure{}}
	number := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	for _, m := range d.Measures {
		if math.IsNaN(m.Value) {
			m.Value, m.Meaning = 0, "Not measurable: one side has nothing to count."
		}
		out.Measures = append(out.Measures, report.Measure{
			Axis: m.Axis, Name: m.Name, Value: m.Value, Low: number(m.Low), High: number(m.High), P: number(m.Adjusted), Meaning: m.Meaning, Warning: m.Warning,
		})
	}
	return out
}
