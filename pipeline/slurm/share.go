package slurm

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Share copies the program that runs into the shared folder, under a name that
// tells its content, and returns the path. Jobs that wait go on with the build
// that they were submitted by, and compute nodes need no other installation.
func Share(dir string) (string, error) {
	path, err := share(dir)
	if err != nil {
		return "", fmt.Errorf("share the program: %w", err)
	}
	return path, nil
}

func share(dir string) (string, error) {
	f, err := openFolder(dir)
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	in, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer in.Close()
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return "", err
	}
	path := filepath.Join(f.dir, "programs", fmt.Sprintf("%x", h.Sum(nil)[:8]), filepath.Base(self))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "new")
	if err != nil {
		return "", err
	}
	defer os.Remove(tmp.Name())
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if _, err = io.Copy(tmp, in); err == nil {
		err = tmp.Chmod(0o755)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if errClose := tmp.Close(); err == nil {
		err = errClose
	}
	if err != nil {
		return "", err
	}
	return path, os.Rename(tmp.Name(), path)
}
