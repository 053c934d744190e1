package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// session is one process's corner of the cache: its temporary files, and the
// outputs that it is about to read. Its lock is held as long as the process
// lives, so that gc can tell the living from the dead.
type session struct {
	dir  string
	lock Lock
	pins File
	temp atomic.Int64

	linking sync.Mutex
	linked  map[ID]string // folders of outputs that were linked for reading
}

// open returns the session, creating it on first use.
func (s *Store) open() (*session, error) {
	if s.readOnly {
		return nil, ErrReadOnly
	}
	s.sessions.Lock()
	defer s.sessions.Unlock()
	if s.session != nil {
		return s.session, nil
	}
	for n := 0; ; n++ {
		dir := filepath.Join(s.dir, "sessions", fmt.Sprintf("%d-%d", os.Getpid(), n))
		// The folder appears after its lock is held: gc, which looks at locks
		// first, never sees a living session without one.
		l, _, err := s.fs.TryLock(dir+".lock", s.holder("session"))
		if err != nil {
			return nil, err
		}
		if l == nil {
			continue
		}
		err = s.removeAll(dir) // left behind by a dead process of the same number
		if err == nil {
			err = s.fs.Mkdir(dir)
		}
		var pins File
		if err == nil {
			pins, err = s.fs.Create(filepath.Join(dir, "pins"))
		}
		if err != nil {
			return nil, errors.Join(err, l.Remove())
		}
		s.session = &session{dir: dir, lock: l, pins: pins}
		return s.session, nil
	}
}

// endSession removes the session's folder and gives up its lock.
func (s *Store) endSession() error {
	s.sessions.Lock()
	defer s.sessions.Unlock()
	if s.session == nil {
		return nil
	}
	se := s.session
	s.session = nil
	return errors.Join(se.pins.Close(), s.removeAll(se.dir), se.lock.Remove())
}

// createTemp creates a temporary file in the session's folder.
func (s *Store) createTemp() (string, File, error) {
	se, err := s.open()
	if err != nil {
		return "", nil, err
	}
	name := filepath.Join(se.dir, "t"+strconv.FormatInt(se.temp.Add(1), 10))
	f, err := s.fs.Create(name)
	return name, f, err
}

// TempDir creates a folder that lasts until the store is closed; if the process
// dies, it goes with the next GC.
func (s *Store) TempDir() (string, error) {
	se, err := s.open()
	if err != nil {
		return "", fmt.Errorf("create temporary folder: %w", Classify(err))
	}
	dir := filepath.Join(se.dir, "d"+strconv.FormatInt(se.temp.Add(1), 10))
	if err := s.fs.Mkdir(dir); err != nil {
		return "", fmt.Errorf("create temporary folder: %w", Classify(err))
	}
	return dir, nil
}

// Pin keeps outputs from being removed, by GC of any process or Drop of another,
// until the store is closed, and marks the entries as used now. Check that they are
// complete after pinning, not before.
func (s *Store) Pin(entries ...*Entry) error {
	if s.readOnly || len(entries) == 0 {
		return nil
	}
	se, err := s.open()
	if err != nil {
		return fmt.Errorf("pin outputs: %w", Classify(err))
	}
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&text, "%s\n", e.Output())
	}
	err = s.locked("pin outputs", func() error {
		_, err := se.pins.Write([]byte(text.String()))
		return err
	})
	if err != nil {
		return fmt.Errorf("pin outputs: %w", Classify(err))
	}
	now := s.now()
	for _, e := range entries {
		// Only the order of removal depends on it; an entry that gc has
		// removed a moment ago is found missing by the caller's check.
		s.fs.Touch(s.path("actions", e.action), now)
	}
	return nil
}

// pinned returns the outputs that living sessions have pinned, of others only
// or of this store too, and clears away what dead ones left. The lock must be held.
func (s *Store) pinned(ownToo bool) (outputs map[ID]bool, err error) {
	own := ""
	s.sessions.Lock()
	if s.session != nil && !ownToo {
		own = filepath.Base(s.session.dir)
	}
	s.sessions.Unlock()
	outputs = map[ID]bool{}
	root := filepath.Join(s.dir, "sessions")
	list, err := s.fs.ReadDir(root)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		name, isLock := strings.CutSuffix(e.Name(), ".lock")
		if !isLock || name == own {
			continue
		}
		l, _, err := s.fs.TryLock(filepath.Join(root, e.Name()), s.holder("gc"))
		if err != nil {
			return nil, err
		}
		if l != nil {
			if err := errors.Join(s.removeAll(filepath.Join(root, name)), l.Remove()); err != nil {
				return nil, err
			}
			continue
		}
		text, err := readFile(s.fs, filepath.Join(root, name, "pins"), 1<<30)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has pinned nothing yet
		}
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			if id, err := ParseID(strings.TrimSuffix(line, "\n")); err == nil {
				outputs[id] = true
			}
		}
	}
	return outputs, nil
}
