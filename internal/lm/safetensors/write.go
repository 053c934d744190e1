package safetensors

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/google/renameio/v2"
)

// Named is a tensor to be written.
type Named struct {
	Name  string
	Shape []int64
	Data  []float32 // row-major, as many as the shape's product
}

// Write stores tensors as F32 at path. The bytes depend on names, shapes,
// numbers and metadata only: tensors are sorted by name, metadata by key, and
// the header is padded with spaces so that the data begin at a multiple of 8,
// as in the reference implementation. The file appears whole or not at all: it
// is written beside path, synced, and renamed. The order of the slice is kept.
func Write(path string, metadata map[string]string, tensors []Named) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("write checkpoint %s: %w", path, cause(err))
	}
	defer f.Cleanup()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := Encode(w, metadata, tensors); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", path, cause(err))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", path, cause(err))
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", path, cause(err))
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("write checkpoint %s: sync folder: %w", path, cause(err))
	}
	return nil
}

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Encode writes the file format to w, with no buffering of its own beyond one piece.
func Encode(w io.Writer, metadata map[string]string, tensors []Named) error {
	sorted := slices.SortedFunc(slices.Values(tensors), func(a, b Named) int { return cmp.Compare(a.Name, b.Name) })
	head, err := encodeHeader(metadata, sorted)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	piece := make([]byte, 0, 4*chunkElements)
	for _, t := range sorted {
		for part := range slices.Chunk(t.Data, chunkElements) {
			piece = piece[:0]
			for _, v := range part {
				piece = binary.LittleEndian.AppendUint32(piece, math.Float32bits(v))
			}
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
	}
	return nil
}

// encodeHeader makes the length and the JSON of tensors that are sorted by name.
func encodeHeader(metadata map[string]string, sorted []Named) ([]byte, error) {
	out := append(make([]byte, 8), '{')
	if len(metadata) > 0 {
		out = append(out, `"__metadata__":{`...)
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, fmt.Errorf("metadata %q is not UTF-8", key)
			}
			if i > 0 {
				out = append(out, ',')
			}
			out = appendString(out, key)
			out = append(out, ':')
			out = appendString(out, metadata[key])
		}
		out = append(out, '}')
	}
	offset := int64(0)
	for i, t := range sorted {
		size, err := byteSize("F32", t.Shape)
		switch {
		case slices.ContainsFunc(t.Shape, func(d int64) bool { return d < 0 }):
			return nil, fmt.Errorf("tensor %q has the negative shape %v", t.Name, t.Shape)
		case err != nil:
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		case size != 4*int64(len(t.Data)):
			return nil, fmt.Errorf("tensor %q of shape %v has %d elements", t.Name, t.Shape, len(t.Data))
		case t.Name == metadataKey || !utf8.ValidString(t.Name):
			return nil, fmt.Errorf("tensor name %q is not allowed", t.Name)
		case i > 0 && sorted[i-1].Name == t.Name:
			return nil, fmt.Errorf("tensor %q comes twice", t.Name)
		}
		if len(out) > 9 {
			out = append(out, ',')
		}
		out = appendString(out, t.Name)
		out = append(out, `:{"dtype":"F32","shape":[`...)
		for j, d := range t.Shape {
			if j > 0 {
				out = append(out, ',')
			}
			out = strconv.AppendInt(out, d, 10)
		}
		out = append(out, `],"data_offsets":[`...)
		out = strconv.AppendInt(out, offset, 10)
		offset += size
		out = append(out, ',')
		out = strconv.AppendInt(out, offset, 10)
		out = append(out, `]}`...)
	}
	out = append(out, '}')
	for len(out)%8 != 0 {
		out = append(out, ' ')
	}
	if len(out)-8 > maxHeaderBytes {
		return nil, fmt.Errorf("the header of %d bytes is above the limit of %d", len(out)-8, maxHeaderBytes)
	}
	binary.LittleEndian.PutUint64(out, uint64(len(out)-8))
	return out, nil
}

// appendString appends s as JSON, escaping only what JSON requires.
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = fmt.Appendf(out, `\u%04x`, c)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
