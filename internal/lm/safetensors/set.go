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
	files    []*File
	of       map[string]*File // tensor name -> its shard
	metadata map[string]string
}

// OpenDir opens model.safetensors in dir or, when there is none, the shards
// that model.safetensors.index.json names.
func OpenDir(dir string) (*Set, error) { return OpenNamed(dir, "model.safetensors") }

// OpenNamed opens the file called name in dir, for example
// adapter_model.safetensors, or the shards that name.index.json lists. An error
// for which errors.Is(err, fs.ErrNotExist) holds means that dir has neither.
func OpenNamed(dir, name string) (*Set, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); err == nil {
		file, err := Open(path)
		if err != nil {
			return nil, err
		}
		return newSet([]*File{file}, file.metadata)
	}
	indexPath := path + ".index.json"
	if _, err := os.Lstat(indexPath); err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %s and %s.index.json: %w", dir, name, name, cause(err))
	}
	return openShards(dir, indexPath)
}

// openShards opens every shard of an index and checks that index and shards
// agree on which tensor lies where.
func openShards(dir, indexPath string) (*Set, error) {
	index, err := readIndex(indexPath)
	if err != nil {
		return nil, err
	}
	root, prefix, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", dir, cause(err))
	}
	defer root.Close()

	var files []*File
	var missing []string
	closeAll := func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(index.shards)) {
		file, err := openShard(root, prefix, dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			closeAll()
			return nil, err
		}
		files = append(files, file)
		for _, tensor := range index.shards[name] {
			if _, ok := file.tensors[tensor]; !ok {
				missing = append(missing, fmt.Sprintf("tensor %q in %s", clip(tensor), name))
			}
		}
	}
	if len(missing) > 0 {
		closeAll()
		return nil, fmt.Errorf("open checkpoint %s: missing %s: %w", indexPath, list(missing), fs.ErrNotExist)
	}
	set, err := newSet(files, index.metadata)
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

func openShard(root *os.Root, prefix, dir, name string) (*File, error) {
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
	return openFile(path, f)
}

// newSet takes over the files and closes them when two hold the same tensor.
func newSet(files []*File, metadata map[string]string) (*Set, error) {
	s := &Set{files: files, of: map[string]*File{}, metadata: metadata}
	for _, f := range files {
		for _, name := range f.names {
			if other, ok := s.of[name]; ok {
				s.Close()
				return nil, fmt.Errorf("open checkpoint %s: tensor %q is also in %s", f.path, clip(name), other.path)
			}
			s.of[name] = f
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

func (s *Set) file(name string) (*File, error) {
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
	for _, f := range s.files {
		errs = append(errs, f.Close())
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
