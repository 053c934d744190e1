package torchbin

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A zip archive is read by our own few lines rather than by archive/zip: only
// stored entries are allowed (PyTorch writes no others), so nothing can unfold
// to more than the file holds; entries must not overlap; the number of entries
// is known before memory is taken for them.

// maxEntries bounds the entries of an archive: one for each storage and a few more.
const maxEntries = 10_000

// maxNameBytes bounds the name of an entry.
const maxNameBytes = 1024

// entry is a stored file within the archive.
type entry struct {
	name        string
	at          int64 // of its local header
	start, size int64 // of its bytes
}

// readZip reads the tensors of an archive.
func readZip(r io.ReaderAt, size int64) (map[string]*tensor, error) {
	entries, err := readEntries(r, size)
	if err != nil {
		return nil, err
	}
	byName := map[string]entry{}
	var root string
	roots := 0
	for _, e := range entries {
		if _, twice := byName[e.name]; twice {
			return nil, fail(e.at, "archive holds %q twice", clip(e.name))
		}
		byName[e.name] = e
		if dir, file, ok := strings.Cut(e.name, "/"); ok && file == "data.pkl" {
			root, roots = dir, roots+1
		}
	}
	if roots != 1 {
		return nil, fail(0, "archive holds %d files data.pkl in a folder, want 1", roots)
	}
	if e, ok := byName[root+"/byteorder"]; ok {
		text := make([]byte, min(e.size, 16))
		if _, err := r.ReadAt(text, e.start); err != nil && err != io.EOF {
			return nil, err
		}
		if string(text) != "little" {
			return nil, fail(e.start, "byte order %q; only little-endian files are read", text)
		}
	}
	return readDataPickle(r, root, byName)
}

// readDataPickle interprets data.pkl, whose storages are entries of their own.
func readDataPickle(r io.ReaderAt, root string, byName map[string]entry) (map[string]*tensor, error) {
	e := byName[root+"/data.pkl"]
	if e.size > maxPickleBytes {
		return nil, fail(e.start, "data.pkl of %d bytes is above the limit of %d", e.size, maxPickleBytes)
	}
	data := make([]byte, e.size)
	if _, err := r.ReadAt(data, e.start); err != nil && err != io.EOF {
		return nil, err
	}
	storages := map[string]*storage{}
	m := &machine{data: data, base: e.start}
	m.storage = func(id tuple, at int64) (*storage, error) {
		s, err := newStorage(id, at)
		if err != nil {
			return nil, err
		}
		if known, ok := storages[s.key]; ok {
			if known.kind != s.kind || known.elements != s.elements {
				return nil, fail(at, "storage %q is described in two ways", clip(s.key))
			}
			return known, nil
		}
		file, ok := byName[root+"/data/"+s.key]
		if !ok {
			return nil, fail(at, "storage %q is missing from the archive", clip(s.key))
		}
		if want := s.elements * s.kind.width; file.size != want {
			return nil, fail(at, "storage %q has %d bytes in the archive, want %d", clip(s.key), file.size, want)
		}
		s.start = file.start
		storages[s.key] = s
		return s, nil
	}
	v, err := m.run()
	if err != nil {
		return nil, err
	}
	if m.pos != len(data) {
		return nil, fail(e.start+int64(m.pos), "%d bytes follow the pickle", len(data)-m.pos)
	}
	return tensors(v, e.start)
}

// readEntries reads the directory at the end of the archive.
func readEntries(r io.ReaderAt, size int64) ([]entry, error) {
	dir, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	if dir.count > maxEntries {
		return nil, fail(dir.start, "archive of %d entries is above the limit of %d", dir.count, maxEntries)
	}
	if dir.size > dir.count*(46+maxNameBytes+64) {
		return nil, fail(dir.start, "archive directory of %d bytes is too large for %d entries", dir.size, dir.count)
	}
	text := make([]byte, dir.size)
	if _, err := r.ReadAt(text, dir.start); err != nil && err != io.EOF {
		return nil, err
	}
	var entries []entry
	pos := int64(0)
	for range dir.count {
		e, used, err := readRecord(r, text[pos:], dir.start+pos, dir.start)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
		pos += used
	}
	if pos != dir.size {
		return nil, fail(dir.start+pos, "%d bytes follow the archive directory", dir.size-pos)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(entries); i++ {
		if before := entries[i-1]; entries[i].at < before.start+before.size {
			return nil, fail(entries[i].at, "archive entries %q and %q overlap", clip(before.name), clip(entries[i].name))
		}
	}
	return entries, nil
}

// directory is the place of the list of entries.
type directory struct{ start, size, count int64 }

// findDirectory reads the end record, which must be the last bytes of the
// file, and its 64-bit form when there is one.
func findDirectory(r io.ReaderAt, size int64) (directory, error) {
	at := size - 22
	tail := make([]byte, 22)
	if at < 0 {
		return directory{}, fail(size, "archive is cut short")
	}
	if _, err := r.ReadAt(tail, at); err != nil && err != io.EOF {
		return directory{}, err
	}
	if string(tail[:4]) != "PK\x05\x06" || binary.LittleEndian.Uint16(tail[20:]) != 0 {
		return directory{}, fail(at, "archive does not end with its directory; it is cut short or something follows it")
	}
	d := directory{
		start: int64(binary.LittleEndian.Uint32(tail[16:])),
		size:  int64(binary.LittleEndian.Uint32(tail[12:])),
		count: int64(binary.LittleEndian.Uint16(tail[10:])),
	}
	end := at // of the directory
	locator := make([]byte, 20)
	if at >= 20+56 {
		if _, err := r.ReadAt(locator, at-20); err != nil {
			return directory{}, err
		}
	}
	if string(locator[:4]) == "PK\x06\x07" {
		end = at - 20 - 56
		record := make([]byte, 56)
		if _, err := r.ReadAt(record, end); err != nil {
			return directory{}, err
		}
		if string(record[:4]) != "PK\x06\x06" || binary.LittleEndian.Uint64(locator[8:]) != uint64(end) {
			return directory{}, fail(at-20, "archive's 64-bit end record is not where it should be")
		}
		values := [3]uint64{
			binary.LittleEndian.Uint64(record[48:]), binary.LittleEndian.Uint64(record[40:]), binary.LittleEndian.Uint64(record[32:]),
		}
		for _, v := range values {
			if v > uint64(size) {
				return directory{}, fail(end, "archive's end record points beyond the file")
			}
		}
		d = directory{int64(values[0]), int64(values[1]), int64(values[2])}
	}
	if d.start+d.size != end {
		return directory{}, fail(end, "archive directory at byte %d of %d bytes does not end here", d.start, d.size)
	}
	return d, nil
}

// readRecord reads one entry of the directory and the local header that it
// points at; the two must tell the same name. It returns the record's length.
func readRecord(r io.ReaderAt, text []byte, at, limit int64) (entry, int64, error) {
	if len(text) < 46 || string(text[:4]) != "PK\x01\x02" {
		return entry{}, 0, fail(at, "archive directory is damaged")
	}
	flags, method := binary.LittleEndian.Uint16(text[8:]), binary.LittleEndian.Uint16(text[10:])
	packed, plain := uint64(binary.LittleEndian.Uint32(text[20:])), uint64(binary.LittleEndian.Uint32(text[24:]))
	nameLength, extraLength := int(binary.LittleEndian.Uint16(text[28:])), int(binary.LittleEndian.Uint16(text[30:]))
	commentLength := int(binary.LittleEndian.Uint16(text[32:]))
	local := uint64(binary.LittleEndian.Uint32(text[42:]))
	used := 46 + nameLength + extraLength + commentLength
	if used > len(text) || nameLength > maxNameBytes {
		return entry{}, 0, fail(at, "archive directory is damaged")
	}
	name := string(text[46 : 46+nameLength])
	switch {
	case !utf8.ValidString(name):
		return entry{}, 0, fail(at, "archive entry's name is not UTF-8")
	case flags&1 != 0:
		return entry{}, 0, fail(at, "archive entry %q is encrypted", clip(name))
	case method != 0:
		return entry{}, 0, fail(at, "archive entry %q is compressed; PyTorch stores entries as they are", clip(name))
	}
	if !wide(text[46+nameLength:46+nameLength+extraLength], &plain, &packed, &local) {
		return entry{}, 0, fail(at, "archive entry %q has a damaged 64-bit field", clip(name))
	}
	if plain != packed || local > uint64(limit) || plain > uint64(limit) {
		return entry{}, 0, fail(at, "archive entry %q does not lie within the file", clip(name))
	}
	head := make([]byte, 30+len(name))
	if local+uint64(len(head)) > uint64(limit) {
		return entry{}, 0, fail(at, "archive entry %q does not lie within the file", clip(name))
	}
	if _, err := r.ReadAt(head, int64(local)); err != nil {
		return entry{}, 0, err
	}
	if string(head[:4]) != "PK\x03\x04" || int(binary.LittleEndian.Uint16(head[26:])) != len(name) || string(head[30:]) != name {
		return entry{}, 0, fail(int64(local), "archive entry %q has another name or none at its own place", clip(name))
	}
	start := int64(local) + int64(len(head)) + int64(binary.LittleEndian.Uint16(head[28:]))
	if start > limit || int64(plain) > limit-start {
		return entry{}, 0, fail(at, "archive entry %q does not lie within the file", clip(name))
	}
	return entry{name: name, at: int64(local), start: start, size: int64(plain)}, int64(used), nil
}

// wide replaces each value that is all ones in 32 bits by its 64-bit form
// from the extra field with id 1, in the order in which they are given.
func wide(extra []byte, values ...*uint64) bool {
	var field []byte
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return false
		}
		if id == 1 {
			field = extra[4 : 4+n]
		}
		extra = extra[4+n:]
	}
	for _, v := range values {
		if *v != 0xffffffff {
			continue
		}
		if len(field) < 8 {
			return false
		}
		*v = binary.LittleEndian.Uint64(field)
		field = field[8:]
	}
	return true
}
