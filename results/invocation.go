package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const putInvocation = `
insert into invocation (id, experiment, started, finished, status, build, host, document, aggregated, seal)
values (?, ?, ?, ?, ?, ?, ?, ?, 0, '')
on conflict (id) do update set experiment = excluded.experiment, started = excluded.started,
	finished = excluded.finished, status = excluded.status, build = excluded.build,
	host = excluded.host, document = excluded.document`

const selectInvocations = `
select id, experiment, started, finished, status, build, host, document, aggregated
from invocation where (?1 = '' or experiment = ?1) and (?2 = '' or id = ?2) order by seq`

// Begin records an invocation; with an ID that exists it replaces what was
// said before. Members and aggregates stay.
func (s *Store) Begin(ctx context.Context, inv Invocation) error {
	return s.write(ctx, "record invocation "+inv.ID, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, putInvocation, inv.ID, inv.Experiment, timeText(inv.Started), timeText(inv.Finished),
			inv.Status, inv.Build, jsonText(inv.Host), jsonText(inv.Document)); err != nil {
			return err
		}
		return sealInvocation(ctx, tx, inv.ID)
	})
}

// Finish is Begin said at the end: it stores status, time and document.
func (s *Store) Finish(ctx context.Context, inv Invocation) error { return s.Begin(ctx, inv) }

// timeText writes a time as RFC 3339 in UTC, the zero time as "".
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func jsonText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "{}"
	}
	return string(raw)
}

// Invocations lists those of an experiment, oldest first; "" lists all.
func (s *Store) Invocations(ctx context.Context, experiment string) ([]Invocation, error) {
	return s.invocations(ctx, experiment, "")
}

// Invocation returns the invocation with this id, or ErrNotFound.
func (s *Store) Invocation(ctx context.Context, id string) (Invocation, error) {
	if id == "" {
		return Invocation{}, fmt.Errorf("invocation without an id: %w", ErrNotFound)
	}
	found, err := s.invocations(ctx, "", id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("invocation %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Invocation{}, err
	}
	return found[0], nil
}

// Last returns the newest invocation of an experiment, or ErrNotFound.
func (s *Store) Last(ctx context.Context, experiment string) (Invocation, error) {
	all, err := s.Invocations(ctx, experiment)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("experiment %q in %s: %w; its name stands in the experiment block of its file", experiment, s.path, ErrNotFound)
	}
	if err != nil {
		return Invocation{}, err
	}
	return all[len(all)-1], nil
}

func (s *Store) invocations(ctx context.Context, experiment, id string) ([]Invocation, error) {
	rows, err := s.db.QueryContext(ctx, selectInvocations, experiment, id)
	if err != nil {
		return nil, fmt.Errorf("list invocations: %w", s.explain(err))
	}
	defer rows.Close()
	var all []Invocation
	for rows.Next() {
		var inv Invocation
		var started, finished, host, document string
		if err := rows.Scan(&inv.ID, &inv.Experiment, &started, &finished, &inv.Status, &inv.Build, &host, &document, &inv.Aggregated); err != nil {
			return nil, fmt.Errorf("list invocations: %w", err)
		}
		for _, t := range []struct {
			to   *time.Time
			text string
		}{{&inv.Started, started}, {&inv.Finished, finished}} {
			if t.text == "" {
				continue
			}
			if *t.to, err = time.Parse(time.RFC3339Nano, t.text); err != nil {
				return nil, fmt.Errorf("invocation %s: %w", inv.ID, err)
			}
		}
		inv.Host, inv.Document = json.RawMessage(host), json.RawMessage(document)
		all = append(all, inv)
	}
	return all, s.explain(rows.Err())
}

const putMember = `
insert into member (invocation, position, dataset, model, method, block, configuration, condition, seed, status, detail, selected, action)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const selectMembers = `
select m.position, m.dataset, m.model, m.method, m.block, m.configuration, m.condition, m.seed, m.status, m.detail, m.selected, m.action
from member m join invocation i on i.seq = m.invocation where i.id = ? order by m.position`

// SetMembers says which runs belong to an invocation, replacing what was said
// before. Runs may be recorded before or after.
func (s *Store) SetMembers(ctx context.Context, invocation string, members []Member) error {
	return s.write(ctx, "record members of invocation "+invocation, func(tx *sql.Tx) error {
		seq, err := sequence(ctx, tx, invocation)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from member where invocation = ?`, seq); err != nil {
			return err
		}
		put, err := tx.PrepareContext(ctx, putMember)
		if err != nil {
			return err
		}
		defer put.Close()
		for _, m := range members {
			if _, err := put.ExecContext(ctx, seq, m.Position, m.Dataset, m.Model, m.Method, m.Block, m.Configuration,
				m.Condition, m.Seed, m.Status, m.Detail, m.Selected, m.Action); err != nil {
				return fmt.Errorf("%s on %s/%s seed %d: %w", m.Configuration, m.Model, m.Dataset, m.Seed, err)
			}
		}
		return sealInvocation(ctx, tx, invocation)
	})
}

// Members lists the members of an invocation in the order of the file.
func (s *Store) Members(ctx context.Context, invocation string) ([]Member, error) {
	return members(ctx, s.db, invocation)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func members(ctx context.Context, q querier, invocation string) ([]Member, error) {
	rows, err := q.QueryContext(ctx, selectMembers, invocation)
	if err != nil {
		return nil, fmt.Errorf("list members of invocation %s: %w", invocation, err)
	}
	defer rows.Close()
	var all []Member
	for rows.Next() {
		var m Member
		if err := rows.Scan(&m.Position, &m.Dataset, &m.Model, &m.Method, &m.Block, &m.Configuration, &m.Condition,
			&m.Seed, &m.Status, &m.Detail, &m.Selected, &m.Action); err != nil {
			return nil, fmt.Errorf("list members of invocation %s: %w", invocation, err)
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

func sequence(ctx context.Context, q querier, invocation string) (seq int64, err error) {
	err = q.QueryRowContext(ctx, `select seq from invocation where id = ?`, invocation).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("invocation %s: %w", invocation, ErrNotFound)
	}
	return seq, err
}
