package cache

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Export puts the entry into another folder, from which other machines read it
// as a cache with Options.ReadOnly. It takes no lock there: each file appears
// whole under its own name, objects before the manifest before the record, and
// what is there already stays. Objects are hard links where the file system has
// them, else copies, checked on the way.
func (e *Entry) Export(dir string) error {
	to := &Store{dir: filepath.Clean(dir), fs: e.store.fs}
	err := e.Check()
	for _, f := range e.files { // Check has read the list
		if err == nil {
			err = e.store.exportObject(f, to)
		}
	}
	if err == nil {
		err = to.appear(to.path("manifests", e.Output()), encodeManifest(e.files))
	}
	if err == nil {
		err = to.appear(to.path("actions", e.action), e.record.encode())
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", e.title(), Classify(err))
	}
	return nil
}

// exportObject links or copies a checked object into the folder of another store.
func (s *Store) exportObject(f FileInfo, to *Store) error {
	name := to.path("objects", f.Content)
	whole := func() bool {
		info, err := to.fs.Stat(name)
		return err == nil && info.Size() == f.Size
	}
	if whole() {
		return nil
	}
	if err := to.mkdirAll(filepath.Dir(name)); err != nil {
		return err
	}
	err := to.fs.Link(s.path("objects", f.Content), name)
	switch {
	case err == nil, errors.Is(err, fs.ErrExist) && whole(): // another entry has the same object
		return to.syncDir(filepath.Dir(name))
	case errors.Is(err, fs.ErrNotExist):
		return err
	}
	return to.appearAs(name, func(tmp string) error { return s.copyObject(f, tmp) })
}

// appear makes data the content of a file that nobody has to lock.
func (s *Store) appear(name string, data []byte) error {
	if _, err := s.fs.Stat(name); err == nil {
		return nil
	}
	return s.appearAs(name, func(tmp string) error {
		f, err := s.fs.Create(tmp)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return errors.Join(err, f.Close())
	})
}

// appearAs has a temporary file written, makes it durable and renames it.
func (s *Store) appearAs(name string, write func(tmp string) error) error {
	temp := filepath.Join(s.dir, "temp")
	if err := errors.Join(s.mkdirAll(temp), s.mkdirAll(filepath.Dir(name))); err != nil {
		return err
	}
	tmp := filepath.Join(temp, rand.Text())
	err := write(tmp)
	if err == nil {
		err = errors.Join(s.fs.Sync(tmp), s.fs.Protect(tmp))
	}
	if err == nil {
		err = s.place(tmp, name)
	}
	if err != nil {
		s.fs.Remove(tmp)
	}
	return err
}
