package slurm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// folder is the shared folder.
type folder struct{ dir string }

func openFolder(dir string) (folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, err
	}
	f := folder{abs}
	for _, d := range []string{"inputs", "batches", "attempts", "results", "damaged"} {
		if err := os.MkdirAll(filepath.Join(abs, d), 0o777); err != nil {
			return folder{}, err
		}
	}
	return f, nil
}

func (f folder) inputs() string                { return filepath.Join(f.dir, "inputs") }
func (f folder) batches() string               { return filepath.Join(f.dir, "batches") }
func (f folder) batch(name string) string      { return filepath.Join(f.dir, "batches", name) }
func (f folder) attempts(action string) string { return filepath.Join(f.dir, "attempts", action) }
func (f folder) results() string               { return filepath.Join(f.dir, "results") }
func (f folder) result(action string) string   { return filepath.Join(f.dir, "results", action) }

// forget removes what is kept of an action.
func (f folder) forget(action string) error {
	return errors.Join(os.RemoveAll(f.result(action)), os.RemoveAll(f.attempts(action)))
}

// setAside moves a damaged result away, so that another can take its place.
func (f folder) setAside(action string) error {
	for n := 1; ; n++ {
		to := filepath.Join(f.dir, "damaged", fmt.Sprintf("%s.%d", action, n))
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		err := os.Rename(f.result(action), to)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("set damaged result aside: %w", err)
		}
		return nil
	}
}

// nextFolder creates the folder of the next number in dir. Nobody else gets the
// same one.
func nextFolder(dir string) (n int, path string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return 0, "", err
	}
	last, err := lastNumber(dir)
	if err != nil {
		return 0, "", err
	}
	for n := last + 1; ; n++ {
		path := filepath.Join(dir, strconv.Itoa(n))
		err := os.Mkdir(path, 0o777)
		if err == nil {
			return n, path, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return 0, "", err
		}
	}
}

// lastNumber is the highest number that names an entry of dir; 0 if none does.
func lastNumber(dir string) (int, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	last := 0
	for _, e := range list {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			last = max(last, n)
		}
	}
	return last, nil
}

// removeIfDone removes the folder unless results wait in it, of nodes that a
// later run may ask for.
func (f folder) removeIfDone() error {
	for _, d := range []string{"results", "attempts"} {
		if list, err := os.ReadDir(filepath.Join(f.dir, d)); err != nil || len(list) > 0 {
			return err
		}
	}
	return os.RemoveAll(f.dir)
}
