// Package cache stores what stages produced, addressed by what produced it.
//
// An action id is the hash of a recipe: the stage, its version, its
// configuration and the outputs of its inputs. An output id is the hash of a
// manifest: the names, sizes and hashes of the files that came out. A record
// ties the one to the other and keeps the recipe's text, so that a miss can be
// explained. Looking up an action gives its output; anything unreadable,
// altered or incomplete is a miss with a reason, is moved to quarantine, and is
// neither served nor deleted.
//
// The folder:
//
//	format                    version of the layout
//	objects/ab/ab12…          file contents, named by their sha256
//	manifests/ab/ab12…        lists of files, named by their sha256 (the output id)
//	actions/ab/ab12…          records, named by the sha256 of the recipe they hold
//	dropped/ab12…             outputs whose files were removed on purpose
//	attempts/ab12…/{work,out} folders of actions that are running or were cut off
//	leases/ab12…              locks: who runs an action
//	sessions/1234-0/          temporary files and pins of one process
//	quarantine/               what was found damaged, with reasons
//	lock                      held for the moment of a commit
//
// Everything is written as temporary file, fsync, rename, fsync of the folder,
// in the order objects, manifest, record, so a record always refers to complete
// objects. No path of the machine enters a key: the folder may be moved.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"
)

// ID is a sha256: of a recipe (action id), a manifest (output id) or a file
// (content id). It prints as 64 hexadecimal digits.
type ID [sha256.Size]byte

// String returns the id as lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Short returns the first 12 digits, for messages.
func (id ID) Short() string { return hex.EncodeToString(id[:6]) }

// Sum returns the content id of data.
func Sum(data []byte) ID { return sha256.Sum256(data) }

// ParseID reads the 64 hexadecimal digits that String writes.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != 2*len(id) {
		return ID{}, fmt.Errorf("parse id %q: want %d hexadecimal digits", text, 2*len(id))
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, fmt.Errorf("parse id %q: %w", text, err)
	}
	if id.String() != text {
		return ID{}, fmt.Errorf("parse id %q: digits must be lower case", text)
	}
	return id, nil
}

// Errors of the store, to be tested with errors.Is.
var (
	// ErrMiss says that an action's output is not known, or not usable; the
	// error's text carries the reason.
	ErrMiss = errors.New("cache miss")
	// ErrReadOnly says that something had to be written into a cache that may
	// only be read. It is an ErrResources.
	ErrReadOnly = fmt.Errorf("%w: cache is read-only", ErrResources)
	// ErrResources says that the machine ran out of something: disk space,
	// quota, file size, open files.
	ErrResources = errors.New("out of resources")
	// ErrIntegrity says that the disk or a stage broke a promise: a write that
	// could not be made durable, an output that should be the same and is not.
	ErrIntegrity = errors.New("integrity")
	// ErrNondeterministic says that one action gave two different outputs. It
	// is an ErrIntegrity; both outputs are in quarantine.
	ErrNondeterministic = fmt.Errorf("%w: nondeterministic stage", ErrIntegrity)
	// ErrBusy says that another process held a lock for too long.
	ErrBusy = errors.New("busy")
	// ErrFormat says that the folder was written by a newer runexp.
	ErrFormat = errors.New("cache format")
)

// formatVersion is the version of the layout and of all files in it.
const formatVersion = 1

// Options of a store; the zero value is right for a user's cache.
type Options struct {
	ReadOnly    bool             // serve hits, write nothing; also set by itself when the folder cannot be written
	EmptyOK     bool             // with ReadOnly: a folder that is missing is an empty cache, not an error
	FS          FS               // default: the operating system's files
	Now         func() time.Time // default: time.Now; recorded, and used by GC, never part of a key
	LockTimeout time.Duration    // default 2 minutes: how long a commit waits for another before ErrBusy
}

// Store is a cache folder. Its methods may be called from several goroutines,
// and several processes may use one folder.
type Store struct {
	dir      string
	fs       FS
	now      func() time.Time
	timeout  time.Duration
	readOnly bool
	emptyOK  bool
	believed []int // users whose records count; nil: all

	folders  sync.Map   // folders known to be durable
	commits  sync.Mutex // held with the lock file: commits, gc, quarantine of this process take turns
	sessions sync.Mutex // guards session
	session  *session
	verified verified
	index    addressIndex
}

// Open opens the cache in dir and creates it where it is missing. A folder that
// cannot be written is opened for reading only (see ReadOnly). The error is an
// ErrFormat if a newer runexp wrote the cache.
func Open(dir string, o Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open cache %s: %w", dir, err)
	}
	if resolved, err := filepath.EvalSymlinks(abs); err == nil {
		abs = resolved // the folder itself may be a link
	}
	s := &Store{dir: abs, fs: o.FS, now: o.Now, timeout: o.LockTimeout, readOnly: o.ReadOnly, emptyOK: o.EmptyOK}
	if s.fs == nil {
		s.fs = OS{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.timeout == 0 {
		s.timeout = 2 * time.Minute
	}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("open cache %s: %w", dir, Classify(err))
	}
	return s, nil
}

// prepare creates missing folders and checks the format.
func (s *Store) prepare() error {
	info, err := s.fs.Stat(s.dir)
	switch {
	case err == nil && !info.IsDir():
		return errors.New("not a folder")
	case err == nil:
		s.guard(info)
		if !s.readOnly && !s.fs.Writable(s.dir) {
			s.readOnly = true
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case s.readOnly && s.emptyOK:
		return nil
	case s.readOnly:
		return err
	}
	if s.readOnly {
		return s.checkFormat()
	}
	for _, d := range []string{"", "objects", "manifests", "actions", "dropped", "attempts", "leases", "sessions", "quarantine"} {
		if err := s.mkdirAll(filepath.Join(s.dir, d)); err != nil {
			return err
		}
	}
	return s.checkFormat()
}

// Dir returns the absolute path of the cache folder.
func (s *Store) Dir() string { return s.dir }

// ReadOnly reports whether the store serves hits only.
func (s *Store) ReadOnly() bool { return s.readOnly }

// Close gives back what the store holds: its pins and temporary files. Entries
// stay usable.
func (s *Store) Close() error { return s.endSession() }

// path returns where a file of a kind lives: kind/ab/ab12….
func (s *Store) path(kind string, id ID) string {
	name := id.String()
	return filepath.Join(s.dir, kind, name[:2], name)
}

var (
	errMissing = miss("object is missing") // of the file named behind
	errDropped = miss("its files were dropped to save space")
)

// miss makes an ErrMiss with a reason.
func miss(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMiss, fmt.Sprintf(format, args...))
}
