// Package safetensors reads and writes checkpoints in the safetensors format.
//
// A file is a little-endian length, that many bytes of JSON which name each
// tensor, its type, shape and place, and then the tensors' bytes without gaps.
// Checkpoints come from strangers, so the header is decoded strictly, token by
// token, before anything is believed: what the format does not allow is
// refused with the byte at which it stands, and no hostile file can make the
// reader hold more than some tens of megabytes.
//
// File is one file, Set a folder with one file or with shards beside an index.
// Both satisfy Source, which is all that a model needs for loading. Files are
// read with ReadAt and never mapped: a file that shrinks while it is read
// gives an error, not a signal.
package safetensors

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// Source is an open checkpoint: named tensors that can be read one at a time.
type Source interface {
	// Names lists the tensors in ascending order of their names.
	Names() []string
	// Info tells what is known about a tensor without reading it.
	Info(name string) (Info, bool)
	// Read fills dst, whose length must be the tensor's number of elements,
	// row-major. F32, F16, BF16 and F64 become float32; other types are an error.
	Read(name string, dst []float32) error
	// Stream hands the tensor to f in pieces, in order, as Read converts it;
	// at is the index of v[0] and v is only valid during the call.
	Stream(name string, f func(at int64, v []float32) error) error
	// ReadRaw returns the tensor's bytes as they stand in the file, whatever their type.
	ReadRaw(name string) ([]byte, error)
	// Metadata holds what the file says about itself; it may be nil.
	Metadata() map[string]string
	// Close releases the files.
	Close() error
}

// Info describes one tensor of a checkpoint.
type Info struct {
	DType  string  // as the format spells it: "F32", "BF16", "I64" …
	Shape  []int64 // empty for a scalar
	Offset int64   // first byte, counted from the start of the file
	Size   int64   // bytes
}

// Elements is the product of the shape; it cannot overflow in an Info that this package gave out.
func (i Info) Elements() int64 {
	n := int64(1)
	for _, d := range i.Shape {
		n *= d
	}
	return n
}

// Error is a fault in a file and the place where it was found.
type Error struct {
	Path   string
	Offset int64 // byte offset from the start of the file
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("open checkpoint %s: byte %d: %v", e.Path, e.Offset, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// File is one open safetensors file. Its methods may be called from several goroutines.
type File struct {
	path     string
	r        io.ReaderAt
	close    func() error
	names    []string
	tensors  map[string]Info
	metadata map[string]string
}

// Open reads and checks the header of the file at path. The error is an
// *Error unless the file could not be opened or read at all.
func Open(path string) (*File, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	return openFile(path, f)
}

// openRegular opens a file and nothing else: a named pipe would block and a
// device has no size.
func openRegular(path string) (*os.File, error) {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("open checkpoint %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	return f, nil
}

// openFile takes over f, closing it when the header is refused.
func openFile(path string, f *os.File) (*File, error) {
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	file, err := parse(path, f, st.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	file.close = f.Close
	return file, nil
}

// parse checks the header in r, a file of size bytes that errors call path.
func parse(path string, r io.ReaderAt, size int64) (*File, error) {
	tensors, metadata, err := readHeader(r, size)
	if err != nil {
		if at, ok := errors.AsType[*Error](err); ok {
			at.Path = path
			return nil, at
		}
		return nil, fmt.Errorf("open checkpoint %s: %w", path, err)
	}
	return &File{
		path:     path,
		r:        r,
		close:    func() error { return nil },
		names:    slices.Sorted(maps.Keys(tensors)),
		tensors:  tensors,
		metadata: metadata,
	}, nil
}

// Names lists the tensors in ascending order of their names.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Info tells what the header says about a tensor.
func (f *File) Info(name string) (Info, bool) {
	info, ok := f.tensors[name]
	info.Shape = slices.Clone(info.Shape)
	return info, ok
}

// Metadata is the header's __metadata__, nil when there is none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Close closes the file; the File is of no use afterwards.
func (f *File) Close() error { return f.close() }

// cause strips the operation and the path that package os puts before an
// error, because our own sentence has both already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
