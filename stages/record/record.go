// Package record carries what an experiment found to where it is read: evaluations
// into the database, an archive of each invocation into the cache, facts and findings
// into the report, and two invocations side by side into a comparison.
package record

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"runexp/internal/stats"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/results"
	"runexp/stages"
	"runexp/stages/work"
)

// recordEvaluation stores one evaluation under one seed. measured are the
// figures of the adaptation's record.
func recordEvaluation(ctx context.Context, store *results.Store, entry *cache.Entry, e *work.Evaluation, measured map[string]string, seed int64, drawless bool) error {
	row := results.Run{
		Action: entry.Action().String(), Seed: seed, Output: entry.Output().String(), Status: e.Status, Detail: e.Detail, Drawless: drawless,
		TrainableParams: e.Trainable, HeadParams: e.Head, TotalParams: e.Total, StoredBytes: e.Stored, Steps: int64(e.Train.Steps),
	}
	var peak float64
	for name, to := range map[string]*float64{work.InfoSeconds: &row.TrainSeconds, work.InfoRate: &row.TokensPerSecond, work.InfoPeak: &peak} {
		var err error
		if *to, err = measurement(measured, name); err != nil {
			return fmt.Errorf("record %s: %w", entry.Address(), err)
		}
	}
	row.PeakBytes = int64(peak)
	metrics := make([]results.Metric, len(e.Metrics))
	for i, m := range e.Metrics {
		metrics[i] = results.Metric{Split: m.Split, Slice: m.Slice, Name: m.Name, Value: m.Value, N: int64(m.N), Flag: m.Flag}
	}
	var outcomes []results.Outcomes
	for _, o := range e.Outcomes {
		outcomes = append(outcomes, results.Outcomes{Split: o.Split, Labels: e.Labels, Rows: &stats.Rows{
			IDs: o.IDs, Slices: o.Slices, Gold: o.Gold, Pred: o.Pred, Score: o.Score, Weight: o.Weight, Probs: o.Probs,
		}})
	}
	return store.Record(ctx, row, metrics, outcomes, curve(e))
}

// curve lists the points of a training curve.
func curve(e *work.Evaluation) []results.Point {
	var points []results.Point
	for _, p := range e.Train.Curve {
		if p.Scored {
			points = append(points, results.Point{Name: "dev_score", Step: int64(p.Step), Value: p.Score})
		} else {
			points = append(points,
				results.Point{Name: "train_loss", Step: int64(p.Step), Value: p.Loss},
				results.Point{Name: "learning_rate", Step: int64(p.Step), Value: p.LearningRate})
		}
	}
	return points
}

// measurement is one of the figures beside an adaptation; 0 where a method has none.
func measurement(measured map[string]string, name string) (float64, error) {
	text, there := measured[name]
	if !there {
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q is no number", name, text)
	}
	return v, nil
}

// Members lists the runs of an invocation in the order of the file, with the
// selected configuration of each family marked.
func Members(plan *stages.Plan, summary *pipeline.Summary) ([]ArchivedRun, []stages.Choice, error) {
	choices, err := stages.Choose(plan, stages.FromSummary(summary))
	if err != nil {
		return nil, nil, err
	}
	selected := map[string]string{}
	for _, c := range choices {
		selected[c.Family] = c.Configuration
	}
	members := make([]ArchivedRun, len(plan.Runs))
	for i, r := range plan.Runs {
		m := results.Member{
			Position: i, Dataset: r.Dataset.Name, Model: r.ModelName(), Method: r.Method.Type, Block: r.Method.Name,
			Configuration: r.Point.Name, Condition: r.Condition, Seed: int64(r.Seed), Selected: selected[r.Family()] == r.Point.Name,
		}
		m.Status, m.Detail, m.Action, err = memberStatus(summary.Of(r.Evaluate))
		if err != nil {
			return nil, nil, err
		}
		members[i] = ArchivedRun{Member: m, Drawless: !r.Draws}
		if adapt := summary.Of(r.Adapt); adapt != nil && adapt.Entry != nil {
			members[i].Measured = adapt.Entry.Info()
		}
	}
	return members, choices, nil
}

func memberStatus(res *pipeline.Result) (status, detail, action string, err error) {
	switch {
	case res == nil:
		return "pending", "", "", nil
	case res.Status == pipeline.Cached || res.Status == pipeline.Ran:
		e, err := work.ReadEvaluation(res.Entry)
		if err != nil {
			return "", "", "", err
		}
		return e.Status, e.Detail, res.Entry.Action().String(), nil
	case res.Status == pipeline.Skipped && res.Because != nil:
		return "skipped", fmt.Sprintf("because %s failed: %v", res.Because.Addr, res.Err), "", nil
	case res.Err != nil:
		return res.Status.String(), res.Err.Error(), "", nil
	}
	return res.Status.String(), "", "", nil
}

// marshalFacts is the document of an invocation.
func marshalFacts(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("describe invocation: %w", err)
	}
	return text, nil
}
