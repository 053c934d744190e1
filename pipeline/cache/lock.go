package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// osLock is a lock file held by flock: the kernel frees it when the process
// ends, also by SIGKILL.
type osLock struct {
	file *os.File
}

func (l osLock) Unlock() error { return l.file.Close() }

// Remove removes the file first, while the lock is held; who waits for it sees
// that the name no longer leads to the file that was locked, and begins anew.
func (l osLock) Remove() error { return errors.Join(os.Remove(l.file.Name()), l.file.Close()) }

func (OS) TryLock(name, holder string) (Lock, string, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, "", err
		}
		err = flock(f)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			text, _ := io.ReadAll(io.LimitReader(f, 1<<10))
			f.Close()
			if len(text) == 0 {
				text = []byte("another process")
			}
			return nil, strings.TrimSpace(string(text)), nil
		}
		if err != nil {
			f.Close()
			return nil, "", fmt.Errorf("lock %s: %w", name, err)
		}
		held, err := f.Stat()
		if err == nil {
			var named fs.FileInfo
			if named, err = os.Stat(name); err == nil && os.SameFile(held, named) {
				// The text only serves messages: a full disk must not
				// keep anybody from locking.
				if f.Truncate(0) == nil {
					f.WriteAt([]byte(holder+"\n"), 0)
				}
				return osLock{f}, "", nil
			}
		}
		f.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
	}
}

// flock tries to take the lock, again when a signal interrupts it.
func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// holder says who holds a lock, for those who wait.
func (s *Store) holder(what string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("process %d on %s (%s)", os.Getpid(), host, what)
}

// waitLock takes a lock file, trying again after pauses that grow to the
// longest, until ctx ends. It calls waiting, if there is one, with the holder's
// text when it first has to wait and when the holder changes.
func (s *Store) waitLock(ctx context.Context, name, what string, longest time.Duration, waiting func(heldBy string)) (Lock, error) {
	pause, last := time.Millisecond, ""
	for {
		l, heldBy, err := s.fs.TryLock(name, s.holder(what))
		if err != nil || l != nil {
			return l, err
		}
		if waiting != nil && heldBy != last {
			waiting(heldBy)
			last = heldBy
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %s holds %s", ErrBusy, heldBy, name)
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// locked runs f while this process alone may change the cache.
func (s *Store) locked(what string, f func() error) error {
	s.commits.Lock()
	defer s.commits.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	l, err := s.waitLock(ctx, filepath.Join(s.dir, "lock"), what, 10*time.Millisecond, nil)
	if err != nil {
		return err
	}
	return errors.Join(f(), l.Unlock())
}
