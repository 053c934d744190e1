package results

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// Every invocation carries a seal: a sha256 over its row, its members and its
// aggregates, renewed by each transaction that writes one of them. Together
// with the digests of runs no stored value can change unseen.

const selectInvocationRow = `
select seq, experiment, started, finished, status, build, host, document, aggregated from invocation where id = ?`

func invocationSeal(ctx context.Context, q querier, id string) (string, error) {
	c := newCanon()
	var seq int64
	var aggregated bool
	var text [7]string
	if err := q.QueryRowContext(ctx, selectInvocationRow, id).Scan(&seq, &text[0], &text[1], &text[2], &text[3], &text[4], &text[5], &text[6], &aggregated); err != nil {
		return "", err
	}
	c.text(id)
	c.number(seq)
	c.text(text[:]...)
	c.flag(aggregated)
	all, err := members(ctx, q, id)
	if err != nil {
		return "", err
	}
	c.number(int64(len(all)))
	for _, m := range all {
		c.number(int64(m.Position), m.Seed)
		c.text(m.Dataset, m.Model, m.Method, m.Block, m.Configuration, m.Condition, m.Status, m.Detail, m.Action)
		c.flag(m.Selected)
	}
	rows, err := aggregates(ctx, q, id)
	if err != nil {
		return "", err
	}
	c.number(int64(len(rows)))
	for _, a := range rows {
		c.number(int64(a.Position), int64(a.Seeds), int64(a.Rows), a.TrainableParams, a.TotalParams, a.StoredBytes, a.PeakBytes)
		c.text(a.Dataset, a.Model, a.Method, a.Configuration, a.Condition, a.Split, a.Slice, a.Metric)
		c.text(a.Warnings...)
		c.real(a.Mean, a.SD, a.Low, a.High, a.TrainSeconds)
		c.flag(a.Selected)
	}
	return c.hex(), nil
}

func sealInvocation(ctx context.Context, tx *sql.Tx, id string) error {
	seal, err := invocationSeal(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update invocation set seal = ? where id = ?`, seal, id)
	return err
}

func (s *Store) verifyInvocations(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `select id, seal from invocation order by seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	seals := map[string]string{}
	var ids []string
	for rows.Next() {
		var id, seal string
		if err := rows.Scan(&id, &seal); err != nil {
			return err
		}
		ids, seals[id] = append(ids, id), seal
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, id := range ids {
		got, err := invocationSeal(ctx, s.db, id)
		if err != nil {
			return err
		}
		if got != seals[id] {
			return fmt.Errorf("%w: invocation %s", ErrDamaged, id)
		}
	}
	return nil
}

func (s *Store) verifyRowsets(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `select id, rows from rowset`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var blob sql.RawBytes
		if err := rows.Scan(&id, &blob); err != nil {
			return err
		}
		if blobID(blob) != id {
			return fmt.Errorf("%w: row ids %s", ErrDamaged, id)
		}
	}
	return rows.Err()
}

// finite splits a value into what SQLite stores: a number or null, and the
// state that says which.
func finite(v float64) (value any, state string) {
	switch {
	case math.IsNaN(v):
		return nil, "nan"
	case math.IsInf(v, 1):
		return nil, "inf"
	case math.IsInf(v, -1):
		return nil, "-inf"
	}
	return v, "finite"
}

// unfinite is the inverse of finite.
func unfinite(value sql.NullFloat64, state string) (float64, error) {
	switch {
	case state == "finite" && value.Valid:
		return value.Float64, nil
	case value.Valid:
		return 0, fmt.Errorf("%w: value %v has state %q", ErrDamaged, value.Float64, state)
	case state == "nan":
		return math.NaN(), nil
	case state == "inf":
		return math.Inf(1), nil
	case state == "-inf":
		return math.Inf(-1), nil
	}
	return 0, fmt.Errorf("%w: no value, but state %q", ErrDamaged, state)
}
