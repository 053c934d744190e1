package results

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Formats are those that Export knows.
var Formats = []string{"csv", "jsonl", "mlflow"}

// exportColumns heads the flat exports: one line per run and metric.
var exportColumns = []string{
	"experiment", "invocation", "started", "dataset", "model", "method", "configuration", "condition", "seed", "status", "selected", "action",
	"split", "slice", "metric", "value", "n", "flag",
	"trainable_params", "total_params", "stored_bytes", "train_seconds", "tokens_per_second", "peak_bytes", "steps",
}

// exportRow is a metric with its run; a run without metrics gives one row with
// an empty metric name.
type exportRow struct {
	inv    Invocation
	member Member
	run    Run
	metric Metric
}

// fields are the row's values under exportColumns: string, int64, float64 or bool.
func (r exportRow) fields() []any {
	return []any{
		r.inv.Experiment, r.inv.ID, timeText(r.inv.Started), r.member.Dataset, r.member.Model, r.member.Method, r.member.Configuration,
		r.member.Condition, r.member.Seed, r.member.Status, r.member.Selected, r.member.Action,
		r.metric.Split, r.metric.Slice, r.metric.Name, r.metric.Value, r.metric.N, r.metric.Flag,
		r.run.TrainableParams, r.run.TotalParams, r.run.StoredBytes, r.run.TrainSeconds, r.run.TokensPerSecond, r.run.PeakBytes, r.run.Steps,
	}
}

// exportRows calls each for every metric of every invocation of an experiment
// ("" for all), oldest first.
func (s *Store) exportRows(ctx context.Context, experiment string, each func(exportRow) error) error {
	invocations, err := s.Invocations(ctx, experiment)
	if err != nil {
		return err
	}
	for _, inv := range invocations {
		all, err := s.Members(ctx, inv.ID)
		if err != nil {
			return err
		}
		for _, m := range all {
			row := exportRow{inv: inv, member: m}
			var metrics []Metric
			if m.Action != "" {
				run, err := s.load(ctx, m.Action, m.Seed)
				if err != nil {
					return err
				}
				row.run, metrics = run.Run, run.Metrics
			}
			if len(metrics) == 0 {
				row.metric.Value = math.NaN()
				metrics = []Metric{row.metric}
			}
			for _, row.metric = range metrics {
				if err := each(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ExportCSV writes one line per run and metric. Text that a spreadsheet would
// take for a formula is preceded by an apostrophe.
func (s *Store) ExportCSV(ctx context.Context, w io.Writer, experiment string) error {
	out := csv.NewWriter(w)
	if err := out.Write(exportColumns); err != nil {
		return err
	}
	err := s.exportRows(ctx, experiment, func(r exportRow) error { return out.Write(csvCells(r.fields())) })
	if err != nil {
		return fmt.Errorf("export csv: %w", err)
	}
	out.Flush()
	return out.Error()
}

// csvCells writes values as cells: string, int64, float64 or bool.
func csvCells(values []any) []string {
	cells := make([]string, len(values))
	for k, value := range values {
		switch v := value.(type) {
		case string:
			cells[k] = inertCell(v)
		case int64:
			cells[k] = strconv.FormatInt(v, 10)
		case float64:
			cells[k] = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			cells[k] = strconv.FormatBool(v)
		}
	}
	return cells
}

// inertCell keeps spreadsheets from running text. They take a leading =, +, -
// or @ (also after blanks or in full width) for a formula, and a tab or return
// for the start of another cell; control characters have no place in a name.
func inertCell(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	start := strings.TrimLeft(clean, " \u00a0\u3000\ufeff\u200b'\"")
	if start == "" {
		return clean
	}
	for _, lead := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%"} {
		if strings.HasPrefix(start, lead) {
			return "'" + clean
		}
	}
	return clean
}

// ExportJSONL writes one object per run and metric, keys as the columns of the
// csv export. A value that is not finite is the string "NaN", "Infinity" or
// "-Infinity", since JSON has no such numbers.
func (s *Store) ExportJSONL(ctx context.Context, w io.Writer, experiment string) error {
	err := s.exportRows(ctx, experiment, func(r exportRow) error {
		line := []byte{'{'}
		for k, f := range r.fields() {
			if v, isNumber := f.(float64); isNumber {
				f = jsonNumber(v)
			}
			value, err := json.Marshal(f)
			if err != nil {
				return err
			}
			if k > 0 {
				line = append(line, ',')
			}
			line = fmt.Appendf(line, "%q:%s", exportColumns[k], value)
		}
		_, err := w.Write(append(line, '}', '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("export jsonl: %w", err)
	}
	return nil
}

func jsonNumber(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return v
}
