package results

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// quietOptions let SQLite read a file that nobody writes: it takes no locks and
// makes neither log nor shared memory beside it.
const quietOptions = "mode=ro&immutable=1&_query_only=1&_foreign_keys=1"

// settled is how old the last change of a file must be before its time can tell
// it from the next one: file systems count time in steps of a few milliseconds.
const settled = 100 * time.Millisecond

// OpenQuiet opens an existing database for one short look, without making or
// touching any file: a reader of a write-ahead log otherwise leaves -wal and -shm
// behind, and cannot read in a folder that it must not write to. Where a process
// is writing, the log is there already, and it is OpenReadOnly.
//
// What was read counts only if Undisturbed says so afterwards.
func OpenQuiet(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	seen, quiet := look(path)
	if !quiet {
		return OpenReadOnly(path)
	}
	o := opener{sqlite: sqliteVersion(), statfs: fileSystemType}
	if err := o.check(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, readOnly: true, quiet: seen}
	if err := s.connect(quietOptions); err != nil {
		return nil, err
	}
	if err := s.current(context.Background()); err != nil {
		return nil, err
	}
	return s, nil
}

// Undisturbed reports whether nobody wrote since OpenQuiet looked. It is true
// for every other store: SQLite's locks keep those consistent.
func (s *Store) Undisturbed() bool {
	if s.quiet == nil {
		return true
	}
	now, quiet := look(s.path)
	return quiet && os.SameFile(s.quiet, now) && s.quiet.Size() == now.Size() && s.quiet.ModTime().Equal(now.ModTime())
}

// look describes the database file; quiet means that all that was committed lies
// in it, and that a change from now on will show.
func look(path string) (info fs.FileInfo, quiet bool) {
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) < settled {
		return info, false
	}
	log, err := os.Stat(path + "-wal")
	return info, err != nil || log.Size() == 0
}
