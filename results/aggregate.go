package results

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"runexp/internal/stats"
)

// Comparison is a row of the view `comparison`.
type Comparison struct {
	Position                                             int // order of the experiment file
	Dataset, Model, Method, Configuration, Condition     string
	Split, Slice, Metric                                 string
	stats.Estimate                                       // SE and DF are not stored and come back as NaN
	TrainableParams, TotalParams, StoredBytes, PeakBytes int64
	TrainSeconds                                         float64
	Selected                                             bool
}

// Aggregate computes mean, standard deviation and 95 % interval of every metric
// of an invocation over its seeds and rows, in seed order, and stores them. It
// replaces what an earlier call stored.
func (s *Store) Aggregate(ctx context.Context, invocation string) error {
	all, err := s.Members(ctx, invocation)
	if err != nil {
		return err
	}
	var rows []Comparison
	ids, missing := rowsets{}, 0
	for _, group := range groupMembers(all) {
		entry, metrics, err := s.entry(ctx, group, ids, true, &missing)
		if err != nil {
			return fmt.Errorf("aggregate invocation %s: %w", invocation, err)
		}
		rows = append(rows, aggregateEntry(group[0].Position, entry, metrics)...)
	}
	return s.write(ctx, "aggregate invocation "+invocation, func(tx *sql.Tx) error {
		seq, err := sequence(ctx, tx, invocation)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from aggregate where invocation = ?`, seq); err != nil {
			return err
		}
		if err := insertMany(ctx, tx, aggregateColumns, 23, len(rows), func(k int, args []any) []any {
			return rows[k].values(seq, args)
		}); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update invocation set aggregated = 1 where seq = ?`, seq); err != nil {
			return err
		}
		return sealInvocation(ctx, tx, invocation)
	})
}

const aggregateColumns = `aggregate (invocation, position, dataset, model, method, configuration, condition, split, slice, metric,
	n_seeds, n_rows, mean, sd, ci_low, ci_high, warnings, trainable_params, total_params, stored_bytes, train_seconds, peak_bytes, selected)`

func (c *Comparison) values(seq int64, args []any) []any {
	return append(args, seq, c.Position, c.Dataset, c.Model, c.Method, c.Configuration, c.Condition, c.Split, c.Slice, c.Metric,
		c.Seeds, c.Rows, number(c.Mean), number(c.SD), number(c.Low), number(c.High), strings.Join(c.Warnings, "\n"),
		c.TrainableParams, c.TotalParams, c.StoredBytes, c.TrainSeconds, c.PeakBytes, c.Selected)
}

// number is v, or null where there is no finite one: the warnings say why.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// metricKey names a metric within a run.
type metricKey struct{ split, slice, name string }

// aggregateEntry estimates every metric that some seed of an entry has.
func aggregateEntry(position int, e *stats.Entry, metrics []map[metricKey]Metric) []Comparison {
	var keys []metricKey
	for _, m := range metrics {
		for k := range m {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.SortFunc(keys, func(a, b metricKey) int {
		return compareMetrics(Metric{Split: a.split, Slice: a.slice, Name: a.name}, Metric{Split: b.split, Slice: b.slice, Name: b.name})
	})
	out := make([]Comparison, 0, len(keys))
	for _, k := range keys {
		c := Comparison{
			Position: position, Dataset: e.Dataset, Model: e.Model, Method: e.Method, Configuration: e.Configuration, Condition: e.Condition,
			Split: k.split, Slice: k.slice, Metric: k.name, Selected: e.Selected,
			TrainableParams: e.Cost.TrainableParams, TotalParams: e.Cost.TotalParams, StoredBytes: e.Cost.StoredBytes,
			PeakBytes: e.Cost.PeakBytes, TrainSeconds: e.Cost.TrainSeconds,
		}
		values := make([]float64, len(metrics))
		n, flags := int64(0), []string(nil)
		for s, m := range metrics {
			values[s] = math.NaN()
			if found, ok := m[k]; ok {
				values[s] = found.Value
				n = max(n, found.N)
				if found.Flag != "" && !slices.Contains(flags, found.Flag) {
					flags = append(flags, found.Flag)
				}
			}
		}
		c.Estimate = stats.Summarize(k.name, values, rowMatrix(e, k, values), e.Drawless)
		if c.Rows == 0 {
			c.Rows = int(n)
		}
		c.Warnings = append(flags, c.Warnings...)
		out = append(out, c)
	}
	return out
}

// rowMatrix returns the row values of a metric by seed; nil when a seed with a
// finite value has none.
func rowMatrix(e *stats.Entry, k metricKey, values []float64) [][]float64 {
	tables := e.Outcomes[k.split]
	if tables == nil {
		return nil
	}
	matrix := make([][]float64, len(values))
	var first *stats.Rows
	for s, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		if tables[s] == nil {
			return nil
		}
		rows := tables[s].Slice(k.slice)
		if first == nil {
			first = rows
		}
		if !slices.Equal(rows.IDs, first.IDs) {
			return nil // seeds judged different rows: they are not crossed
		}
		found, ok := stats.RowValues(k.name, rows, v)
		if !ok {
			return nil
		}
		matrix[s] = found
	}
	if first == nil {
		return nil
	}
	return matrix
}

const countAggregates = `select count(*) from aggregate a join invocation i on i.seq = a.invocation where i.id = ?`

const selectAggregates = `
select a.position, a.dataset, a.model, a.method, a.configuration, a.condition, a.split, a.slice, a.metric, a.n_seeds, a.n_rows,
	a.mean, a.sd, a.ci_low, a.ci_high, a.warnings, a.trainable_params, a.total_params, a.stored_bytes, a.train_seconds, a.peak_bytes, a.selected
from aggregate a join invocation i on i.seq = a.invocation where i.id = ?
order by a.position, a.split, a.slice, a.metric`

// aggregates reads what Aggregate stored. A row is large and there may be hundreds
// of thousands: they are counted first, for growing a slice would copy them many
// times, and of equal texts one is kept.
func aggregates(ctx context.Context, q querier, invocation string) ([]Comparison, error) {
	all, err := readAggregates(ctx, q, invocation)
	if err != nil {
		return nil, fmt.Errorf("list aggregates of invocation %s: %w", invocation, err)
	}
	return all, nil
}

func readAggregates(ctx context.Context, q querier, invocation string) ([]Comparison, error) {
	var n int
	if err := q.QueryRowContext(ctx, countAggregates, invocation).Scan(&n); err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, selectAggregates, invocation)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := slices.Grow([]Comparison(nil), n)
	texts := make(map[string]string)
	var numbers [4]sql.NullFloat64
	var warnings string
	for rows.Next() {
		all = append(all, Comparison{})
		c := &all[len(all)-1]
		if err := rows.Scan(&c.Position, &c.Dataset, &c.Model, &c.Method, &c.Configuration, &c.Condition, &c.Split, &c.Slice, &c.Metric,
			&c.Seeds, &c.Rows, &numbers[0], &numbers[1], &numbers[2], &numbers[3], &warnings,
			&c.TrainableParams, &c.TotalParams, &c.StoredBytes, &c.TrainSeconds, &c.PeakBytes, &c.Selected); err != nil {
			return nil, err
		}
		for _, text := range []*string{&c.Dataset, &c.Model, &c.Method, &c.Configuration, &c.Condition, &c.Split, &c.Slice, &c.Metric} {
			kept, ok := texts[*text]
			if !ok {
				kept = *text
				texts[kept] = kept
			}
			*text = kept
		}
		for k, to := range []*float64{&c.Mean, &c.SD, &c.Low, &c.High} {
			*to = math.NaN()
			if numbers[k].Valid {
				*to = numbers[k].Float64
			}
		}
		c.SE, c.DF = math.NaN(), math.NaN()
		if warnings != "" {
			c.Warnings = strings.Split(warnings, "\n")
		}
	}
	return all, rows.Err()
}

// Comparison returns the rows of the view for one invocation, in the order of
// the file; it is empty before Aggregate.
func (s *Store) Comparison(ctx context.Context, invocation string) ([]Comparison, error) {
	rows, err := aggregates(ctx, s.db, invocation)
	return rows, s.explain(err)
}

// HistoryPoint is a configuration's metric in one invocation.
type HistoryPoint struct {
	Invocation Invocation
	Comparison
}

// History returns a metric over the aggregated invocations of an experiment,
// oldest first, on all rows of every split, for selected configurations.
func (s *Store) History(ctx context.Context, experiment, metric string) ([]HistoryPoint, error) {
	all, err := s.Invocations(ctx, experiment)
	if err != nil {
		return nil, err
	}
	var out []HistoryPoint
	for _, inv := range all {
		if !inv.Aggregated {
			continue
		}
		rows, err := s.Comparison(ctx, inv.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range rows {
			if c.Metric == metric && c.Slice == "all" && c.Selected {
				out = append(out, HistoryPoint{inv, c})
			}
		}
	}
	return out, nil
}
