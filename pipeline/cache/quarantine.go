package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// damaged moves a damaged file to quarantine and returns the ErrMiss to report.
// Between the finding and the move another process may have put a good file in
// its place, so the check is made again under the lock.
func (s *Store) damaged(kind, name string, cause error, check func() error) error {
	switch {
	case errors.Is(cause, fs.ErrPermission): // another user's: nothing is known of its content
		return miss("%s may not be read: %v", kind, cause)
	case s.readOnly:
		return miss("damaged %s: %v", kind, cause)
	}
	err := s.locked("quarantine", func() error {
		if err := check(); err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return s.quarantine(name, kind+"-"+filepath.Base(name), cause.Error())
	})
	if err != nil {
		return fmt.Errorf("%w (not moved to quarantine: %v)", miss("damaged %s: %v", kind, cause), Classify(err))
	}
	return miss("damaged %s, moved to quarantine: %v", kind, cause)
}

// quarantine moves a file or folder to quarantine under a free name and writes
// the reason beside it. The lock must be held.
func (s *Store) quarantine(name, title, reason string) error {
	to, err := s.freeQuarantine(title)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\nfrom %s\nat %s\n", reason, name, s.now().UTC().Format(time.RFC3339))
	if err := s.writeFile(to+".reason", []byte(text)); err != nil {
		return err
	}
	return s.place(name, to)
}

// freeQuarantine returns a path in quarantine that nothing uses yet.
func (s *Store) freeQuarantine(title string) (string, error) {
	for n := 1; ; n++ {
		to := filepath.Join(s.dir, "quarantine", fmt.Sprintf("%s.%d", title, n))
		_, err := s.fs.Stat(to)
		_, errReason := s.fs.Stat(to + ".reason")
		if errors.Is(err, fs.ErrNotExist) && errors.Is(errReason, fs.ErrNotExist) {
			return to, nil
		}
		if err := errors.Join(err, errReason); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
}
