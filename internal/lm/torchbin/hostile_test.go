package torchbin

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"runexp/internal/lm/safetensors"
	"runexp/internal/testkit/hostile"
)

// Pieces of pickles and archives.
const (
	proto = hostile.Proto
	key   = hostile.Key
	ref   = hostile.Ref
	tail  = hostile.Tail
	make2 = hostile.Make2
)

var model, whole, int8s = hostile.Model, hostile.Whole, hostile.Bytes

func legacy(name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		panic(err)
	}
	return b
}

func TestHostileFilesAreRefusedWithTheirOffset(t *testing.T) {
	for _, c := range hostile.TorchFiles(legacy("legacy.bin")) {
		path := filepath.Join(t.TempDir(), "model.safetensors") // the name must not matter
		if err := os.WriteFile(path, c.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Open(path)
		runtime.ReadMemStats(&after)
		if err == nil {
			f.Close()
			t.Errorf("%s: accepted", c.Name)
			continue
		}
		at, ok := errors.AsType[*safetensors.Error](err)
		if !ok || at.Path != path || at.Offset < 0 || at.Offset > int64(len(c.Data)) {
			t.Errorf("%s: error %q carries no path and offset", c.Name, err)
		}
		if !strings.Contains(err.Error(), c.Want) || len(err.Error()) > 700 {
			t.Errorf("%s: error %.900q does not say %q, or is too long", c.Name, err, c.Want)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20 {
			t.Errorf("%s: %d bytes allocated", c.Name, used)
		}
	}
}

func TestOffsetPointsAtTheOpcode(t *testing.T) {
	b := model(proto + "}" + key + "cos\nsystem\n.")
	_, err := parse("x", bytes.NewReader(b), int64(len(b)))
	at, ok := errors.AsType[*safetensors.Error](err)
	if want := int64(bytes.Index(b, []byte("cos\n"))); !ok || at.Offset != want {
		t.Errorf("error %v, want byte %d", err, want)
	}
}

func TestOddButAllowedPickles(t *testing.T) {
	plain := make2 + ref + "K\x00" + int8s(2, 2) + "\x86" + int8s(2, 1) + "\x86" + tail
	for name, b := range map[string][]byte{
		"no tensors":        model(proto + "}."),
		"one tensor":        whole(plain),
		"metadata argument": whole(strings.TrimSuffix(plain, "tR") + "}tR"),
		"old function":      whole("ctorch._utils\n_rebuild_tensor\n(" + ref + "K\x00" + int8s(4) + "\x85" + int8s(1) + "\x85tR"),
		"Python 2 strings":  model(proto + "}U\x01a" + plain + "s."),
		"Python 2 dict":     model(proto + "ccollections\nOrderedDict\n]]" + key + "a" + plain + "aa\x85R."),
		"memory":            model(proto + "}" + key + plain + "r\x00\x01\x00\x00s."),
		"memoize and frame": model("\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a" + plain + "\x94s."),
	} {
		if !readable(t, b) {
			_, err := parse(name, bytes.NewReader(b), int64(len(b)))
			t.Errorf("%s: %v", name, err)
		}
	}
}

// readable tells whether a file is accepted; what is accepted must be readable.
func readable(t *testing.T, b []byte) bool {
	t.Helper()
	f, err := parse("x", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return false
	}
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		raw, err := f.ReadRaw(name)
		if err != nil || int64(len(raw)) != info.Size {
			t.Fatalf("ReadRaw(%q) = %d bytes, %v, want %d", name, len(raw), err, info.Size)
		}
		if safetensors.IsFloat(info.DType) {
			if err := f.Read(name, make([]float32, info.Elements())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return true
}

func FuzzParse(f *testing.F) {
	for _, c := range hostile.TorchFiles(legacy("legacy.bin")) {
		if len(c.Data) < 4096 {
			f.Add(c.Data)
		}
	}
	f.Add(legacy("legacy.bin"))
	f.Add(legacy("zip.bin"))
	f.Fuzz(func(t *testing.T, b []byte) { readable(t, b) })
}

// FuzzPickle spares the fuzzer the archive around the pickle.
func FuzzPickle(f *testing.F) {
	f.Add([]byte(proto + "}" + key + make2 + ref + "K\x00" + int8s(2, 2) + "\x86" + int8s(2, 1) + "\x86" + tail + "s."))
	f.Add([]byte(proto + "ccollections\nOrderedDict\n]]" + key + "aK\x01aa\x85R}b."))
	f.Fuzz(func(t *testing.T, b []byte) { readable(t, model(string(b))) })
}

// TestWideFieldsOfLargeArchives covers what only archives beyond 4 GB have.
func TestWideFieldsOfLargeArchives(t *testing.T) {
	const all = 0xffffffff
	number := func(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }
	other := "FB\x02\x00ZZ" // PyTorch's padding
	cases := []struct {
		name              string
		extra             string
		plain, packed, at uint64
		want              [3]uint64
		ok                bool
	}{
		{"narrow", other, 1, 2, 3, [3]uint64{1, 2, 3}, true},
		{"all three", other + "\x01\x00\x18\x00" + number(5<<32) + number(6<<32) + number(7<<32), all, all, all, [3]uint64{5 << 32, 6 << 32, 7 << 32}, true},
		{"place alone", "\x01\x00\x08\x00" + number(9<<32), 1, 2, all, [3]uint64{1, 2, 9 << 32}, true},
		{"field missing", other, all, 2, 3, [3]uint64{}, false},
		{"field too short", "\x01\x00\x08\x00" + number(1), all, all, 3, [3]uint64{}, false},
		{"field beyond the record", "\x01\x00\x18\x00" + number(1), all, 2, 3, [3]uint64{}, false},
	}
	for _, c := range cases {
		got := [3]uint64{c.plain, c.packed, c.at}
		ok := wide([]byte(c.extra), &got[0], &got[1], &got[2])
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}
