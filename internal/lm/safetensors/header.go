package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Limits that keep the memory for a hostile header below 64 MB. The format
// itself allows headers of 100,000,000 bytes; the largest files in use need
// less than a twentieth of what is allowed here.
const (
	maxHeaderBytes = 8 << 20
	maxTensors     = 50_000 // in one file
	maxMetadata    = 10_000
	maxRank        = 32
)

// metadataKey is the one key of the header that names no tensor.
const metadataKey = "__metadata__"

// readHeader reads and checks everything about a file of size bytes except
// the numbers in its tensors. Faults are *Error without a path.
func readHeader(r io.ReaderAt, size int64) (map[string]Info, map[string]string, error) {
	var head [8]byte
	if size < 8 {
		return nil, nil, &Error{Offset: size, Err: errors.New("file ends before the 8-byte header length")}
	}
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, nil, cause(err)
	}
	length := binary.LittleEndian.Uint64(head[:])
	if other := foreign(head[:]); other != "" {
		return nil, nil, &Error{Offset: 0, Err: fmt.Errorf("this is %s, not a safetensors file", other)}
	}
	switch {
	case length < 2:
		return nil, nil, &Error{Offset: 0, Err: fmt.Errorf("header length %d is too small to hold {}", length)}
	case length > maxHeaderBytes:
		return nil, nil, &Error{Offset: 0, Err: fmt.Errorf("header length %d is above the limit of %d bytes", length, maxHeaderBytes)}
	case length > uint64(size-8):
		return nil, nil, &Error{Offset: 0, Err: fmt.Errorf("header length %d reaches beyond the end of the file (%d bytes)", length, size)}
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, 8); err != nil && err != io.EOF {
		return nil, nil, cause(err)
	}
	if text[0] != '{' {
		return nil, nil, &Error{Offset: 8, Err: fmt.Errorf("header begins with %q, not with {", text[0])}
	}
	data := int64(8 + length)
	h := header{scanner: scanner{data: text, base: 8}, dataStart: data, fileSize: size, tensors: map[string]Info{}}
	if err := h.parse(); err != nil {
		return nil, nil, err
	}
	return h.tensors, h.metadata, nil
}

// foreign recognises the formats that are most often renamed to .safetensors.
func foreign(head []byte) string {
	switch {
	case strings.HasPrefix(string(head), "PK\x03\x04"):
		return "a zip archive (pytorch_model.bin?)"
	case head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && head[7] != 0:
		return "a Python pickle"
	case strings.HasPrefix(string(head), "\x93NUMPY"):
		return "a NumPy array"
	case strings.HasPrefix(string(head), "GGUF"):
		return "a GGUF model"
	}
	return ""
}

// header is the state of reading one header.
type header struct {
	scanner
	dataStart, fileSize int64
	tensors             map[string]Info
	metadata            map[string]string
	places              []place
}

// place remembers where in the header a tensor was declared, for messages about its bytes.
type place struct {
	name       string
	declared   int
	begin, end int64 // within the data part
}

func (h *header) parse() error {
	err := h.object(func(key string, at int) error {
		if key == metadataKey {
			return h.readMetadata()
		}
		if len(h.tensors) == maxTensors {
			return h.fail(at, "more than %d tensors", maxTensors)
		}
		return h.readTensor(key, at)
	})
	if err != nil {
		return err
	}
	if err := h.end(); err != nil {
		return err
	}
	return h.checkLayout()
}

// readMetadata reads the free-form texts that a file may carry.
func (h *header) readMetadata() error {
	h.metadata = map[string]string{}
	return h.object(func(key string, at int) error {
		if len(h.metadata) == maxMetadata {
			return h.fail(at, "more than %d metadata entries", maxMetadata)
		}
		value, err := h.str()
		h.metadata[key] = value
		return err
	})
}

// readTensor reads one tensor's dtype, shape and data_offsets, each exactly once.
func (h *header) readTensor(name string, declared int) error {
	var (
		dtype          string
		shape, offsets []int64
		begin          int // of data_offsets, for messages
	)
	err := h.object(func(key string, at int) (err error) {
		switch key {
		case "dtype":
			h.space()
			at := h.pos
			dtype, err = h.str()
			if _, known := elementBits[dtype]; err == nil && !known {
				return h.fail(at, "tensor %q has the unknown dtype %q", clip(name), clip(dtype))
			}
		case "shape":
			shape, err = h.naturals("shape", maxRank)
		case "data_offsets":
			h.space()
			begin = h.pos
			offsets, err = h.naturals("data_offsets", 2)
			if err == nil && len(offsets) != 2 {
				return h.fail(begin, "tensor %q: data_offsets holds %d numbers, want 2", clip(name), len(offsets))
			}
		default:
			return h.fail(at, "tensor %q has the unknown member %q", clip(name), clip(key))
		}
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case dtype == "":
		return h.fail(declared, "tensor %q lacks dtype", clip(name))
	case shape == nil:
		return h.fail(declared, "tensor %q lacks shape", clip(name))
	case offsets == nil:
		return h.fail(declared, "tensor %q lacks data_offsets", clip(name))
	}
	size, err := byteSize(dtype, shape)
	if err != nil {
		return h.fail(declared, "tensor %q: %w", clip(name), err)
	}
	switch from, to := offsets[0], offsets[1]; {
	case from > to:
		return h.fail(begin, "tensor %q ends at %d, before it begins at %d", clip(name), to, from)
	case to > h.fileSize-h.dataStart:
		return h.fail(begin, "tensor %q ends at %d of %d data bytes", clip(name), to, h.fileSize-h.dataStart)
	case to-from != size:
		return h.fail(begin, "tensor %q of %s %v needs %d bytes, its offsets span %d", clip(name), dtype, shape, size, to-from)
	default:
		h.tensors[name] = Info{DType: dtype, Shape: shape, Offset: h.dataStart + from, Size: size}
		h.places = append(h.places, place{name, declared, from, to})
	}
	return nil
}

// checkLayout checks that the tensors fill the data part from its first byte
// to its last without holes or overlap: a byte that belongs to two tensors or
// to none lets a small file stand for a huge model, or hide a second one.
func (h *header) checkLayout() error {
	slices.SortFunc(h.places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	next := int64(0)
	for _, p := range h.places {
		if p.begin != next {
			what := "overlaps the tensor before it"
			if p.begin > next {
				what = "leaves a hole before it"
			}
			return h.fail(p.declared, "tensor %q begins at data byte %d and %s, which ends at %d", clip(p.name), p.begin, what, next)
		}
		next = p.end
	}
	if at := h.dataStart + next; at != h.fileSize {
		return &Error{Offset: at, Err: fmt.Errorf("%d bytes follow the last tensor", h.fileSize-at)}
	}
	return nil
}

// byteSize is the size of a tensor in bytes. A product of the dimensions other
// than 0 that overflows is refused even when another dimension is 0: such a
// shape is meant for readers that multiply in another order.
func byteSize(dtype string, shape []int64) (int64, error) {
	product, zero := uint64(elementBits[dtype]), false
	for _, d := range shape {
		if d == 0 {
			zero = true
			continue
		}
		over, low := bits.Mul64(product, uint64(d))
		if over != 0 || low > math.MaxInt64 {
			return 0, fmt.Errorf("the size of shape %v overflows", shape)
		}
		product = low
	}
	if zero {
		return 0, nil
	}
	if product%8 != 0 {
		return 0, fmt.Errorf("%s %v does not fill whole bytes", dtype, shape)
	}
	return int64(product / 8), nil
}
