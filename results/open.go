package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
)

const (
	applicationID = 0x72786462       // "rxdb", in the file's header
	oldestSQLite  = 3_051_003        // 3.51.3: the WAL-reset race is fixed
	longestPath   = 511              // SQLite's MAX_PATHNAME, with the zero at its end
	busyTimeout   = 30 * time.Second // how long a writer waits for another
	writeOptions  = "_txlock=immediate&_synchronous=FULL&_busy_timeout=30000&_foreign_keys=1"
	readOptions   = "mode=ro&_query_only=1&_busy_timeout=30000&_foreign_keys=1"
)

// Open opens the database for reading and writing, and creates it and its
// folder where missing. A damaged file is renamed to path.corrupt-<time> and an
// empty one takes its place (see Store.Damage).
//
// Errors wrap ErrSQLite, ErrNetwork, ErrBusy, ErrNewer or ErrForeign.
func Open(path string) (*Store, error) {
	return opener{sqlite: sqliteVersion(), statfs: fileSystemType}.open(path)
}

// OpenReadOnly opens an existing database without writing anything: for the
// local page, compare, history and exports.
func OpenReadOnly(path string) (*Store, error) {
	return opener{sqlite: sqliteVersion(), statfs: fileSystemType}.openReadOnly(path)
}

// opener holds what Open asks of the machine, so that tests can answer instead.
type opener struct {
	sqlite int                                // version number of the library
	statfs func(folder string) (int64, error) // file system magic number, 0 unknown
}

func sqliteVersion() int {
	_, number, _ := sqlite3.Version()
	return number
}

func (o opener) open(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if err := o.check(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: &fileLock{path: path + ".lock"}}
	// Only one process looks at, creates, migrates or puts aside the file.
	release, err := s.lock.acquire(context.Background())
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	defer release()
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return s, nil
}

// check refuses libraries and places that cannot keep the promises above.
func (o opener) check(path string) error {
	if o.sqlite < oldestSQLite {
		return fmt.Errorf("open database %s: %w: %s is linked, %s is needed (build without the libsqlite3 tag)",
			path, ErrSQLite, versionText(o.sqlite), versionText(oldestSQLite))
	}
	if n := len(path) + len(".new-journal"); n > longestPath {
		return fmt.Errorf("open database %s: its path is %d bytes longer than SQLite takes; give a shorter one with -results", path, n-longestPath)
	}
	folder := filepath.Dir(path)
	kind, err := o.statfs(folder)
	if err != nil {
		return fmt.Errorf("open database %s: file system of %s: %w", path, folder, err)
	}
	if name, bad := networkFileSystems[uint32(kind)]; bad {
		return fmt.Errorf("open database %s: %w (%s): put it on a local disk with -results; it can be rebuilt from the cache with `runexp results rebuild`",
			path, ErrNetwork, name)
	}
	return nil
}

func versionText(number int) string {
	return fmt.Sprintf("%d.%d.%d", number/1_000_000, number/1000%1000, number%1000)
}

// prepare leaves s with an open, current, checked database.
func (s *Store) prepare() error {
	ctx := context.Background()
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.create(ctx); err != nil {
			return err
		}
		return s.connect(writeOptions)
	case err != nil:
		return fmt.Errorf("open database %s: %w", s.path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("open database %s: not a regular file", s.path)
	}
	if err := s.connect(writeOptions); err != nil {
		return err
	}
	err = s.inspect(ctx)
	var system *systemError
	lacks := errors.As(err, &system) && system.number != syscall.EIO // the machine's fault, not the file's
	if err == nil || lacks || errors.Is(err, ErrNewer) || errors.Is(err, ErrForeign) || errors.Is(err, ErrBusy) {
		if err != nil {
			s.db.Close()
		}
		return err
	}
	// Damaged: put aside, never deleted, and start again.
	s.db.Close()
	aside, moveErr := putAside(s.path)
	if moveErr != nil {
		return fmt.Errorf("open database %s: damaged (%w), and it cannot be put aside: %w", s.path, err, moveErr)
	}
	s.damage = &Damage{Path: aside, Cause: err}
	if err := s.create(ctx); err != nil {
		return err
	}
	return s.connect(writeOptions)
}

func (s *Store) connect(options string) error {
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.path}).EscapedPath(), RawQuery: options}).String())
	if err != nil {
		return fmt.Errorf("open database %s: %w", s.path, err)
	}
	db.SetMaxOpenConns(4) // one writer and a few readers
	s.db = db
	return nil
}

// inspect checks identity, version, structure and digests of an existing file.
// Any error but ErrNewer, ErrForeign, ErrBusy and what the system lacks means damage.
func (s *Store) inspect(ctx context.Context) error {
	fail := func(err error) error { return fmt.Errorf("open database %s: %w", s.path, s.explain(err)) }
	version, err := s.identify(ctx)
	if err != nil {
		return fail(err)
	}
	var verdict string
	if err := s.db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict); err != nil {
		return fail(err)
	}
	if verdict != "ok" {
		return fail(fmt.Errorf("quick_check: %s", verdict))
	}
	if err := s.migrate(ctx, version); err != nil {
		return fail(err)
	}
	if err := s.Verify(ctx); err != nil {
		return fail(err)
	}
	return nil
}

// identify returns the file's schema version.
func (s *Store) identify(ctx context.Context) (version int, err error) {
	var id, tables int
	const ours = `select count(*) from sqlite_schema where type = 'table' and name in ('invocation', 'run', 'metric', 'member')`
	if err := s.db.QueryRowContext(ctx, ours).Scan(&tables); err != nil {
		return 0, err
	}
	if err := s.db.QueryRowContext(ctx, `pragma application_id`).Scan(&id); err != nil {
		return 0, err
	}
	if err := s.db.QueryRowContext(ctx, `pragma user_version`).Scan(&version); err != nil {
		return 0, err
	}
	switch {
	case tables == 4 && id != applicationID:
		return 0, fmt.Errorf("application id is %#x, not %#x, though the tables are ours", id, applicationID)
	case id == applicationID && version > len(migrations):
		return 0, fmt.Errorf("%w: its schema is version %d, this binary knows up to %d", ErrNewer, version, len(migrations))
	case id != applicationID:
		var any int
		if err := s.db.QueryRowContext(ctx, `select count(*) from sqlite_schema`).Scan(&any); err != nil {
			return 0, err
		}
		if any == 0 {
			return 0, errors.New("it is empty")
		}
		return 0, fmt.Errorf("%w: application id %#x, version %d", ErrForeign, id, version)
	case version < 1 || tables != 4:
		return 0, fmt.Errorf("schema version %d with %d of 4 tables", version, tables)
	}
	return version, nil
}

// putAside renames a damaged database and its logs; it returns the new name.
func putAside(path string) (string, error) {
	base := path + ".corrupt-" + time.Now().UTC().Format("20060102T150405Z")
	aside := base
	for k := 2; exists(aside); k++ {
		aside = fmt.Sprintf("%s-%d", base, k)
	}
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (o opener) openReadOnly(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open database %s: %w; nothing has been run with this results folder", path, fs.ErrNotExist)
	} else if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if err := o.check(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, readOnly: true}
	if err := s.connect(readOptions); err != nil {
		return nil, err
	}
	if err := s.current(context.Background()); err != nil {
		return nil, err
	}
	return s, nil
}

// current closes a store that this binary cannot read, and says why.
func (s *Store) current(ctx context.Context) error {
	version, err := s.identify(ctx)
	if err == nil && version < len(migrations) {
		err = fmt.Errorf("its schema is version %d, %d is needed: run any experiment, or `runexp results rebuild`, to bring it up to date", version, len(migrations))
	}
	if err != nil {
		s.db.Close()
		return fmt.Errorf("open database %s: %w", s.path, s.explain(err))
	}
	return nil
}
