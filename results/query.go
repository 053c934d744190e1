package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const selectRun = `
select id, output, status, detail, drawless, trainable_params, head_params, total_params, stored_bytes, steps,
	train_seconds, tokens_per_second, peak_bytes
from run where action = ? and seed = ?`

// Run returns a run, or ErrNotFound.
func (s *Store) Run(ctx context.Context, action string, seed int64) (Run, error) {
	r, _, err := s.run(ctx, action, seed)
	return r, err
}

func (s *Store) run(ctx context.Context, action string, seed int64) (r Run, id int64, err error) {
	r.Action, r.Seed = action, seed
	err = s.db.QueryRowContext(ctx, selectRun, action, seed).Scan(&id, &r.Output, &r.Status, &r.Detail, &r.Drawless,
		&r.TrainableParams, &r.HeadParams, &r.TotalParams, &r.StoredBytes, &r.Steps, &r.TrainSeconds, &r.TokensPerSecond, &r.PeakBytes)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		err = fmt.Errorf("run %s seed %d: %w", action, seed, s.explain(err))
	}
	return r, id, err
}

type runKey struct {
	action string
	seed   int64
	seal   string
}

func (s *Store) runKeys(ctx context.Context) ([]runKey, error) {
	rows, err := s.db.QueryContext(ctx, `select action, seed, seal from run order by action, seed`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []runKey
	for rows.Next() {
		var k runKey
		if err := rows.Scan(&k.action, &k.seed, &k.seal); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

const (
	selectRunMetrics  = `select split, slice, name, value, state, n, flag from metric where run = ? order by split, slice, name`
	selectRunOutcomes = `select split, rowset, n, data from outcome where run = ? order by split`
	selectRunCurve    = `select name, step, value, state from curve where run = ? order by name, step`
)

// load reads a run with everything that belongs to it.
func (s *Store) load(ctx context.Context, action string, seed int64) (*stored, error) {
	r, id, err := s.run(ctx, action, seed)
	if err != nil {
		return nil, err
	}
	out := &stored{Run: r}
	if out.Metrics, err = s.runMetrics(ctx, id); err != nil {
		return nil, err
	}
	if out.Curve, err = s.runCurve(ctx, id); err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, selectRunOutcomes, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o storedOutcomes
		if err := rows.Scan(&o.split, &o.rowset, &o.n, &o.data); err != nil {
			return nil, err
		}
		out.Outcomes = append(out.Outcomes, o)
	}
	return out, rows.Err()
}

func (s *Store) runMetrics(ctx context.Context, id int64) ([]Metric, error) {
	rows, err := s.db.QueryContext(ctx, selectRunMetrics, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Metric
	for rows.Next() {
		var m Metric
		var value sql.NullFloat64
		var state string
		if err := rows.Scan(&m.Split, &m.Slice, &m.Name, &value, &state, &m.N, &m.Flag); err != nil {
			return nil, err
		}
		if m.Value, err = unfinite(value, state); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

func (s *Store) runCurve(ctx context.Context, id int64) ([]Point, error) {
	rows, err := s.db.QueryContext(ctx, selectRunCurve, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Point
	for rows.Next() {
		var p Point
		var value sql.NullFloat64
		var state string
		if err := rows.Scan(&p.Name, &p.Step, &value, &state); err != nil {
			return nil, err
		}
		if p.Value, err = unfinite(value, state); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// Curve returns the training curve of a run, by name and step.
func (s *Store) Curve(ctx context.Context, action string, seed int64) ([]Point, error) {
	_, id, err := s.run(ctx, action, seed)
	if err != nil {
		return nil, err
	}
	return s.runCurve(ctx, id)
}

const selectOutcomes = `
select r.rows, o.data from outcome o join rowset r on r.id = o.rowset join run on run.id = o.run
where run.action = ? and run.seed = ? and o.split = ?`

// Outcomes returns what happened to each row of a split, or ErrNotFound.
func (s *Store) Outcomes(ctx context.Context, action string, seed int64, split string) (*Outcomes, error) {
	var rowset, data []byte
	err := s.db.QueryRowContext(ctx, selectOutcomes, action, seed, split).Scan(&rowset, &data)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("outcomes of run %s seed %d on %s: %w", action, seed, split, s.explain(err))
	}
	rows, err := decodeRowset(rowset)
	if err != nil {
		return nil, fmt.Errorf("outcomes of run %s seed %d on %s: %w", action, seed, split, err)
	}
	return decodeOutcomes(split, rows, data)
}

// Filter narrows a question; its zero value asks for everything.
type Filter struct {
	Invocation    string // id; "" the experiment's last one
	Experiment    string // "" with an Invocation
	Dataset       string
	Model         string
	Method        string
	Configuration string
	Split         string
	Slice         string
	Name          string // of the metric
	Selected      bool   // only selected configurations
}

// MetricRow is a metric under the names of an invocation.
type MetricRow struct {
	Member
	Metric
}

const selectMetrics = `
select m.position, m.dataset, m.model, m.method, m.block, m.configuration, m.condition, m.seed, m.status, m.detail, m.selected, m.action,
	k.split, k.slice, k.name, k.value, k.state, k.n, k.flag
from member m
join invocation i on i.seq = m.invocation
join run r on r.action = m.action and r.seed = m.seed
join metric k on k.run = r.id
where i.id = ?1
	and (?2 = '' or m.dataset = ?2) and (?3 = '' or m.model = ?3) and (?4 = '' or m.method = ?4)
	and (?5 = '' or m.configuration = ?5) and (?6 = '' or k.split = ?6) and (?7 = '' or k.slice = ?7)
	and (?8 = '' or k.name = ?8) and (not ?9 or m.selected)
order by m.position, k.split, k.slice, k.name`

// Metrics returns the metrics of an invocation that a filter lets through, in
// the order of the file, then by split, slice and name.
func (s *Store) Metrics(ctx context.Context, f Filter) ([]MetricRow, error) {
	if f.Invocation == "" {
		inv, err := s.Last(ctx, f.Experiment)
		if err != nil {
			return nil, err
		}
		f.Invocation = inv.ID
	}
	rows, err := s.db.QueryContext(ctx, selectMetrics, f.Invocation, f.Dataset, f.Model, f.Method, f.Configuration, f.Split, f.Slice, f.Name, f.Selected)
	if err != nil {
		return nil, fmt.Errorf("list metrics: %w", s.explain(err))
	}
	defer rows.Close()
	var all []MetricRow
	for rows.Next() {
		var m MetricRow
		var value sql.NullFloat64
		var state string
		if err := rows.Scan(&m.Position, &m.Dataset, &m.Model, &m.Method, &m.Block, &m.Configuration, &m.Condition, &m.Seed,
			&m.Status, &m.Detail, &m.Selected, &m.Action,
			&m.Split, &m.Slice, &m.Name, &value, &state, &m.N, &m.Flag); err != nil {
			return nil, fmt.Errorf("list metrics: %w", err)
		}
		if m.Value, err = unfinite(value, state); err != nil {
			return nil, fmt.Errorf("list metrics: %w", err)
		}
		all = append(all, m)
	}
	return all, s.explain(rows.Err())
}
