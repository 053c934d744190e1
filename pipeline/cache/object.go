package cache

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"time"
)

// checkObject compares an object with its name, reading all of it, unless this
// process has done so and the file is still the same one, untouched.
func (s *Store) checkObject(o FileInfo) error {
	name := s.path("objects", o.Content)
	if s.verified.knows(o.Content) {
		if info, err := s.fs.Stat(name); err == nil && s.verified.has(o.Content, info) {
			return nil
		}
	}
	info, err := s.hashObject(name, o)
	switch {
	case err == nil:
		s.verified.add(o.Content, info, s.now())
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s", errMissing, o.Name)
	}
	if classified := Classify(err); errors.Is(classified, ErrResources) {
		return classified
	}
	return s.damaged("object", name, fmt.Errorf("%s: %w", o.Name, err), func() error {
		_, err := s.hashObject(name, o)
		return err
	})
}

// hashObject reads an object and returns what the file was when it was opened.
func (s *Store) hashObject(name string, o FileInfo) (fs.FileInfo, error) {
	f, err := s.fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if info.Size() != o.Size {
		return nil, fmt.Errorf("it has %d bytes, not %d", info.Size(), o.Size)
	}
	content, err := hashContent(f, o.Size)
	if err != nil {
		return nil, err
	}
	if content != o.Content {
		return nil, errors.New("its content was altered")
	}
	return info, nil
}

// hashContent reads a file of a known size. A small one, of which most objects
// are, costs one read and no buffer beyond it.
func hashContent(f File, size int64) (ID, error) {
	if size <= 1<<16 {
		data := make([]byte, size)
		_, err := io.ReadFull(f, data)
		return Sum(data), err
	}
	_, sum, err := SumReader(f)
	return sum, err
}

// Open opens a file of the output for reading, after its hash was checked. What
// is read is hashed once more on the way, so that a change in between is an
// error at the end and not a wrong result. The error is an ErrMiss if the
// object is missing or damaged.
func (e *Entry) Open(name string) (io.ReadCloser, error) {
	o, err := e.file(name)
	if err != nil {
		return nil, err
	}
	if err := e.store.checkObject(o); err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", name, e.title(), err)
	}
	f, err := e.store.fs.Open(e.store.path("objects", o.Content))
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", name, e.title(), Classify(err))
	}
	return &objectReader{file: f, want: o, hash: sha256.New(), title: e.title()}, nil
}

// objectReader hashes what it hands out.
type objectReader struct {
	file  File
	want  FileInfo
	hash  hash.Hash
	title string
}

func (r *objectReader) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	r.hash.Write(p[:n])
	if err == io.EOF && ID(r.hash.Sum(nil)) != r.want.Content {
		err = fmt.Errorf("read %s of %s: %w", r.want.Name, r.title, miss("it was altered while it was read"))
	}
	return n, err
}

func (r *objectReader) Close() error { return r.file.Close() }

// ReadFile returns the content of a file of the output, checked against its
// hash. The error is an ErrMiss if the object is missing or damaged.
func (e *Entry) ReadFile(name string) ([]byte, error) {
	o, err := e.file(name)
	if err != nil {
		return nil, err
	}
	object := e.store.path("objects", o.Content)
	data, err := readFile(e.store.fs, object, o.Size)
	if err == nil && Sum(data) == o.Content {
		return data, nil
	}
	// Something is wrong: the check finds out what, and clears it away.
	if err := e.store.checkObject(o); err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, e.title(), err)
	}
	if data, err = readFile(e.store.fs, object, o.Size); err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, e.title(), Classify(err))
	}
	if Sum(data) != o.Content {
		return nil, fmt.Errorf("read %s of %s: %w", name, e.title(), miss("it was altered while it was read"))
	}
	return data, nil
}

// Link puts the checked files of the output into an empty or new folder, as
// hard links where the file system has them, else as copies. They must not be
// written to.
func (e *Entry) Link(dir string) error {
	s := e.store
	if err := e.Check(); err != nil {
		return fmt.Errorf("link output of %s: %w", e.title(), err)
	}
	for _, f := range e.files { // Check has read the list
		object, to := s.path("objects", f.Content), filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := s.makeFolders(filepath.Dir(to)); err != nil {
			return fmt.Errorf("link output of %s: %w", e.title(), Classify(err))
		}
		if err := s.fs.Link(object, to); err != nil {
			if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("link output of %s: %w", e.title(), err)
			}
			if err := s.copyObject(f, to); err != nil {
				return fmt.Errorf("copy output of %s: %w", e.title(), Classify(err))
			}
		}
	}
	return nil
}

// copyObject copies a checked object; the copy is checked again on the way.
func (s *Store) copyObject(f FileInfo, to string) error {
	in, err := s.fs.Open(s.path("objects", f.Content))
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := s.fs.Create(to)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if ID(h.Sum(nil)) != f.Content {
		return miss("%s was altered while it was copied", f.Name)
	}
	return nil
}

// makeFolders creates folders that need not outlive a crash.
func (s *Store) makeFolders(name string) error {
	if _, err := s.fs.Stat(name); err == nil {
		return nil
	}
	if err := s.makeFolders(filepath.Dir(name)); err != nil {
		return err
	}
	if err := s.fs.Mkdir(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// verified remembers which objects this process has hashed, and what the files
// were then. Zero is ready to use.
type verified struct {
	mu    sync.Mutex
	files map[ID]stamp
}

// settled is how old a file's last change must be before its stamp is trusted:
// the kernel's clock for them ticks every few milliseconds, and a change within
// the tick of the one before leaves the stamp as it was.
const settled = time.Second

// knows reports whether an object was hashed at all, before a file is looked at.
func (v *verified) knows(object ID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.files[object]
	return ok
}

func (v *verified) has(object ID, info fs.FileInfo) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.files[object]
	current, has := stampOf(info)
	return ok && has && known == current
}

func (v *verified) add(object ID, info fs.FileInfo, now time.Time) {
	current, ok := stampOf(info)
	if !ok || now.Sub(time.Unix(0, current.changed)) < settled {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.files == nil {
		v.files = map[ID]stamp{}
	}
	v.files[object] = current
}
