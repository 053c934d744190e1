package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

const putRun = `
insert into run (action, seed, output, status, detail, drawless, trainable_params, head_params, total_params,
	stored_bytes, steps, train_seconds, tokens_per_second, peak_bytes, digest, seal)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (action, seed) do update set output = excluded.output, status = excluded.status, detail = excluded.detail,
	drawless = excluded.drawless, trainable_params = excluded.trainable_params, head_params = excluded.head_params,
	total_params = excluded.total_params, stored_bytes = excluded.stored_bytes, steps = excluded.steps,
	train_seconds = excluded.train_seconds, tokens_per_second = excluded.tokens_per_second,
	peak_bytes = excluded.peak_bytes, digest = excluded.digest, seal = excluded.seal
returning id`

const putRowset = `insert into rowset (id, n, rows) values (?, ?, ?) on conflict (id) do nothing`

const putOutcome = `insert into outcome (run, split, rowset, n, data) values (?, ?, ?, ?, ?)`

const selectSeal = `select seal from run where action = ? and seed = ?`

// Record stores a run with its metrics, outcomes and training curve, in one
// transaction. Recording the same run again is harmless; recording another
// result under the same action and seed replaces it.
func (s *Store) Record(ctx context.Context, r Run, metrics []Metric, outcomes []Outcomes, curve []Point) error {
	what := fmt.Sprintf("record run %s seed %d", r.Action, r.Seed)
	if r.Action == "" {
		return errors.New(what + ": no action id")
	}
	row := stored{Run: r, Metrics: append([]Metric(nil), metrics...), Curve: append([]Point(nil), curve...)}
	rowsets := map[string][]byte{}
	for k := range outcomes {
		o := &outcomes[k]
		if err := checkOutcomes(o); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		id, blob := encodeRowset(o.Rows)
		rowsets[id] = blob
		row.Outcomes = append(row.Outcomes, storedOutcomes{split: o.Split, rowset: id, n: o.Len(), data: encodeOutcomes(o)})
	}
	digest, seal := row.digest()
	var have string
	err := s.db.QueryRowContext(ctx, selectSeal, r.Action, r.Seed).Scan(&have)
	if err == nil && have == seal {
		return nil // recorded before; Open has checked that it is still intact
	}
	return s.write(ctx, what, func(tx *sql.Tx) error { return row.insert(ctx, tx, digest, seal, rowsets) })
}

func (r *stored) insert(ctx context.Context, tx *sql.Tx, digest, seal string, rowsets map[string][]byte) error {
	var id int64
	if err := tx.QueryRowContext(ctx, putRun, r.Action, r.Seed, r.Output, r.Status, r.Detail, r.Drawless,
		r.TrainableParams, r.HeadParams, r.TotalParams, r.StoredBytes, r.Steps,
		r.TrainSeconds, r.TokensPerSecond, r.PeakBytes, digest, seal).Scan(&id); err != nil {
		return err
	}
	for _, clear := range []string{`delete from metric where run = ?`, `delete from outcome where run = ?`, `delete from curve where run = ?`} {
		if _, err := tx.ExecContext(ctx, clear, id); err != nil {
			return err
		}
	}
	if err := insertMany(ctx, tx, "metric (run, split, slice, name, value, state, n, flag)", 8, len(r.Metrics), func(k int, args []any) []any {
		m := &r.Metrics[k]
		value, state := finite(m.Value)
		return append(args, id, m.Split, m.Slice, m.Name, value, state, m.N, m.Flag)
	}); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if err := insertMany(ctx, tx, "curve (run, name, step, value, state)", 5, len(r.Curve), func(k int, args []any) []any {
		p := &r.Curve[k]
		value, state := finite(p.Value)
		return append(args, id, p.Name, p.Step, value, state)
	}); err != nil {
		return fmt.Errorf("curve: %w", err)
	}
	for _, o := range r.Outcomes {
		if _, err := tx.ExecContext(ctx, putRowset, o.rowset, o.n, rowsets[o.rowset]); err != nil {
			return fmt.Errorf("row ids of %s: %w", o.split, err)
		}
		if _, err := tx.ExecContext(ctx, putOutcome, id, o.split, o.rowset, o.n, o.data); err != nil {
			return fmt.Errorf("outcomes of %s: %w", o.split, err)
		}
	}
	return nil
}

// insertChunk rows share one statement: a call into SQLite costs more than a
// row, and more than this gains nothing.
const insertChunk = 64

// insertMany inserts n rows of width values; row appends the k-th row's values.
// The table and its columns are constants of this package.
func insertMany(ctx context.Context, tx *sql.Tx, table string, width, n int, row func(k int, args []any) []any) error {
	for from := 0; from < n; {
		size := insertChunk
		if n-from < size {
			size = 1
		}
		one := "(" + strings.Repeat("?, ", width-1) + "?)"
		put, err := tx.PrepareContext(ctx, "insert into "+table+" values "+strings.Repeat(one+", ", size-1)+one)
		if err != nil {
			return err
		}
		args := make([]any, 0, size*width)
		for ; from+size <= n; from += size {
			args = args[:0]
			for k := from; k < from+size; k++ {
				args = row(k, args)
			}
			if _, err := put.ExecContext(ctx, args...); err != nil {
				put.Close()
				return err
			}
		}
		put.Close()
	}
	return nil
}
