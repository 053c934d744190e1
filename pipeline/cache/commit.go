package cache

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
)

// Commit stores the files of a folder as the output of an action, and beside it
// information that is part of no digest (InfoAddress, InfoStage, figures).
// Action must be the hash of recipe. Sub-folders count by the files in them;
// anything but regular files is an error.
//
// Files below the cache folder (an attempt's) are moved, others copied.
// Committing the same output again restores objects that were dropped or
// damaged and keeps the first record. Another output for a known action is an
// ErrNondeterministic: both go to quarantine, and the action is unknown again.
func (s *Store) Commit(action ID, recipe []byte, dir string, info map[string]string) (*Entry, error) {
	e, err := s.commit(action, recipe, dir, info)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", commitTitle(action, info), Classify(err))
	}
	return e, nil
}

func commitTitle(action ID, info map[string]string) string {
	if a := info[InfoAddress]; a != "" {
		return a
	}
	return "action " + action.Short()
}

func (s *Store) commit(action ID, recipe []byte, dir string, info map[string]string) (*Entry, error) {
	if s.readOnly {
		return nil, ErrReadOnly
	}
	if Sum(recipe) != action {
		return nil, errors.New("action id is not the hash of the recipe")
	}
	staged, err := s.stage(dir)
	if err != nil {
		return nil, err
	}
	files := make([]FileInfo, len(staged))
	for i, f := range staged {
		files[i] = f.FileInfo
	}
	manifest := encodeManifest(files)
	if _, err := decodeManifest(manifest); err != nil {
		return nil, err // a name that could not be read back
	}
	r := &record{action: action, output: Sum(manifest), created: s.now().UTC(), info: maps.Clone(info), recipe: recipe}
	if r.info == nil {
		r.info = map[string]string{}
	}
	if r.info[InfoStage] == "" {
		r.info[InfoStage] = recipeStage(recipe)
	}
	known, err := s.readRecord(action) // before the lock, since a damaged one takes it
	if err != nil && !errors.Is(err, ErrMiss) {
		return nil, err
	}
	err = s.locked("commit "+commitTitle(action, info), func() error {
		if text, err := readFile(s.fs, s.path("actions", action), maxRecord); err == nil {
			if k, err := decodeRecord(text); err == nil && k.action == action {
				known = k // somebody committed it meanwhile
			}
		}
		if known != nil && known.output != r.output {
			return s.conflict(known, r, manifest, staged)
		}
		if err := s.placeObjects(staged); err != nil {
			return err
		}
		Failpoint("cache/objects-stored")
		if err := s.writeFile(s.path("manifests", r.output), manifest); err != nil {
			return err
		}
		Failpoint("cache/manifest-stored")
		if err := s.undrop(r.output); err != nil {
			return err
		}
		if known != nil {
			r = known
			return nil
		}
		if err := s.writeFile(s.path("actions", action), r.encode()); err != nil {
			return err
		}
		Failpoint("cache/record-stored")
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.index.add(r)
	return &Entry{store: s, action: action, record: r, files: sortedFiles(manifest)}, nil
}

// sortedFiles returns the files of a manifest that was just encoded.
func sortedFiles(manifest []byte) []FileInfo {
	files, err := decodeManifest(manifest)
	if err != nil {
		panic("cache: Commit: own manifest is unreadable: " + err.Error())
	}
	return files
}

// stagedFile is a file that is durable and hashed, but not yet an object.
type stagedFile struct {
	FileInfo
	path string
}

// stage makes the files of a folder durable and hashes them.
func (s *Store) stage(dir string) ([]stagedFile, error) {
	var staged []stagedFile
	move := strings.HasPrefix(dir, s.dir+string(filepath.Separator))
	var walk func(dir, prefix string) error
	walk = func(dir, prefix string) error {
		list, err := s.fs.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range list {
			name, path := prefix+e.Name(), filepath.Join(dir, e.Name())
			switch {
			case e.IsDir():
				if err := walk(path, name+"/"); err != nil {
					return err
				}
			case e.Type().IsRegular():
				f, err := s.stageFile(name, path, move)
				if err != nil {
					return err
				}
				staged = append(staged, f)
			default:
				return fmt.Errorf("output %s is %s, not a regular file", name, e.Type())
			}
		}
		return nil
	}
	if err := walk(dir, ""); err != nil {
		return nil, err
	}
	return staged, nil
}

// stageFile hashes one file and makes it durable, where it is or as a copy.
func (s *Store) stageFile(name, path string, move bool) (stagedFile, error) {
	in, err := s.fs.Open(path)
	if err != nil {
		return stagedFile{}, err
	}
	defer in.Close()
	h := sha256.New()
	to, target := io.Writer(h), File(nil)
	if !move {
		if path, target, err = s.createTemp(); err != nil {
			return stagedFile{}, err
		}
		to = io.MultiWriter(h, target)
	}
	size, err := io.Copy(to, in)
	if target != nil {
		if err == nil {
			err = syncFile(target, path)
		}
		err = errors.Join(err, target.Close())
	} else if err == nil {
		err = syncFile(in, path)
	}
	if err == nil {
		err = s.fs.Protect(path)
	}
	if err != nil {
		return stagedFile{}, err
	}
	Failpoint("cache/object-synced")
	return stagedFile{FileInfo{Name: name, Size: size, Content: ID(h.Sum(nil))}, path}, nil
}

// placeObjects renames staged files to their objects. An object that is there
// already is replaced by the same content, which heals it if it was damaged.
func (s *Store) placeObjects(staged []stagedFile) error {
	folders := map[string]bool{}
	for _, f := range staged {
		to := s.path("objects", f.Content)
		if err := s.mkdirAll(filepath.Dir(to)); err != nil {
			return err
		}
		if folders[to] {
			continue // two files of one content
		}
		if err := s.fs.Rename(f.path, to); err != nil {
			return err
		}
		Failpoint("cache/object-renamed")
		folders[to] = true
	}
	for _, f := range staged {
		if dir := filepath.Dir(s.path("objects", f.Content)); !folders[dir] {
			if err := s.syncDir(dir); err != nil {
				return err
			}
			folders[dir] = true
		}
	}
	return nil
}

// conflict keeps both outputs of one action in quarantine and forgets the
// action. It returns the ErrNondeterministic that names what differs.
func (s *Store) conflict(known, found *record, manifest []byte, staged []stagedFile) error {
	dir, err := s.freeQuarantine("conflict-" + found.action.String())
	if err != nil {
		return err
	}
	var diff string
	old, errOld := readFile(s.fs, s.path("manifests", known.output), maxManifest)
	if errOld == nil {
		diff = diffManifests(old, manifest)
	} else {
		diff = "the first output's manifest is gone"
	}
	reason := fmt.Errorf("%w: %s gave output %s first and %s now (%s); both are kept in %s",
		ErrNondeterministic, recipeStage(found.recipe), known.output.Short(), found.output.Short(), diff, dir)
	if err := s.writeFile(dir+".reason", []byte(reason.Error()+"\n\n"+string(found.recipe))); err != nil {
		return err
	}
	for _, d := range []string{dir, filepath.Join(dir, "first"), filepath.Join(dir, "now")} {
		if err := s.mkdirAll(d); err != nil {
			return err
		}
	}
	// The record goes first: from here on nobody is served either output.
	if err := s.place(s.path("actions", found.action), filepath.Join(dir, "record")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.index.remove(known)
	if files, err := decodeManifest(old); err == nil {
		for _, f := range files {
			// Other entries may hold the same object: it gets a second name.
			err := s.fs.Link(s.path("objects", f.Content), filepath.Join(dir, "first", flatName(f.Name)))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	for _, f := range staged {
		if err := s.fs.Rename(f.path, filepath.Join(dir, "now", flatName(f.Name))); err != nil {
			return err
		}
	}
	for _, d := range []string{"first", "now"} {
		if err := s.syncDir(filepath.Join(dir, d)); err != nil {
			return err
		}
	}
	return reason
}

// flatName turns a name with folders into a file name.
func flatName(name string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(name)
}

// diffManifests says which files differ.
func diffManifests(first, now []byte) string {
	a, errA := decodeManifest(first)
	b, errB := decodeManifest(now)
	if errA != nil || errB != nil {
		return "a manifest is unreadable"
	}
	contents := map[string]ID{}
	for _, f := range a {
		contents[f.Name] = f.Content
	}
	var diffs []string
	for _, f := range b {
		if c, ok := contents[f.Name]; !ok {
			diffs = append(diffs, f.Name+" is new")
		} else if c != f.Content {
			diffs = append(diffs, f.Name+" differs")
		}
		delete(contents, f.Name)
	}
	for _, f := range a {
		if _, ok := contents[f.Name]; ok {
			diffs = append(diffs, f.Name+" is gone")
		}
	}
	if len(diffs) > 5 {
		diffs = append(diffs[:5], fmt.Sprintf("and %d more", len(diffs)-5))
	}
	return strings.Join(diffs, ", ")
}
