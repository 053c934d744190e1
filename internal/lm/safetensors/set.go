package safetensors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Set is the checkpoint in a folder: one file, or the shards that an index names.
type Set struct {
	parts    []part
	of       map[string]Source // tensor name -> its shard
	metadata map[string]string
}

// part is one open file of a set.
type part struct {
	path string
	Source
}

// Opener reads the header of a file that is already open, takes the file over,
// and closes it when it returns an error; path is for messages.
type Opener func(path string, f *os.File) (Source, error)

// OpenDir opens model.safetensors in dir or, when there is none, the shards
// that model.safetensors.index.json names.
func OpenDir(dir string) (*Set, error) { return OpenNamed(dir, "model.safetensors") }

// OpenNamed opens the file called name in dir, for example
// adapter_model.safetensors, or the shards that name.index.json lists. An error
// for which errors.Is(err, fs.ErrNotExist) holds means that dir has neither, so
// that another format may be looked for; a checkpoint that is there but
// incomplete (a shard is missing, a link leads nowhere) is another error.
func OpenNamed(dir, name string) (*Set, error) {
	return OpenWith(dir, name, func(path string, f *os.File) (Source, error) { return openFile(path, f) })
}

// OpenWith is OpenNamed for files of another format, whose index has the same form.
func OpenWith(dir, name string, open Opener) (*Set, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); err == nil {
		f, err := openRegular(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open checkpoint %s: a link that leads nowhere", path)
		}
		if err != nil {
			return nil, err
		}
		file, err := open(path, f)
		if err != nil {
			return nil, err
		}
		return newSet([]part{{path, file}}, file.Metadata())
	}
	indexPath := path + ".index.json"
	if _, err := os.Lstat(indexPath); err != nil {
		return nil, fmt.Errorf("open checkpoint %s: neither %s nor %s.index.json: %w", dir, name, name, cause(err))
	}
	return openShards(dir, indexPath, open)
}

// openShards opens every shard of an index and checks that index and shards
// agree on which tensor lies where.
func openShards(dir, indexPath string, open Opener) (*Set, error) {
	index, err := readIndex(indexPath)
	if err != nil {
		return nil, err
	}
	root, prefix, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", dir, cause(err))
	}
	defer root.Close()

	var parts []part
	var missing []string
	closeAll := func() {
		for _, p := range parts {
			p.Close()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(index.shards)) {
		f, err := openShard(root, prefix, dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, name)
			continue
		}
		var file Source
		if err == nil {
			file, err = open(filepath.Join(dir, name), f)
		}
		if err != nil {
			closeAll()
			return nil, err
		}
		parts = append(parts, part{filepath.Join(dir, name), file})
		for _, tensor := range index.shards[name] {
			if _, ok := file.Info(tensor); !ok {
				missing = append(missing, fmt.Sprintf("tensor %q in %s", clip(tensor), name))
			}
		}
	}
	if len(missing) > 0 {
		closeAll()
		return nil, fmt.Errorf("open checkpoint %s: missing %s", indexPath, list(missing))
	}
	set, err := newSet(parts, index.metadata)
	if err != nil {
		return nil, err
	}
	var extra []string
	for name := range set.of {
		if _, ok := index.shardOf[name]; !ok {
			extra = append(extra, fmt.Sprintf("%q", clip(name)))
		}
	}
	if len(extra) > 0 {
		set.Close()
		slices.Sort(extra)
		return nil, fmt.Errorf("open checkpoint %s: the shards hold tensors that the index does not name: %s", indexPath, list(extra))
	}
	return set, nil
}

// openRoot confines the shards to dir. In the cache layout of the Hugging Face
// hub the files of snapshots/<commit> are links into the blobs folder beside
// it, so there the confines are the one repository's folder, two levels up.
func openRoot(dir string) (root *os.Root, prefix string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, "", err
	}
	if snapshots := filepath.Dir(abs); filepath.Base(snapshots) == "snapshots" {
		repository := filepath.Dir(snapshots)
		if st, err := os.Stat(filepath.Join(repository, "blobs")); err == nil && st.IsDir() {
			root, err := os.OpenRoot(repository)
			return root, filepath.Join("snapshots", filepath.Base(abs)), err
		}
	}
	root, err = os.OpenRoot(dir)
	return root, "", err
}

func openShard(root *os.Root, prefix, dir, name string) (*os.File, error) {
	path := filepath.Join(dir, name)
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("open checkpoint %s: shard %q lies outside the folder", dir, clip(name))
	}
	inside := filepath.Join(prefix, name)
	if st, err := root.Stat(inside); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("open checkpoint %s: not a regular file", path)
	}
	f, err := root.Open(inside)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	return f, nil
}

// newSet takes over the parts and closes them when two hold the same tensor.
func newSet(parts []part, metadata map[string]string) (*Set, error) {
	s := &Set{parts: parts, of: map[string]Source{}, metadata: metadata}
	pathOf := map[string]string{}
	for _, p := range parts {
		for _, name := range p.Names() {
			if other, ok := pathOf[name]; ok {
				s.Close()
				return nil, fmt.Errorf("open checkpoint %s: tensor %q is also in %s", p.path, clip(name), other)
			}
			s.of[name], pathOf[name] = p, p.path
		}
	}
	return s, nil
}

// Names lists the tensors of all shards in ascending order.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.of)) }

// Info tells what the headers say about a tensor; Offset counts in its shard.
func (s *Set) Info(name string) (Info, bool) {
	if f, ok := s.of[name]; ok {
		return f.Info(name)
	}
	return Info{}, false
}

// Read fills dst as File.Read does.
func (s *Set) Read(name string, dst []float32) error {
	f, err := s.file(name)
	if err != nil {
		return err
	}
	return f.Read(name, dst)
}

// Stream hands the tensor over in pieces as File.Stream does.
func (s *Set) Stream(name string, each func(at int64, v []float32) error) error {
	f, err := s.file(name)
	if err != nil {
		return err
	}
	return f.Stream(name, each)
}

// ReadRaw returns the tensor's bytes.
func (s *Set) ReadRaw(name string) ([]byte, error) {
	f, err := s.file(name)
	if err != nil {
		return nil, err
	}
	return f.ReadRaw(name)
}

func (s *Set) file(name string) (Source, error) {
	if f, ok := s.of[name]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("read tensor %q: no such tensor", name)
}

// Metadata is that of the single file or of the index.
func (s *Set) Metadata() map[string]string { return maps.Clone(s.metadata) }

// Close closes every shard.
func (s *Set) Close() error {
	var errs []error
	for _, p := range s.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// list joins at most ten items of a message.
func list(items []string) string {
	if len(items) > 10 {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:10], ", "), len(items)-10)
	}
	return strings.Join(items, ", ")
}
