// Package torchbin reads the tensors of a pytorch_model.bin.
//
// Such a file is a Python pickle, that is, a program, and loading it the usual
// way runs that program. Many checkpoints exist in no other form, so this
// package interprets the few opcodes and the few names that rebuild tensors,
// as data: nothing is called, and anything else in the stream is refused with
// its name and the byte at which it stands.
//
// Two layouts are known by their first bytes, never by the file's name: a zip
// archive with data.pkl and one entry for each storage (PyTorch 1.6 and later),
// and the older sequence of pickles with the storages behind them. A file that
// one layout's reader refuses is never tried with another's.
//
// Numbers are not checked against the checksums of the archive; whole files are
// identified by their content elsewhere.
package torchbin

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"runexp/internal/lm/safetensors"
)

// File is one open file. It is a safetensors.Source; its methods may be called
// from several goroutines.
type File struct {
	path    string
	r       io.ReaderAt
	close   func() error
	tensors map[string]*tensor
}

var _ safetensors.Source = (*File)(nil)

// Open reads what the file at path says about its tensors. Faults in the file are *safetensors.Error.
func Open(path string) (*File, error) {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("open checkpoint %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	return openFile(path, f)
}

// OpenDir opens pytorch_model.bin in dir or, when there is none, the shards
// that pytorch_model.bin.index.json names. An error for which
// errors.Is(err, fs.ErrNotExist) holds means that dir has neither.
func OpenDir(dir string) (*safetensors.Set, error) {
	return safetensors.OpenWith(dir, "pytorch_model.bin", func(path string, f *os.File) (safetensors.Source, error) {
		return openFile(path, f)
	})
}

// openFile takes over f, closing it when it is refused.
func openFile(path string, f *os.File) (*File, error) {
	st, err := f.Stat()
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

// parse reads everything but the numbers from r, a file of size bytes.
func parse(path string, r io.ReaderAt, size int64) (*File, error) {
	tensors, err := readLayout(r, size)
	if err != nil {
		if at, ok := err.(*safetensors.Error); ok {
			at.Path = path
			return nil, at
		}
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	return &File{path: path, r: r, close: func() error { return nil }, tensors: tensors}, nil
}

// readLayout chooses the reader by the first bytes.
func readLayout(r io.ReaderAt, size int64) (map[string]*tensor, error) {
	head := make([]byte, min(size, 8))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case len(head) < 8:
		return nil, fail(0, "a file of %d bytes is no PyTorch checkpoint", size)
	case strings.HasPrefix(string(head), "PK\x03\x04"):
		return readZip(r, size)
	case head[0] == 0x80 && head[1] == 2:
		return readLegacy(r, size)
	}
	return nil, fail(0, "begins with % x; a PyTorch checkpoint begins as a zip archive (50 4b 03 04) or as a pickle of protocol 2 (80 02)", head)
}

// Names lists the tensors in ascending order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Info tells what the file says about a tensor, with the dtype spelled as in
// safetensors. Offset is that of the first element; Size counts each element
// once, also when they do not lie side by side.
func (f *File) Info(name string) (safetensors.Info, bool) {
	t, ok := f.tensors[name]
	if !ok {
		return safetensors.Info{}, false
	}
	return safetensors.Info{
		DType:  t.storage.kind.dtype,
		Shape:  slices.Clone(t.shape),
		Offset: t.storage.start + t.offset*t.storage.kind.width,
		Size:   t.elements * t.storage.kind.width,
	}, true
}

// Metadata is nil: the format has none that matters.
func (f *File) Metadata() map[string]string { return nil }

// Close closes the file; the File is of no use afterwards.
func (f *File) Close() error { return f.close() }

// fail makes an error that points at a byte of the file.
func fail(at int64, format string, args ...any) error {
	return &safetensors.Error{Offset: at, Err: fmt.Errorf(format, args...)}
}

// cause strips what package os puts before an error; our sentence names the file already.
func cause(err error) error {
	if p, ok := err.(*fs.PathError); ok {
		return p.Err
	}
	return err
}

// clip keeps a message readable whatever the file holds.
func clip(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
