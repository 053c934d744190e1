package torchbin

import (
	"encoding/binary"
	"io"
)

// Constants at the start of the older layout (torch/serialization.py).
const (
	legacyMagic    = long("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")
	legacyProtocol = int64(1001)
)

// readLegacy reads a sequence of pickles (magic number, protocol, properties
// of the writer's machine, the dictionary, the storages' keys in order), each
// followed at once by the next, and then for each key the number of elements
// in 8 bytes and the elements.
func readLegacy(r io.ReaderAt, size int64) (map[string]*tensor, error) {
	// The pickles are a small part of the file but no header tells their length.
	data := make([]byte, min(size, maxPickleBytes))
	if _, err := r.ReadAt(data, 0); err != nil && err != io.EOF {
		return nil, err
	}
	m := &machine{data: data}
	if err := legacyPreamble(m); err != nil {
		return nil, err
	}
	storages := map[string]*storage{}
	m.storage = func(id tuple, at int64) (*storage, error) {
		s, err := newStorage(id, at)
		if err != nil {
			return nil, err
		}
		known, ok := storages[s.key]
		if !ok {
			storages[s.key] = s
			return s, nil
		}
		if known.kind != s.kind || known.elements != s.elements {
			return nil, fail(at, "storage %q is described in two ways", clip(s.key))
		}
		return known, nil
	}
	at := int64(m.pos)
	v, err := m.run()
	if err != nil {
		return nil, err
	}
	out, err := tensors(v, at)
	if err != nil {
		return nil, err
	}
	m.storage = nil
	at = int64(m.pos)
	v, err = m.run()
	if err != nil {
		return nil, err
	}
	keys, ok := v.(*list)
	if !ok || len(keys.v) != len(storages) {
		return nil, fail(at, "the list of storages does not name the %d that the tensors use", len(storages))
	}
	return out, placeStorages(r, size, int64(m.pos), keys.v, storages)
}

// legacyPreamble reads the three pickles that say what the file is.
func legacyPreamble(m *machine) error {
	magic, err := m.run()
	if err != nil {
		return err
	}
	if magic != legacyMagic {
		return fail(0, "a Python pickle, but not one of PyTorch's: the magic number is missing")
	}
	at := int64(m.pos)
	protocol, err := m.run()
	if err != nil {
		return err
	}
	if protocol != legacyProtocol {
		return fail(at, "PyTorch file protocol %v, want %d", protocol, legacyProtocol)
	}
	at = int64(m.pos)
	v, err := m.run()
	if err != nil {
		return err
	}
	if d, ok := v.(*dict); !ok || d.get("little_endian") != true {
		return fail(at, "the file does not say that it is little-endian")
	}
	return nil
}

// placeStorages walks over the storages behind the pickles and notes where each begins.
func placeStorages(r io.ReaderAt, size, at int64, keys []any, storages map[string]*storage) error {
	for _, k := range keys {
		key, _ := k.(string)
		s, ok := storages[key]
		if !ok || s.start != 0 {
			return fail(at, "the list of storages names %q, which no tensor uses, or names it twice", clip(key))
		}
		var count [8]byte
		if size-at < 8 {
			return fail(at, "file ends before storage %q", clip(key))
		}
		if _, err := r.ReadAt(count[:], at); err != nil {
			return err
		}
		if n := binary.LittleEndian.Uint64(count[:]); n != uint64(s.elements) {
			return fail(at, "storage %q has %d elements, want %d", clip(key), n, s.elements)
		}
		s.start = at + 8
		bytes := s.elements * s.kind.width
		if bytes > size-s.start {
			return fail(at, "storage %q of %d bytes reaches beyond the end of the file", clip(key), bytes)
		}
		at = s.start + bytes
	}
	if at != size {
		return fail(at, "%d bytes follow the last storage", size-at)
	}
	return nil
}
