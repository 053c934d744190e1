package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Keys of an entry's information that the store itself reads.
const (
	InfoAddress = "address" // of the node, as plan prints it
	InfoStage   = "stage"   // name of the stage
)

// Entry is the known output of an action. It may be used by several goroutines.
type Entry struct {
	store  *Store
	action ID
	record *record

	listing sync.Mutex
	files   []FileInfo // sorted by name; nil before the manifest was read
}

// Lookup finds the output of an action. The error is an ErrMiss with a reason
// if it is not known. Lookup reads the record alone, which is all that a key
// downstream needs; whether the files are there say Complete and Check.
func (s *Store) Lookup(action ID) (*Entry, error) {
	r, err := s.readRecord(action)
	if err != nil {
		return nil, err
	}
	return &Entry{store: s, action: action, record: r}, nil
}

// Files returns the files of the output, sorted by name. The manifest is read
// when it is first asked for; the error is an ErrMiss if it is gone or damaged.
func (e *Entry) Files() ([]FileInfo, error) {
	e.listing.Lock()
	defer e.listing.Unlock()
	if e.files == nil {
		files, err := e.store.readManifest(e.Output())
		if err != nil {
			return nil, fmt.Errorf("files of %s: %w", e.title(), err)
		}
		e.files = files
	}
	return e.files, nil
}

// readRecord reads and checks the record of an action. A damaged one goes to
// quarantine.
func (s *Store) readRecord(action ID) (*record, error) {
	name := s.path("actions", action)
	text, err := readFile(s.fs, name, maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, miss("never run")
	}
	var r *record
	if err == nil {
		r, err = decodeRecord(text)
	} else if classified := Classify(err); errors.Is(classified, ErrResources) {
		return nil, classified // too many open files say nothing about the record
	}
	if err == nil && r.action != action {
		err = fmt.Errorf("record: it is that of action %s", r.action.Short())
	}
	if err != nil {
		return nil, s.damaged("record", name, err, func() error {
			text, err := readFile(s.fs, name, maxRecord)
			if err != nil {
				return err
			}
			r, err := decodeRecord(text)
			if err == nil && r.action != action {
				err = errors.New("record of another action")
			}
			return err
		})
	}
	if err := s.trusted(name); err != nil {
		return nil, err
	}
	return r, nil
}

// readManifest reads and checks a manifest. A damaged one goes to quarantine.
func (s *Store) readManifest(output ID) ([]FileInfo, error) {
	name := s.path("manifests", output)
	read := func() ([]FileInfo, error) {
		text, err := readFile(s.fs, name, maxManifest)
		if err != nil {
			return nil, err
		}
		if Sum(text) != output {
			return nil, errors.New("manifest: content does not match its name")
		}
		return decodeManifest(text)
	}
	files, err := read()
	switch {
	case err == nil:
		return files, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, miss("manifest %s is missing", output.Short())
	}
	if classified := Classify(err); errors.Is(classified, ErrResources) {
		return nil, classified
	}
	return nil, s.damaged("manifest", name, err, func() error { _, err := read(); return err })
}

// Action returns the action id.
func (e *Entry) Action() ID { return e.action }

// Output returns the content id of all files together.
func (e *Entry) Output() ID { return e.record.output }

// Recipe returns the text whose hash is the action id.
func (e *Entry) Recipe() []byte { return append([]byte(nil), e.record.recipe...) }

// Info returns what was recorded beside the output: address, measured figures.
func (e *Entry) Info() map[string]string { return maps.Clone(e.record.info) }

// Address returns the address of the node that was committed first.
func (e *Entry) Address() string { return e.record.info[InfoAddress] }

// Created returns when the entry was committed.
func (e *Entry) Created() time.Time { return e.record.created }

// file finds a file by name; a missing name is fs.ErrNotExist.
func (e *Entry) file(name string) (FileInfo, error) {
	files, err := e.Files()
	if err != nil {
		return FileInfo{}, err
	}
	for _, f := range files {
		if f.Name == name {
			return f, nil
		}
	}
	return FileInfo{}, fmt.Errorf("output of %s has no file %s: %w", e.title(), name, fs.ErrNotExist)
}

// Has reports whether the output has a file of this name.
func (e *Entry) Has(name string) (bool, error) {
	files, err := e.Files()
	return slices.ContainsFunc(files, func(f FileInfo) bool { return f.Name == name }), err
}

// title names the entry in messages.
func (e *Entry) title() string {
	if a := e.Address(); a != "" {
		return a
	}
	return "action " + e.action.Short()
}

// Dropped reports whether the files were removed on purpose, by Drop.
func (e *Entry) Dropped() bool {
	_, err := e.store.fs.Stat(e.store.droppedPath(e.Output()))
	return err == nil
}

// Complete checks that every object is there and has its size, without reading
// it. The error is an ErrMiss that says what is missing, and whether it was
// dropped on purpose.
func (e *Entry) Complete() error {
	files, err := e.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := e.store.fs.Stat(e.store.path("objects", f.Content))
		switch {
		case errors.Is(err, fs.ErrNotExist) && e.Dropped():
			return errDropped
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w: %s", errMissing, f.Name)
		case err != nil:
			return fmt.Errorf("look for %s of %s: %w", f.Name, e.title(), Classify(err))
		case info.Size() != f.Size || !info.Mode().IsRegular():
			return e.store.checkObject(f)
		}
	}
	return nil
}

// Check reads every object and compares its hash; damaged objects go to
// quarantine. The error is an ErrMiss that names what was found. What this
// process has checked already, and has not been touched since, is not read again.
func (e *Entry) Check() error {
	files, err := e.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := e.store.checkObject(f); err != nil {
			if errors.Is(err, errMissing) && e.Dropped() {
				return errDropped
			}
			return err
		}
	}
	return nil
}

// recipeStage returns the name of the stage that a recipe's text begins with,
// or "" if it is no recipe.
func recipeStage(recipe []byte) string {
	for line := range strings.Lines(string(recipe)) {
		if value, ok := strings.CutPrefix(line, "stage = "); ok {
			if name, err := strconv.Unquote(strings.TrimSuffix(value, "\n")); err == nil {
				return name
			}
		}
	}
	return ""
}
