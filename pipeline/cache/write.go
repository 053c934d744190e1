package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// writeFile makes data the durable content of name, at once or not at all.
func (s *Store) writeFile(name string, data []byte) error {
	tmp, err := s.writeTemp(data)
	if err != nil {
		return err
	}
	if err := s.fs.Protect(tmp); err != nil {
		return err
	}
	return s.place(tmp, name)
}

// writeTemp writes data to a new temporary file and makes it durable.
func (s *Store) writeTemp(data []byte) (string, error) {
	name, f, err := s.createTemp()
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		Failpoint("cache/temp-written")
		err = syncFile(f, name)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		s.fs.Remove(name)
		return "", err
	}
	Failpoint("cache/temp-synced")
	return name, nil
}

// syncFile makes a file's content durable. If that fails the content counts as
// lost: after an error the kernel may have dropped the pages, so that a second
// fsync would answer yes without having written them.
func syncFile(f File, name string) error {
	if err := f.Sync(); err != nil {
		if err = Classify(err); errors.Is(err, ErrResources) {
			return err
		}
		return fmt.Errorf("%w: sync %s: %w", ErrIntegrity, name, err)
	}
	return nil
}

// place renames a durable file to its final name and makes the name durable.
func (s *Store) place(from, to string) error {
	if err := s.mkdirAll(filepath.Dir(to)); err != nil {
		return err
	}
	if err := s.fs.Rename(from, to); err != nil {
		return err
	}
	Failpoint("cache/renamed")
	if err := s.syncDir(filepath.Dir(to)); err != nil {
		return err
	}
	Failpoint("cache/folder-synced")
	return nil
}

// syncDir makes the entries of a folder durable.
func (s *Store) syncDir(name string) error {
	if err := s.fs.Sync(name); err != nil {
		if err = Classify(err); errors.Is(err, ErrResources) {
			return err
		}
		return fmt.Errorf("%w: sync folder %s: %w", ErrIntegrity, name, err)
	}
	return nil
}

// mkdirAll creates a folder and its parents, durably. A folder that is there
// already counts as durable only once this store has synced its parent: who
// created it may have died before doing so.
func (s *Store) mkdirAll(name string) error {
	if _, ok := s.folders.Load(name); ok {
		return nil
	}
	parent := filepath.Dir(name)
	info, err := s.fs.Stat(name)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("create folder %s: a file of that name is in the way", name)
	case err == nil && len(name) <= len(s.dir):
		return nil // the cache folder itself was there before us
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		if parent != name {
			if err := s.mkdirAll(parent); err != nil {
				return err
			}
		}
		if err := s.fs.Mkdir(name); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := s.syncDir(parent); err != nil {
		return err
	}
	s.folders.Store(name, true)
	return nil
}

// removeAll removes a file or folder with all it holds. What is not there, or
// goes away meanwhile, is no error.
func (s *Store) removeAll(name string) error {
	info, err := s.fs.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := s.fs.ReadDir(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if err := s.removeAll(filepath.Join(name, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := s.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
