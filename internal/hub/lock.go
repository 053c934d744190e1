package hub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/google/renameio/v2"
)

// File is one file of a commit.
type File struct {
	Name   string `json:"name"` // with slashes, relative to the repository
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`

	// gitSHA1 is the checksum that the hub keeps for small files instead of
	// SHA-256; it is used until SHA256 is known.
	gitSHA1 string
}

// Pin is what a reference was when it was first used.
type Pin struct {
	Kind       Kind     `json:"kind"`
	Repository string   `json:"repository"`
	Revision   string   `json:"revision"`
	Select     []string `json:"select"` // which files were asked for
	Commit     string   `json:"commit"`
	Files      []File   `json:"files"`
}

func (p Pin) ref() Ref { return Ref{p.Kind, p.Repository, p.Revision} }

// Lock is the file that pins an experiment's references. It is meant to be
// committed with the experiment. Its methods may be called from several goroutines.
type Lock struct {
	path string
	mu   sync.Mutex
	pins []Pin
}

// lockFile is the form on disk.
type lockFile struct {
	About   string `json:"about"`
	Version int    `json:"version"`
	Pins    []Pin  `json:"pins"`
}

const (
	lockVersion  = 1
	maxLockBytes = 16 << 20
)

// OpenLock reads the lock file at path; one that does not exist is empty.
func OpenLock(path string) (*Lock, error) {
	l := &Lock{path: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open hub lock: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxLockBytes))
	if err != nil {
		return nil, fmt.Errorf("open hub lock: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var content lockFile
	if err := d.Decode(&content); err != nil {
		return nil, fmt.Errorf("open hub lock %s: byte %d: %w", path, d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("open hub lock %s: byte %d: something follows the lock", path, d.InputOffset())
	}
	if content.Version != lockVersion {
		return nil, fmt.Errorf("open hub lock %s: version %d, want %d", path, content.Version, lockVersion)
	}
	for _, p := range content.Pins {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("open hub lock %s: %w", path, err)
		}
	}
	l.pins = content.Pins
	return l, nil
}

// check refuses what no Fetch writes: the file may have come with somebody else's experiment.
func (p Pin) check() error {
	if p.Kind != Model && p.Kind != Dataset {
		return fmt.Errorf("kind %q is neither model nor dataset", p.Kind)
	}
	if _, err := ParseRef(p.Kind, p.Repository+"@"+p.Revision); err != nil {
		return err
	}
	if !commitPattern.MatchString(p.Commit) {
		return fmt.Errorf("%s: commit %q is not 40 hexadecimal digits", p.ref(), p.Commit)
	}
	if len(p.Files) == 0 {
		return fmt.Errorf("%s: no files", p.ref())
	}
	for _, f := range p.Files {
		if err := checkName(f.Name); err != nil {
			return fmt.Errorf("%s: %w", p.ref(), err)
		}
		if f.Size < 0 || !sha256Pattern.MatchString(f.SHA256) {
			return fmt.Errorf("%s: file %s lacks a size or a SHA-256", p.ref(), f.Name)
		}
	}
	return nil
}

// find returns the pin of a reference and selection.
func (l *Lock) find(ref Ref, selected []string) (Pin, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pins {
		if p.ref() == ref && slices.Equal(p.Select, selected) {
			p.Files = slices.Clone(p.Files)
			return p, true
		}
	}
	return Pin{}, false
}

// commit returns the commit at which another selection pinned the same
// reference, so that one experiment never sees two; empty when there is none.
func (l *Lock) commit(ref Ref) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pins {
		if p.ref() == ref {
			return p.Commit
		}
	}
	return ""
}

// add pins a reference and saves the file: whole, synced and renamed into place.
func (l *Lock) add(p Pin) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(l.pins, func(q Pin) bool { return q.ref() == p.ref() && slices.Equal(q.Select, p.Select) }) {
		return nil // another goroutine was first
	}
	pins := append(slices.Clone(l.pins), p)
	slices.SortStableFunc(pins, func(a, b Pin) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Repository, b.Repository),
			cmp.Compare(a.Revision, b.Revision), slices.Compare(a.Select, b.Select))
	})
	text, err := json.MarshalIndent(lockFile{
		About:   "Written by runexp: what each hub reference was when it was first used. Delete an entry to take the newest.",
		Version: lockVersion,
		Pins:    pins,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("save hub lock: %w", err)
	}
	err = renameio.WriteFile(l.path, append(text, '\n'), 0o644, renameio.WithTempDir(filepath.Dir(l.path)))
	if err != nil {
		return fmt.Errorf("save hub lock: %w", err)
	}
	l.pins = pins
	return nil
}
