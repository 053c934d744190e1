package slurm

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"runexp/pipeline/cache"
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
	in, err := os.Open(self) // once: a build that takes its place meanwhile is another program
	if err != nil {
		return "", err
	}
	defer in.Close()
	_, sum, err := cache.SumReader(in)
	if err != nil {
		return "", err
	}
	path := filepath.Join(f.dir, "programs", fmt.Sprintf("%x", sum[:8]), filepath.Base(self))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	out, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o777))
	if err != nil {
		return "", err
	}
	defer out.Cleanup()
	if _, err := io.Copy(out, in); err != nil {
		return "", err
	}
	return path, out.CloseAtomicallyReplace()
}
