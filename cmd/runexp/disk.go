package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// freeDisk is how many bytes the user may still write where a folder lies, or
// will lie.
func freeDisk(dir string) (int64, error) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		if _, err = os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dir, err = filepath.Dir(dir), nil
	}
	var s unix.Statfs_t
	if err == nil {
		err = unix.Statfs(dir, &s)
	}
	if err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// sayFreeDisk tells, of an error for lack of space, how much there is where the
// file lies.
func sayFreeDisk(err error, stderr io.Writer) {
	var where *fs.PathError
	if !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &where) {
		return
	}
	if free, err := freeDisk(filepath.Dir(where.Path)); err == nil {
		printf(stderr, "runexp: %s are free where %s lies\n", bytesText(free), where.Path)
	}
}
