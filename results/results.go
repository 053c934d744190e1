// Package results keeps what evaluations produced in a SQLite database, and
// answers the questions that reports, comparisons and exports ask of it.
//
// What goes in are runs (an evaluation's action id and seed, with its metrics,
// per-row outcomes and training curve), invocations, and the membership between
// them: under which names an invocation used which runs. What comes out is the
// view `comparison`, a Study for the report, or a flat export.
//
// The one idea inside: the database is an index of the cache. Everything in it
// can be recorded again from there, recording twice changes nothing, and a file
// that does not match its own digests is put aside (Store.Damage) so that the
// caller rebuilds it. Nothing here is the only copy of anything.
//
// Opening rules, each with its reason:
//
//   - SQLite is at least 3.51.3: older ones may skip committed pages when a
//     checkpoint races with a writer.
//   - The file lies on a local disk: WAL needs memory shared by all processes.
//   - It is created and migrated under a file lock, in a temporary file that is
//     renamed when complete, and WAL is set once, then: switching the journal
//     mode ignores the busy timeout.
//   - Transactions begin immediate: a deferred one that reads before it writes
//     fails at once under contention, whatever the timeout.
//   - Tables are strict, and a value that is not finite is null beside a state
//     that says so: the driver would silently store NaN as null.
//   - synchronous=FULL: an acknowledged row survives a power cut.
package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// Errors that callers test for with errors.Is.
var (
	ErrBusy     = errors.New("database is busy")
	ErrNewer    = errors.New("database was written by a newer runexp")
	ErrForeign  = errors.New("file is a database of another program")
	ErrNetwork  = errors.New("database would lie on a network file system")
	ErrSQLite   = errors.New("SQLite is too old")
	ErrNotFound = errors.New("not found")
	ErrDamaged  = errors.New("stored rows do not match their digest")
)

// Store is an open database. It is safe for use by several goroutines.
type Store struct {
	path     string
	readOnly bool
	db       *sql.DB
	lock     *fileLock
	writing  sync.Mutex // one writing transaction at a time in this process
	damage   *Damage
	quiet    fs.FileInfo // what OpenQuiet saw; nil otherwise
}

// Damage tells what Open found and where it put it.
type Damage struct {
	Path  string // the damaged file's new name
	Cause error
}

// Path is the database file.
func (s *Store) Path() string { return s.path }

// Damage is not nil when Open found a damaged file, put it aside and started an
// empty one: the caller then records everything again from the cache.
func (s *Store) Damage() *Damage { return s.damage }

// Close closes the database. The last process to close it folds the write-ahead
// log into the file, which can then be copied on its own.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close database %s: %w", s.path, err)
	}
	return nil
}

// Backup writes a consistent copy to a new file; it may run beside writers.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := s.db.ExecContext(ctx, `vacuum into ?`, path); err != nil {
		return fmt.Errorf("back up database %s to %s: %w", s.path, path, err)
	}
	return nil
}

// write runs do in one immediate transaction, under the lock file that tells
// other processes who is writing. It commits when do returns nil.
func (s *Store) write(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	if s.readOnly {
		return fmt.Errorf("%s: database %s is open for reading only", what, s.path)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	release, err := s.lock.acquire(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer release()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, s.explain(err))
	}
	defer tx.Rollback() // does nothing after Commit
	if err := do(tx); err != nil {
		return fmt.Errorf("%s: %w", what, s.explain(err))
	}
	// A commit that reports an error may still have happened; that is why
	// every write is an upsert and may simply be repeated.
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", what, s.explain(err))
	}
	return nil
}
