package cache

import (
	"fmt"
	"iter"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

// Change is a field of a recipe that differs: Old is "" if the field is new,
// New is "" if it is gone.
type Change struct {
	Path, Old, New string
}

func (c Change) String() string {
	switch {
	case c.Old == "":
		return fmt.Sprintf("%s = %s (new)", c.Path, c.New)
	case c.New == "":
		return fmt.Sprintf("%s = %s (gone)", c.Path, c.Old)
	}
	return fmt.Sprintf("%s: %s -> %s", c.Path, c.Old, c.New)
}

// Explain compares a recipe with that of the newest record of the same stage
// and address, and lists the fields that differ, by path. The error is an
// ErrMiss if nothing is recorded under that address.
func (s *Store) Explain(stage, address string, recipe []byte) ([]Change, error) {
	r, err := s.index.newest(s, stage, address)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", address, Classify(err))
	}
	if r == nil {
		return nil, fmt.Errorf("explain %s: %w", address, miss("never run under this address"))
	}
	return diffRecipes(r.recipe, recipe), nil
}

// diffRecipes lists the fields that differ.
func diffRecipes(old, now []byte) []Change {
	a, b := recipeFields(old), recipeFields(now)
	var changes []Change
	for path, value := range a {
		if b[path] != value {
			changes = append(changes, Change{path, value, b[path]})
		}
	}
	for path, value := range b {
		if _, ok := a[path]; !ok {
			changes = append(changes, Change{path, "", value})
		}
	}
	sort.Slice(changes, func(i, j int) bool { return changes[i].Path < changes[j].Path })
	return changes
}

// recipeFields splits a recipe's text into its fields. A value that has lines
// before it (& of a pointer, type of an interface) counts with them.
func recipeFields(recipe []byte) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(string(recipe)) {
		if path, value, ok := cutOutsideQuotes(strings.TrimSuffix(line, "\n"), " = "); ok {
			if before, ok := fields[path]; ok {
				value = before + " " + value
			}
			fields[path] = value
		}
	}
	return fields
}

// cutOutsideQuotes cuts a line at the first separator that stands outside
// quoted text: map keys are part of a path, and may hold anything.
func cutOutsideQuotes(line, sep string) (before, after string, ok bool) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case !quoted && strings.HasPrefix(line[i:], sep):
			return line[:i], line[i+len(sep):], true
		}
	}
	return line, "", false
}

// addressIndex finds the newest record of a stage and address. It is filled by
// one pass over all records when it is first asked.
type addressIndex struct {
	mu      sync.Mutex
	records map[[2]string]*record // nil: not filled yet
}

func indexKey(r *record) [2]string {
	return [2]string{r.info[InfoStage], r.info[InfoAddress]}
}

func (x *addressIndex) newest(s *Store, stage, address string) (*record, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.records == nil {
		records := map[[2]string]*record{}
		for r, err := range s.records() {
			if err != nil {
				return nil, err
			}
			if known := records[indexKey(r)]; known == nil || newer(r, known) {
				records[indexKey(r)] = r
			}
		}
		x.records = records
	}
	return x.records[[2]string{stage, address}], nil
}

// newer orders records by time, and by action id where the times are equal.
func newer(a, b *record) bool {
	if !a.created.Equal(b.created) {
		return a.created.After(b.created)
	}
	return a.action.String() > b.action.String()
}

func (x *addressIndex) add(r *record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.records != nil {
		x.records[indexKey(r)] = r
	}
}

// remove forgets everything when a record goes away: an older one may be the
// newest now.
func (x *addressIndex) remove(*record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.records = nil
}

// records yields the readable records in the order of their action ids;
// damaged ones are left to those who look them up.
func (s *Store) records() iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		for id, err := range s.ids("actions") {
			if err != nil {
				yield(nil, err)
				return
			}
			text, err := readFile(s.fs, s.path("actions", id), maxRecord)
			if err != nil {
				continue
			}
			r, err := decodeRecord(text)
			if err != nil || r.action != id {
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Entries yields all entries whose record and manifest are sound, in the order
// of their action ids. It stops at the first error of reading the folders.
func (s *Store) Entries() iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for r, err := range s.records() {
			if err != nil {
				yield(nil, fmt.Errorf("list entries: %w", Classify(err)))
				return
			}
			files, err := s.readManifest(r.output)
			if err != nil {
				continue
			}
			if !yield(&Entry{store: s, action: r.action, record: r, files: files}, nil) {
				return
			}
		}
	}
}

// ids yields the ids that name files of a kind, in order; other names are
// passed over.
func (s *Store) ids(kind string) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		root := filepath.Join(s.dir, kind)
		folders, err := s.fs.ReadDir(root)
		if err != nil {
			yield(ID{}, err)
			return
		}
		for _, folder := range folders {
			if !folder.IsDir() {
				continue
			}
			files, err := s.fs.ReadDir(filepath.Join(root, folder.Name()))
			if err != nil {
				yield(ID{}, err)
				return
			}
			for _, f := range files {
				id, err := ParseID(f.Name())
				if err == nil && f.Name()[:2] == folder.Name() && !yield(id, nil) {
					return
				}
			}
		}
	}
}
