package results

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed schema.sql
var schema string

// migrations[k] brings a database from version k to k+1, in one transaction
// that also raises user_version.
var migrations = []string{schema}

// create makes a complete, empty database beside the path and renames it, so
// that a file under that name is never half made.
func (s *Store) create(ctx context.Context) error {
	fail := func(err error) error { return fmt.Errorf("create database %s: %w", s.path, err) }
	made := &Store{path: s.path + ".new", lock: s.lock}
	leftovers := []string{made.path} // of a process killed here, or of a database that is gone
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		leftovers = append(leftovers, made.path+suffix, s.path+suffix)
	}
	for _, name := range leftovers {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fail(err)
		}
	}
	if err := made.connect(writeOptions); err != nil {
		return err
	}
	made.db.SetMaxOpenConns(1)
	err := made.migrate(ctx, 0)
	if err == nil {
		_, err = made.db.ExecContext(ctx, `pragma journal_mode = wal`)
		err = made.explain(err)
	}
	if closeErr := made.db.Close(); err == nil {
		err = made.explain(closeErr)
	}
	if err == nil {
		err = syncFile(made.path)
	}
	if err == nil {
		err = os.Rename(made.path, s.path)
	}
	if err == nil {
		err = syncFile(filepath.Dir(s.path))
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// migrate applies the migrations from version on, each in a transaction that
// also raises the version: after a crash the file is at one version or the next.
func (s *Store) migrate(ctx context.Context, version int) error {
	for v := version; v < len(migrations); v++ {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return s.explain(err)
		}
		// Pragmas take no parameters; both numbers are our own constants.
		script := migrations[v] + fmt.Sprintf("\npragma application_id = %d;\npragma user_version = %d;", applicationID, v+1)
		if _, err := tx.ExecContext(ctx, script); err != nil {
			tx.Rollback()
			return fmt.Errorf("migrate to version %d: %w", v+1, s.explain(err))
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("migrate to version %d: %w", v+1, s.explain(err))
		}
	}
	return nil
}
