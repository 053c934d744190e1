package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Folder returns a folder that holds the checked files of the output, for
// reading only. It lasts until the store is closed, and all who ask in this
// process get the same one: to link a file is to touch it, and what was touched
// is hashed again before it is trusted. The error is ErrReadOnly for a store
// that may not be written.
func (e *Entry) Folder() (string, error) {
	se, err := e.store.open()
	if err != nil {
		return "", fmt.Errorf("link output of %s: %w", e.title(), Classify(err))
	}
	se.linking.Lock()
	defer se.linking.Unlock()
	if dir, ok := se.linked[e.Output()]; ok && e.linkedIn(dir) && e.Check() == nil {
		return dir, nil
	}
	dir := filepath.Join(se.dir, "in"+strconv.FormatInt(se.temp.Add(1), 10))
	if err := e.store.makeFolders(dir); err != nil {
		return "", fmt.Errorf("link output of %s: %w", e.title(), Classify(err))
	}
	if err := e.Link(dir); err != nil {
		return "", err
	}
	if se.linked == nil {
		se.linked = map[ID]string{}
	}
	se.linked[e.Output()] = dir
	return dir, nil
}

// linkedIn reports whether every file of the output in dir is the object itself:
// it may have been replaced since, or have been a copy.
func (e *Entry) linkedIn(dir string) bool {
	files, err := e.Files()
	if err != nil {
		return false
	}
	for _, f := range files {
		object, err := e.store.fs.Stat(e.store.path("objects", f.Content))
		if err != nil {
			return false
		}
		link, err := e.store.fs.Stat(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil || !os.SameFile(object, link) {
			return false
		}
	}
	return true
}
