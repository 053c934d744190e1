package results

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
)

// fileLock is an advisory lock on a file beside the database. SQLite's own lock
// would do for safety; this one also names the process that holds it.
type fileLock struct{ path string }

// acquire waits up to busyTimeout for the lock and writes our process id into
// the file. The kernel frees the lock when its holder dies.
func (l *fileLock) acquire(ctx context.Context) (release func(), err error) {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	started := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", l.path, err)
		}
		if time.Since(started) > busyTimeout {
			f.Close()
			return nil, fmt.Errorf("%w: %s has held %s for %v", ErrBusy, l.holder(), l.path, busyTimeout)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for %s held by %s: %w", l.path, l.holder(), ctx.Err())
		case <-time.After(wait):
		}
	}
	// The name is a courtesy to waiters: a disk too full for it still locks.
	if err := f.Truncate(0); err == nil {
		f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return func() { f.Close() }, nil
}

// holder names the process that last took the lock.
func (l *fileLock) holder() string {
	content, err := os.ReadFile(l.path)
	if pid := strings.TrimSpace(string(content)); err == nil && pid != "" {
		return "process " + pid
	}
	return "another process"
}

// explain turns the driver's busy errors into ErrBusy, with the holder's name,
// and lets the error of the operating system behind others be found.
func (s *Store) explain(err error) error {
	var driver sqlite3.Error
	if !errors.As(err, &driver) {
		return err
	}
	switch {
	case driver.Code == sqlite3.ErrFull:
		return &systemError{err, syscall.ENOSPC}
	case driver.Code == sqlite3.ErrReadonly:
		return &systemError{err, syscall.EROFS}
	case driver.SystemErrno != 0:
		return &systemError{err, driver.SystemErrno}
	case driver.Code != sqlite3.ErrBusy && driver.Code != sqlite3.ErrLocked:
		return err
	case s.lock == nil:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return fmt.Errorf("%w: %w (the last writer was %s)", ErrBusy, err, s.lock.holder())
}

// systemError is an error of SQLite with what the operating system said.
type systemError struct {
	error
	number syscall.Errno
}

func (e *systemError) Unwrap() []error { return []error{e.error, e.number} }
