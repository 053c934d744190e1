package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

func (s *Store) droppedPath(output ID) string {
	return filepath.Join(s.dir, "dropped", output.String())
}

// Drop removes the files of entries while their records stay: the output ids
// remain known, and what was computed from them remains valid. Files that
// another output shares stay, and so do outputs that another store, of any
// living process, has pinned. It returns the bytes that were freed.
//
// Each output is marked as dropped before anything is removed, so that a
// missing file is never taken for damage.
func (s *Store) Drop(entries ...*Entry) (freed int64, err error) {
	if len(entries) == 0 {
		return 0, nil
	}
	if s.readOnly {
		return 0, fmt.Errorf("drop outputs: %w", ErrReadOnly)
	}
	for _, e := range entries { // before the lock, since a damaged manifest takes it
		if _, err := e.Files(); err != nil && !errors.Is(err, ErrMiss) {
			return 0, fmt.Errorf("drop outputs: %w", Classify(err))
		}
	}
	err = s.locked("drop outputs", func() error {
		pinned, err := s.pinned(false)
		if err != nil {
			return err
		}
		doomed := map[ID]bool{}
		for _, e := range entries {
			if pinned[e.Output()] || doomed[e.Output()] {
				continue
			}
			doomed[e.Output()] = true
			if _, err := s.fs.Stat(s.droppedPath(e.Output())); err == nil {
				continue
			}
			if err := s.writeFile(s.droppedPath(e.Output()), []byte("runexp dropped 1\n")); err != nil {
				return err
			}
		}
		Failpoint("cache/drop-marked")
		kept, err := s.referenced()
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !doomed[e.Output()] {
				continue
			}
			for _, f := range e.files {
				if kept[f.Content] {
					continue
				}
				n, err := s.removeObject(f.Content)
				if err != nil {
					return err
				}
				freed += n
			}
		}
		return nil
	})
	if err != nil {
		return freed, fmt.Errorf("drop outputs: %w", Classify(err))
	}
	return freed, nil
}

// undrop takes the mark of a dropped output away, after its objects are back.
// It does so durably: a mark that came back would let gc take the objects.
func (s *Store) undrop(output ID) error {
	name := s.droppedPath(output)
	err := s.fs.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(name))
}

// referenced returns the objects that some manifest needs which is not marked
// as dropped. The lock must be held. An unreadable manifest is an error: what
// it needs is not known, so nothing may be removed.
func (s *Store) referenced() (map[ID]bool, error) {
	objects := map[ID]bool{}
	for output, err := range s.ids("manifests") {
		if err != nil {
			return nil, err
		}
		if _, err := s.fs.Stat(s.droppedPath(output)); err == nil {
			continue
		}
		text, err := readFile(s.fs, s.path("manifests", output), maxManifest)
		if err != nil {
			return nil, err
		}
		files, err := decodeManifest(text)
		if err != nil || Sum(text) != output {
			return nil, fmt.Errorf("manifest %s is damaged; run cache verify first", output)
		}
		for _, f := range files {
			objects[f.Content] = true
		}
	}
	return objects, nil
}

// removeObject removes an object and returns its size.
func (s *Store) removeObject(id ID) (int64, error) {
	name := s.path("objects", id)
	info, err := s.fs.Stat(name)
	if err == nil {
		err = s.fs.Remove(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
