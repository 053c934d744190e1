package slurm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"runexp/pipeline/cache"
)

// attempt is one try of a node by one worker, in a folder that no other worker
// writes to:
//
//	by             which element of which batch
//	work/          checkpoints
//	temp/          goes with the attempt
//	result/        what becomes the result
//	stopped        the worker was asked to end, and did so in good order
type attempt struct {
	folder folder
	action string
	number int
	dir    string
}

func (a *attempt) out() string  { return filepath.Join(a.dir, "result", "out") }
func (a *attempt) work() string { return filepath.Join(a.dir, "work") }
func (a *attempt) temp() string { return filepath.Join(a.dir, "temp") }

// begin makes the folder of a new attempt. It starts with a copy of the
// checkpoints of the one before, which may still be writing its own: a worker
// that was suspended or cut off from the network is not known to be dead.
func (f folder) begin(action, by string) (*attempt, error) {
	n, dir, err := nextFolder(f.attempts(action))
	if err != nil {
		return nil, fmt.Errorf("begin attempt: %w", err)
	}
	a := &attempt{f, action, n, dir}
	for _, d := range []string{a.work(), a.temp(), a.out()} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return nil, fmt.Errorf("begin attempt: %w", err)
		}
	}
	// Nothing here need outlive a power cut: the node would begin anew.
	if err := os.WriteFile(filepath.Join(dir, "by"), []byte(by), 0o666); err != nil {
		return nil, fmt.Errorf("begin attempt: %w", err)
	}
	for before := n - 1; before > 0; before-- {
		old := filepath.Join(f.attempts(action), strconv.Itoa(before))
		if list, err := os.ReadDir(filepath.Join(old, "work")); err != nil || len(list) == 0 {
			continue
		}
		if err := copyCheckpoints(a.work(), filepath.Join(old, "work")); err != nil {
			return nil, fmt.Errorf("copy checkpoints: %w", err)
		}
		// Older ones are of no more use.
		for older := before - 1; older > 0; older-- {
			os.RemoveAll(filepath.Join(f.attempts(action), strconv.Itoa(older), "work"))
		}
		break
	}
	return a, nil
}

// copyCheckpoints copies a folder that somebody may be writing to: what goes
// away meanwhile is left out. Whether what it holds is whole is for the stage to
// see, as after a crash.
func copyCheckpoints(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case d.IsDir():
			err = os.MkdirAll(target, 0o777)
		case d.Type().IsRegular():
			err = copyFile(target, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// superseded reports whether another worker has begun the node after us.
func (a *attempt) superseded() bool {
	last, err := lastNumber(a.folder.attempts(a.action))
	return err != nil || last > a.number
}

// finish publishes the result. If another worker was faster its result stays:
// both are of the same recipe.
func (a *attempt) finish(r *result) error {
	files, err := listOutput(a.out())
	if err != nil {
		return fmt.Errorf("list output: %w", err)
	}
	r.Files = files
	text, err := r.encode()
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	dir := filepath.Join(a.dir, "result")
	if err := writeDurable(filepath.Join(dir, "result.json"), text); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	err = os.Rename(dir, a.folder.result(a.action))
	if err != nil && a.folder.hasResult(a.action) {
		err = nil
	}
	if err == nil {
		err = cache.OS{}.Sync(a.folder.results())
	}
	if err != nil {
		return fmt.Errorf("publish result: %w", err)
	}
	return os.RemoveAll(a.temp())
}

func (f folder) hasResult(action string) bool {
	_, err := os.Lstat(f.result(action))
	return err == nil
}

// stop leaves word that the worker ended in good order, and whether it got on.
func (a *attempt) stop() error {
	return errors.Join(os.RemoveAll(a.temp()), writeDurable(filepath.Join(a.dir, "stopped"), nil))
}

// moved reports whether the attempt holds a checkpoint.
func (a *attempt) moved() bool {
	list, err := os.ReadDir(a.work())
	return err == nil && len(list) > 0
}

// trace is what an element left of a node without a result.
type trace int

const (
	untouched trace = iota // it was not begun
	cutOff                 // begun, and nothing more is known
	stopped                // ended in good order, with a checkpoint to go on from
	stuck                  // ended in good order, without one
)

// traceOf finds the last attempt of a node by an element.
func (f folder) traceOf(action, by string) trace {
	last, err := lastNumber(f.attempts(action))
	if err != nil {
		return untouched
	}
	for n := last; n > 0; n-- {
		a := &attempt{f, action, n, filepath.Join(f.attempts(action), strconv.Itoa(n))}
		text, err := os.ReadFile(filepath.Join(a.dir, "by"))
		if err != nil || strings.TrimSpace(string(text)) != by {
			continue
		}
		switch _, err := os.Lstat(filepath.Join(a.dir, "stopped")); {
		case err != nil:
			return cutOff
		case a.moved():
			return stopped
		}
		return stuck
	}
	return untouched
}
