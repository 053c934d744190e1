package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// Attempt is one process's exclusive right to run an action, with the folders
// to do it in. It ends with Close, or with the process, however that ends.
type Attempt struct {
	Out  string // empty folder for the output, to be committed
	Temp string // empty folder that goes when the attempt ends
	Work string // durable folder for checkpoints; holds what an earlier attempt that was cut off left there

	store *Store
	dir   string
	lease Lock
}

// Begin waits until no other process runs the action and takes its lease. While
// it waits it calls waiting with a text that says who holds it. Who has waited
// must look the action up again: the other process has probably committed it.
// If ctx ends first the error is an ErrBusy.
func (s *Store) Begin(ctx context.Context, action ID, address string, waiting func(heldBy string)) (*Attempt, error) {
	if s.readOnly {
		return nil, fmt.Errorf("run %s: %w", address, ErrReadOnly)
	}
	lease, err := s.waitLock(ctx, s.leasePath(action), address, 100*time.Millisecond, waiting)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", address, Classify(err))
	}
	return s.attempt(action, lease), nil
}

// TryBegin is Begin without waiting: if another process runs the action, the
// attempt is nil and heldBy says who it is.
func (s *Store) TryBegin(action ID, address string) (a *Attempt, heldBy string, err error) {
	if s.readOnly {
		return nil, "", fmt.Errorf("run %s: %w", address, ErrReadOnly)
	}
	lease, heldBy, err := s.fs.TryLock(s.leasePath(action), s.holder(address))
	if err != nil {
		return nil, "", fmt.Errorf("run %s: %w", address, Classify(err))
	}
	if lease == nil {
		return nil, heldBy, nil
	}
	return s.attempt(action, lease), "", nil
}

func (s *Store) attempt(action ID, lease Lock) *Attempt {
	dir := s.attemptPath(action)
	return &Attempt{
		Out:   filepath.Join(dir, "out"),
		Temp:  filepath.Join(dir, "temp"),
		Work:  filepath.Join(dir, "work"),
		store: s, dir: dir, lease: lease,
	}
}

// Prepare creates the folders; Out and Temp are emptied, Work is kept.
func (a *Attempt) Prepare() error {
	err := errors.Join(a.store.removeAll(a.Out), a.store.removeAll(a.Temp))
	for _, d := range []string{a.dir, a.Out, a.Temp, a.Work} {
		if err == nil {
			if err = a.store.fs.Mkdir(d); errors.Is(err, fs.ErrExist) {
				err = nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("prepare attempt %s: %w", a.dir, Classify(err))
	}
	return nil
}

// Close gives the lease back. With done, the folders are removed: the output is
// committed, and no checkpoint is needed any more. Else Work stays for the next
// attempt, of this process or another.
func (a *Attempt) Close(done bool) error {
	var err error
	if done {
		err = a.store.removeAll(a.dir)
	} else {
		err = errors.Join(a.store.removeAll(a.Out), a.store.removeAll(a.Temp))
		if list, errList := a.store.fs.ReadDir(a.Work); errList == nil && len(list) == 0 {
			err = errors.Join(err, a.store.removeAll(a.dir))
		}
	}
	return errors.Join(err, a.lease.Remove())
}

func (s *Store) leasePath(action ID) string {
	return filepath.Join(s.dir, "leases", action.String())
}

func (s *Store) attemptPath(action ID) string {
	return filepath.Join(s.dir, "attempts", action.String())
}
