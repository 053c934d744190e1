package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Problem is something that Verify found.
type Problem struct {
	Kind   string // record, manifest, object
	ID     ID
	Reason string
}

func (p Problem) String() string { return fmt.Sprintf("%s %s: %s", p.Kind, p.ID, p.Reason) }

// Verify reads everything in the cache and compares hashes, also of objects
// that were checked before. What is damaged goes to quarantine, so that a
// second Verify finds only what is missing. Dropped outputs are no problem.
func (s *Store) Verify() ([]Problem, error) {
	s.verified.mu.Lock()
	s.verified.files = nil
	s.verified.mu.Unlock()

	var problems []Problem
	found := func(kind string, id ID, err error) error {
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrMiss) {
			return fmt.Errorf("verify %s %s: %w", kind, id, Classify(err))
		}
		problems = append(problems, Problem{kind, id, strings.TrimPrefix(err.Error(), ErrMiss.Error()+": ")})
		return nil
	}
	for id, err := range s.ids("actions") {
		if err != nil {
			return problems, fmt.Errorf("verify records: %w", Classify(err))
		}
		r, err := s.readRecord(id)
		if err == nil {
			if _, err = s.fs.Stat(s.path("manifests", r.output)); errors.Is(err, fs.ErrNotExist) {
				err = miss("its manifest %s is missing", r.output.Short())
			}
		}
		if err := found("record", id, err); err != nil {
			return problems, err
		}
	}
	checked := map[ID]bool{}
	for output, err := range s.ids("manifests") {
		if err != nil {
			return problems, fmt.Errorf("verify manifests: %w", Classify(err))
		}
		files, err := s.readManifest(output)
		if err := found("manifest", output, err); err != nil {
			return problems, err
		}
		_, err = s.fs.Stat(s.droppedPath(output))
		dropped := err == nil
		for _, f := range files {
			if _, err := s.fs.Stat(s.path("objects", f.Content)); dropped && errors.Is(err, fs.ErrNotExist) || checked[f.Content] {
				continue
			}
			checked[f.Content] = true
			if err := found("object", f.Content, s.checkObject(f)); err != nil {
				return problems, err
			}
		}
	}
	return problems, nil
}

// Stats counts what the cache holds.
type Stats struct {
	Entries     int   `json:"entries"`
	Objects     int   `json:"objects"`
	Bytes       int64 `json:"bytes"`       // of objects
	Dropped     int   `json:"dropped"`     // outputs removed on purpose
	Attempts    int   `json:"attempts"`    // folders of running or cut-off attempts
	Quarantined int   `json:"quarantined"` // damaged files and conflicts kept
}

// Stats counts what the cache holds, without reading it.
func (s *Store) Stats() (Stats, error) {
	var st Stats
	err := func() error {
		for _, err := range s.ids("actions") {
			if err != nil {
				return err
			}
			st.Entries++
		}
		for id, err := range s.ids("objects") {
			if err != nil {
				return err
			}
			if info, err := s.fs.Stat(s.path("objects", id)); err == nil {
				st.Objects++
				st.Bytes += info.Size()
			}
		}
		for dir, n := range map[string]*int{"dropped": &st.Dropped, "attempts": &st.Attempts, "quarantine": &st.Quarantined} {
			list, err := s.fs.ReadDir(filepath.Join(s.dir, dir))
			if err != nil {
				return err
			}
			for _, e := range list {
				if !strings.HasSuffix(e.Name(), ".reason") {
					*n++
				}
			}
		}
		return nil
	}()
	if err != nil {
		return st, fmt.Errorf("count cache %s: %w", s.dir, Classify(err))
	}
	return st, nil
}
