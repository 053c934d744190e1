package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"runexp/internal/stats"
)

// Study returns an invocation ready for the report: every entry with its
// scores, costs and curves, and the selected ones with the outcomes of every
// row. It needs Aggregate to have run.
func (s *Store) Study(ctx context.Context, invocation string) (*stats.Study, error) {
	return s.StudyOf(ctx, invocation, func(m Member) bool { return m.Selected })
}

// StudyOf is Study with the outcomes of those entries that are asked for.
func (s *Store) StudyOf(ctx context.Context, invocation string, outcomes func(Member) bool) (*stats.Study, error) {
	inv, err := s.Invocation(ctx, invocation)
	if err != nil {
		return nil, err
	}
	study := &stats.Study{Experiment: inv.Experiment, Invocation: inv.ID}
	members, err := s.Members(ctx, invocation)
	if err != nil {
		return nil, err
	}
	rows, err := s.Comparison(ctx, invocation)
	if err != nil {
		return nil, err
	}
	scores := map[int][]stats.Score{}
	for _, c := range rows {
		scores[c.Position] = append(scores[c.Position], stats.Score{Split: c.Split, Slice: c.Slice, Metric: c.Metric, Estimate: c.Estimate})
	}
	missing := 0
	ids := rowsets{}
	for _, group := range groupMembers(members) {
		entry, metrics, err := s.entry(ctx, group, ids, outcomes(group[0]), &missing)
		if err != nil {
			return nil, fmt.Errorf("study of invocation %s: %w", invocation, err)
		}
		entry.Scores = scores[group[0].Position]
		for k := range entry.Scores {
			addValues(&entry.Scores[k], metrics)
		}
		study.Entries = append(study.Entries, entry)
	}
	if missing > 0 {
		study.Warnings = append(study.Warnings, fmt.Sprintf("%d of %d runs of this invocation are not in the database; `runexp results rebuild` restores them from the cache", missing, len(members)))
	}
	if !inv.Aggregated {
		study.Warnings = append(study.Warnings, "this invocation ended before its scores were aggregated; running the experiment again completes it")
	}
	return study, nil
}

// addValues fills the values by seed of a score.
func addValues(score *stats.Score, metrics []map[metricKey]Metric) {
	for _, m := range metrics {
		found, ok := m[metricKey{score.Split, score.Slice, score.Metric}]
		if !ok {
			found.Value = math.NaN()
		}
		score.Values = append(score.Values, found.Value)
	}
}

// groupMembers puts the seeds of one entry together, in the order of the file.
func groupMembers(members []Member) [][]Member {
	var groups [][]Member
	place := map[entryKey]int{}
	for _, m := range members {
		key := entryKey{m.Dataset, m.Model, m.Configuration, m.Condition}
		k, known := place[key]
		if !known {
			k = len(groups)
			place[key] = k
			groups = append(groups, nil)
		}
		groups[k] = append(groups[k], m)
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b Member) int { return cmp.Compare(a.Seed, b.Seed) })
	}
	return groups
}

// entryKey is what members have in common that differ only in seed.
type entryKey struct{ dataset, model, configuration, condition string }

// rowsets holds the row ids read so far: all runs on a split share them.
type rowsets map[string]*stats.Rows

// entry loads the runs behind the members of one entry and checks their
// digests, with or without their outcomes. Runs that the database lacks are
// counted in missing and left out; metrics and the tables of Outcomes are by seed.
func (s *Store) entry(ctx context.Context, group []Member, ids rowsets, outcomes bool, missing *int) (*stats.Entry, []map[metricKey]Metric, error) {
	first := group[0]
	e := &stats.Entry{
		Dataset: first.Dataset, Model: first.Model, Method: first.Method, Block: first.Block,
		Configuration: first.Configuration, Condition: first.Condition, Selected: first.Selected,
		Outcomes: map[string][]*stats.Rows{}, Labels: map[string][]string{}, Curves: map[string][]stats.Curve{},
	}
	metrics := make([]map[metricKey]Metric, len(group))
	var seconds, rates []float64
	for k, m := range group {
		e.Runs = append(e.Runs, stats.SeedRun{Seed: m.Seed, Status: m.Status, Detail: m.Detail, Action: m.Action})
		metrics[k] = map[metricKey]Metric{}
		if m.Action == "" {
			continue
		}
		run, err := s.load(ctx, m.Action, m.Seed)
		if errors.Is(err, ErrNotFound) {
			*missing++
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if err := s.checkSeal(ctx, run); err != nil {
			return nil, nil, err
		}
		for _, metric := range run.Metrics {
			metrics[k][metricKey{metric.Split, metric.Slice, metric.Name}] = metric
		}
		if outcomes {
			if err := s.addOutcomes(ctx, e, run, ids, k, len(group)); err != nil {
				return nil, nil, err
			}
		}
		addCurves(e, run)
		e.Drawless = e.Drawless || run.Drawless
		e.Cost.TrainableParams, e.Cost.HeadParams, e.Cost.TotalParams = run.TrainableParams, run.HeadParams, run.TotalParams
		e.Cost.StoredBytes = max(e.Cost.StoredBytes, run.StoredBytes)
		e.Cost.PeakBytes = max(e.Cost.PeakBytes, run.PeakBytes)
		e.Cost.Steps = max(e.Cost.Steps, run.Steps)
		seconds, rates = append(seconds, run.TrainSeconds), append(rates, run.TokensPerSecond)
	}
	e.Cost.TrainSeconds, e.Cost.TokensPerSecond = average(seconds), average(rates)
	return e, metrics, nil
}

func average(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += v
	}
	return total / math.Max(float64(len(x)), 1)
}

func (s *Store) checkSeal(ctx context.Context, run *stored) error {
	var want string
	if err := s.db.QueryRowContext(ctx, selectSeal, run.Action, run.Seed).Scan(&want); err != nil {
		return err
	}
	if _, seal := run.digest(); seal != want {
		return fmt.Errorf("%w: run %s seed %d; `runexp results rebuild` restores it from the cache", ErrDamaged, run.Action, run.Seed)
	}
	return nil
}

func (s *Store) addOutcomes(ctx context.Context, e *stats.Entry, run *stored, ids rowsets, seed, seeds int) error {
	for _, o := range run.Outcomes {
		if ids[o.rowset] == nil {
			var blob []byte
			if err := s.db.QueryRowContext(ctx, `select rows from rowset where id = ?`, o.rowset).Scan(&blob); err != nil {
				return fmt.Errorf("row ids of %s: %w", o.split, err)
			}
			rows, err := decodeRowset(blob)
			if err != nil {
				return err
			}
			ids[o.rowset] = rows
		}
		decoded, err := decodeOutcomes(o.split, ids[o.rowset], o.data)
		if err != nil {
			return err
		}
		if e.Outcomes[o.split] == nil {
			e.Outcomes[o.split] = make([]*stats.Rows, seeds)
		}
		e.Outcomes[o.split][seed] = decoded.Rows
		e.Labels[o.split] = decoded.Labels
	}
	return nil
}

func addCurves(e *stats.Entry, run *stored) {
	for _, p := range run.Curve {
		curves := e.Curves[p.Name]
		if len(curves) == 0 || curves[len(curves)-1].Seed != run.Seed {
			curves = append(curves, stats.Curve{Seed: run.Seed})
		}
		last := &curves[len(curves)-1]
		last.Steps, last.Values = append(last.Steps, p.Step), append(last.Values, p.Value)
		e.Curves[p.Name] = curves
	}
}
