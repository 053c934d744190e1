package cache

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// FS is what the store asks of a file system. Names are absolute paths. Tests
// put file systems behind it that lose power, fill up, or fail at a chosen call.
type FS interface {
	Create(name string) (File, error) // new file for writing; fs.ErrExist if it is there
	Open(name string) (File, error)   // for reading
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error) // sorted by name
	Mkdir(name string) error
	Rename(from, to string) error // replaces to
	Link(from, to string) error   // fs.ErrExist if to is there
	Remove(name string) error
	Protect(name string) error // takes write permission away
	Touch(name string, t time.Time) error
	Sync(name string) error // makes a file's content, or a folder's entries, durable

	// TryLock takes the lock file, creating it, or returns who holds it. The
	// lock ends with the process, however that ends.
	TryLock(name, holder string) (l Lock, heldBy string, err error)
	Writable(dir string) bool
}

// File is an open file.
type File interface {
	io.ReadWriteCloser
	Sync() error
	Stat() (fs.FileInfo, error)
}

// Lock is a lock that is held.
type Lock interface {
	Unlock() error // gives the lock back
	Remove() error // removes the lock file and gives the lock back
}

// OS is the operating system's file system, the default.
type OS struct{}

func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}
func (OS) Open(name string) (File, error)             { return openPlain(name) }
func (OS) Stat(name string) (fs.FileInfo, error)      { return os.Lstat(name) }
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (OS) Mkdir(name string) error                    { return os.Mkdir(name, 0o777) }
func (OS) Rename(from, to string) error               { return os.Rename(from, to) }
func (OS) Link(from, to string) error                 { return os.Link(from, to) }
func (OS) Remove(name string) error                   { return os.Remove(name) }
func (OS) Touch(name string, t time.Time) error       { return os.Chtimes(name, t, t) }
func (OS) Writable(dir string) bool                   { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }

func (OS) Protect(name string) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	return os.Chmod(name, info.Mode().Perm()&^0o222)
}

func (OS) Sync(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Classify marks errors of the operating system that mean "out of resources"
// as ErrResources; their text names the path already. EIO means that the disk
// failed: ErrIntegrity.
func Classify(err error) error {
	if err == nil || errors.Is(err, ErrResources) || errors.Is(err, ErrIntegrity) {
		return err
	}
	for _, n := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, n) {
			return fmt.Errorf("%w: %w", ErrResources, err)
		}
	}
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case errors.Is(err, syscall.EIO):
		return fmt.Errorf("%w: %w", ErrIntegrity, err)
	}
	return err
}

var errTooLarge = errors.New("file is larger than any of its kind")
