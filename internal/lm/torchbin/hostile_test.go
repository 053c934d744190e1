package torchbin

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"runexp/internal/lm/safetensors"
)

// file is an entry of an archive made for a test.
type file struct {
	name   string
	data   string
	method uint16
}

func archive(files ...file) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		out, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: f.method})
		if err == nil {
			_, err = io.WriteString(out, f.data)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// model is an archive with the pickle and one storage "0" of four floats.
func model(pickle string) []byte {
	return archive(file{name: "m/data.pkl", data: pickle}, file{name: "m/data/0", data: strings.Repeat("\x00", 16)})
}

// Pieces of pickles.
const (
	proto = "\x80\x02"
	stop  = "."
	key   = "X\x01\x00\x00\x00a"
	// ref is the persistent id of storage "0" of four floats.
	ref   = "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
	tail  = "\x89}tR" // requires_grad, hooks, end of arguments, call
	make2 = "ctorch._utils\n_rebuild_tensor_v2\n("
)

// whole is {"a": a tensor made by the given opcodes}.
func whole(value string) []byte { return model(proto + "}" + key + value + "s" + stop) }

// view is {"a": a view of storage "0"} with the given opcodes for offset, shape and stride.
func view(args string) []byte { return whole(make2 + ref + args + tail) }

func int8s(n ...byte) string {
	var s strings.Builder
	for _, x := range n {
		s.WriteString("K" + string([]byte{x}))
	}
	return s.String()
}

func legacy(name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		panic(err)
	}
	return b
}

func replaced(b []byte, old, new string) []byte {
	if bytes.Count(b, []byte(old)) == 0 {
		panic("nothing to replace: " + old)
	}
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}

// hostile lists files that must be refused, with a part of the message.
var hostile = []struct {
	name string
	file []byte
	want string
}{
	// by the first bytes
	{"empty", nil, "no PyTorch checkpoint"},
	{"short", []byte("PK\x03\x04"), "no PyTorch checkpoint"},
	{"text", []byte("version https://git-lfs"), "begins with"},
	{"numpy", []byte("\x93NUMPY\x01\x00v\x00"), "begins with"},
	{"gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), "begins with"},
	{"safetensors", []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"), "begins with"},
	{"pickle protocol 5", []byte("\x80\x05}.\x00\x00\x00\x00"), "begins with"},
	{"pickle protocol 0", []byte("cos\nsystem\n(S'x'\ntR."), "begins with"},
	{"tar", append([]byte("storages\x00"), make([]byte, 512)...), "begins with"},

	// programs
	{"os.system", model(proto + "cos\nsystem\nX\x02\x00\x00\x00id\x85R."), `names "os.system"`},
	{"posix.system", model(proto + "cposix\nsystem\nX\x02\x00\x00\x00id\x85R."), `names "posix.system"`},
	{"eval", model(proto + "c__builtin__\neval\nX\x01\x00\x00\x001\x85R."), `names "__builtin__.eval"`},
	{"stack global", model("\x80\x04\x8c\x02os\x8c\x06system\x93X\x02\x00\x00\x00id\x85R."), `names "os.system"`},
	{"stack global of numbers", model("\x80\x04K\x01K\x02\x93."), "by a whole number"},
	{"dotted attribute", model("\x80\x04\x8c\x05torch\x8c\x14FloatStorage.__init_\x93."), "names"},
	{"torch.load", model(proto + "ctorch\nload\n."), `names "torch.load"`},
	{"_load_from_bytes", model(proto + "ctorch.storage\n_load_from_bytes\n."), "names"},
	{"getattr", model(proto + "cbuiltins\ngetattr\n."), "names"},
	{"numpy scalar", model(proto + "cnumpy.core.multiarray\nscalar\n."), "names"},
	{"a million letters", model(proto + "c" + strings.Repeat("a", 1_000_000) + "\nb\n."), "global without an end"},
	{"global cut short", model(proto + "cos\nsystem"), "global without an end"},
	{"INST", model(proto + "(X\x02\x00\x00\x00idios\nsystem\n."), "opcode 0x69"},
	{"OBJ", model(proto + "(o."), "opcode 0x6f"},
	{"NEWOBJ", model(proto + "ccollections\nOrderedDict\n)\x81."), "opcode 0x81"},
	{"NEWOBJ_EX", model(proto + "\x92."), "opcode 0x92"},
	{"EXT1", model(proto + "\x82\x01."), "opcode 0x82"},
	{"PERSID in text", model(proto + "P1\n."), "opcode 0x50"},
	{"LONG4 of a gigabyte", model(proto + "\x8b\xff\xff\xff\x3f."), "opcode 0x8b"},
	{"BINBYTES8", model(proto + "\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."), "opcode 0x8e"},
	{"NEXT_BUFFER", model("\x80\x05\x97."), "opcode 0x97"},
	{"call of a type", whole("ctorch\nFloatStorage\n)R"), "applies a name"},
	{"call of a string", whole("X\x01\x00\x00\x00a)R"), "applies a string"},
	{"call with a list", whole("ccollections\nOrderedDict\n]R"), "to a list"},
	{"build of a dictionary", whole("}}b"), "sets attributes of a dictionary"},
	{"build of a name", whole("ccollections\nOrderedDict\n}b"), "sets attributes of a name"},

	// malformed pickles
	{"no pickle", model(""), "ends within an opcode"},
	{"no end", model(proto + "}"), "ends within an opcode"},
	{"empty stack", model(proto + "."), "ends with 0 values"},
	{"two values", model(proto + "}}."), "ends with 2 values"},
	{"pop of nothing", model(proto + "\x85."), "empty stack"},
	{"no mark", model(proto + "t."), "a mark that is not there"},
	{"mark as a value", model(proto + "(\x85."), "mark for a value"},
	{"mark as the result", model(proto + "(."), "not a dictionary"},
	{"memo never stored", model(proto + "h\x05."), "recalls 5"},
	{"memo of 2³²-1", model(proto + "j\xff\xff\xff\xff."), "recalls"},
	{"string of 4 GB", model(proto + "X\xff\xff\xff\xffa."), "string of 4294967295"},
	{"string cut short", model(proto + "X\x05\x00\x00\x00a."), "ends within"},
	{"string not UTF-8", model(proto + "X\x01\x00\x00\x00\xff."), "not UTF-8"},
	{"protocol 9", model("\x80\x09}."), "protocol 9"},
	{"protocol 0 within", model("\x80\x00}."), "protocol 0"},
	{"list as a key", model(proto + "}]K\x01s."), "uses a list as a key"},
	{"items without values", model(proto + "}(K\x01u."), "adds items"},
	{"items to a number", model(proto + "K\x01K\x01a."), "adds items to a whole number"},
	{"append to a dictionary", model(proto + "}K\x01a."), "adds items to a dictionary"},
	{"bytes behind the pickle", model(proto + "}.x"), "1 bytes follow the pickle"},
	{"second pickle behind", model(proto + "}." + proto + "cos\nsystem\n."), "follow the pickle"},
	{"endless marks", model(proto + strings.Repeat("(", 600_000)), "more than 500000 opcodes"},
	{"deep tuples", model(proto + "N" + strings.Repeat("\x85", 600_000)), "more than 500000 opcodes"},
	{"huge pickle", archive(file{name: "m/data.pkl", data: strings.Repeat("N", maxPickleBytes+1)}), "above the limit"},
	{"a list", model(proto + "]."), "holds a list"},
	{"number as a name", model(proto + "}K\x01K\x01s."), "whole number as a key"},
	{"number as a tensor", whole("K\x01"), "is a whole number, not a tensor"},
	{"itself as a tensor", model(proto + "}q\x00" + key + "h\x00s."), "is a dictionary, not a tensor"},
	{"OrderedDict of a number", whole("ccollections\nOrderedDict\nK\x01\x85R"), "list of pairs"},
	{"OrderedDict of triples", whole("ccollections\nOrderedDict\n]K\x01K\x02K\x03\x87a\x85R"), "list of pairs"},

	// tensors
	{"wrong shape", view("K\x00" + int8s(5) + "\x85" + int8s(1) + "\x85"), "more elements"},
	{"beyond the storage", view("K\x01" + int8s(4) + "\x85" + int8s(1) + "\x85"), "reaches beyond"},
	{"strides beyond", view("K\x00" + int8s(2) + "\x85" + int8s(4) + "\x85"), "reaches beyond"},
	{"expanded by stride 0", view("K\x00" + int8s(200, 200) + "\x86" + int8s(0, 0) + "\x86"), "more elements"},
	{"offset beyond", view("K\x04))"), "begins at element 4"},
	{"negative offset", view("J\xff\xff\xff\xff))"), "wrong storage, offset"},
	{"negative shape", view("K\x00J\xff\xff\xff\xff\x85" + int8s(1) + "\x85"), "wrong storage, offset"},
	{"negative stride", view("K\x03" + int8s(4) + "\x85J\xff\xff\xff\xff\x85"), "wrong storage, offset"},
	{"shape without strides", view("K\x00" + int8s(4) + "\x85)"), "wrong storage, offset"},
	{"shape is a list", view("K\x00]" + int8s(1) + "\x85"), "wrong storage, offset"},
	{"fraction in the shape", view("K\x00G\x3f\xf0\x00\x00\x00\x00\x00\x00\x85" + int8s(1) + "\x85"), "wrong storage, offset"},
	{"rank 40", view("K\x00(" + int8s(make([]byte, 40)...) + "t(" + int8s(make([]byte, 40)...) + "t"), "wrong storage, offset"},
	{"shape overflows", view("K\x00" + strings.Repeat("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 2) + "\x86" + int8s(1, 1) + "\x86"), "more elements"},
	{"overflow behind a zero", view("K\x00K\x00" + strings.Repeat("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 2) + "\x87" + int8s(1, 1, 1) + "\x87"), "overflows"},
	{"stride overflows", view("K\x00" + int8s(3) + "\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"), "reaches beyond"},
	{"number of 80 bits in the shape", view("K\x00\x8a\x0a" + strings.Repeat("\x01", 10) + "\x85" + int8s(1) + "\x85"), "wrong storage, offset"},
	{"too few arguments", whole(make2 + ref + "tR"), "with 1 arguments"},
	{"too many arguments", whole(make2 + ref + "K\x00))\x89}NNNtR"), "arguments"},
	{"tensor of no storage", whole(make2 + "K\x01K\x00))\x89}tR"), "wrong storage"},
	{"parameter of a number", whole("ctorch._utils\n_rebuild_parameter\nK\x01\x89}\x87R"), "of a whole number"},
	{"parameter of two", whole("ctorch._utils\n_rebuild_parameter\nK\x01\x89\x86R"), "with 2 arguments"},

	// storages
	{"id is a number", whole("K\x01Q"), "by a whole number"},
	{"id of three parts", whole("K\x01K\x02K\x03\x87Q"), "not that of a storage"},
	{"id of another thing", view2("module", "0", "K\x04"), "not that of a storage"},
	{"missing storage", view2("storage", "9", "K\x04"), "missing from the archive"},
	{"storage by a path", view2("storage", "../../0", "K\x04"), "missing from the archive"},
	{"storage of another size", view2("storage", "0", "K\x05"), "has 16 bytes in the archive, want 20"},
	{"negative storage", view2("storage", "0", "J\xff\xff\xff\xff"), "not that of a storage"},
	{"storage of 2⁶³-1", view2("storage", "0", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), "too large"},
	{"storage described twice", model(proto + "](" + ref + strings.Replace(ref, "FloatStorage", "IntStorage", 1) + "e."), "described in two ways"},

	// archives
	{"empty archive", archive(), "begins with"},
	{"no pickle in the archive", archive(file{name: "m/data/0"}), "holds 0 files data.pkl"},
	{"two pickles", archive(file{name: "m/data.pkl", data: "}."}, file{name: "n/data.pkl", data: "}."}), "holds 2 files data.pkl"},
	{"pickle twice", archive(file{name: "m/data.pkl", data: "}."}, file{name: "m/data.pkl", data: "}."}), "twice"},
	{"pickle at the top", archive(file{name: "data.pkl", data: "}."}), "holds 0 files data.pkl"},
	{"compressed", archive(file{name: "m/data.pkl", data: strings.Repeat("N", 1<<20), method: zip.Deflate}), "is compressed"},
	{"bomb behind a good pickle", archive(file{name: "m/data.pkl", data: "}."}, file{"m/data/0", strings.Repeat("\x00", 10<<20), zip.Deflate}), "is compressed"},
	{"big-endian", archive(file{name: "m/data.pkl", data: "}."}, file{name: "m/byteorder", data: "big"}), "byte order"},
	{"encrypted", flagged(1), "encrypted"},
	{"text behind the archive", append(model(proto+"}."), "x"...), "does not end with its directory"},
	{"comment", commented(), "does not end with its directory"},
	{"cut short", model(proto + "}.")[:100], "does not end with its directory"},
	{"other local name", replaced(model(proto+"}."), "m/data/0", "m/data/1"), "another name"},
	{"no local header", replaced(model(proto+"}."), "PK\x03\x04\x14\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08", "PX"+strings.Repeat("\x00", 25)), "another name"},
	{"100,000 entries", many(100_000), "above the limit"},
	{"overlapping entries", overlapping(), "overlap"},
	{"entry beyond the file", stretched(), "does not lie within"},

	// the older layout
	{"pickle of something else", []byte(proto + "cos\nsystem\nX\x02\x00\x00\x00id\x85R."), `names "os.system"`},
	{"no magic number", []byte(proto + "K\x01" + ".      "), "magic number is missing"},
	{"other protocol", replaced(legacy("legacy.bin"), "M\xe9\x03", "M\xe8\x03"), "protocol 1000"},
	{"big-endian legacy", replaced(legacy("legacy.bin"), "\x88", "\x89"), "little-endian"},
	{"legacy cut in a pickle", legacy("legacy.bin")[:200], "without an end"},
	{"legacy cut in a storage", legacy("legacy.bin")[:len(legacy("legacy.bin"))-1], "beyond the end"},
	{"legacy with a tail", append(legacy("legacy.bin"), 0), "1 bytes follow"},
	{"other class in legacy", replaced(legacy("legacy.bin"), "ctorch._utils\n_rebuild_tensor_v2", "cposix._utils\n_rebuild_tensor_v2"), "names"},
}

// view2 is whole(a tensor) with another persistent id.
func view2(kind, storageKey, elements string) []byte {
	text := func(s string) string { return "X" + string([]byte{byte(len(s)), 0, 0, 0}) + s }
	id := "(" + text(kind) + "ctorch\nFloatStorage\n" + text(storageKey) + text("cpu") + elements + "tQ"
	return whole(make2 + id + "K\x00" + int8s(4) + "\x85" + int8s(1) + "\x85" + tail)
}

// flagged sets general-purpose flags of the first entry of the directory.
func flagged(flags byte) []byte {
	b := model(proto + "}.")
	b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= flags
	return b
}

// commented appends a comment, into which a second archive could be put.
func commented() []byte {
	b := model(proto + "}.")
	b[len(b)-2] = 3
	return append(b, "abc"...)
}

// many is an archive with n empty entries.
func many(n int) []byte {
	files := []file{{name: "m/data.pkl", data: "}."}}
	for i := range n {
		files = append(files, file{name: fmt.Sprintf("m/%d", i)})
	}
	return archive(files...)
}

// overlapping makes the first entry so long that it covers the second.
func overlapping() []byte {
	b := model(proto + "}.")
	dir := bytes.Index(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[dir+20:], 60)
	binary.LittleEndian.PutUint32(b[dir+24:], 60)
	return b
}

// stretched makes the second entry reach into the directory.
func stretched() []byte {
	b := model(proto + "}.")
	dir := bytes.LastIndex(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[dir+20:], 160)
	binary.LittleEndian.PutUint32(b[dir+24:], 160)
	return b
}

func TestHostileFilesAreRefusedWithTheirOffset(t *testing.T) {
	for _, c := range hostile {
		path := filepath.Join(t.TempDir(), "model.safetensors") // the name must not matter
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Open(path)
		runtime.ReadMemStats(&after)
		if err == nil {
			f.Close()
			t.Errorf("%s: accepted", c.name)
			continue
		}
		at, ok := errors.AsType[*safetensors.Error](err)
		if !ok || at.Path != path || at.Offset < 0 || at.Offset > int64(len(c.file)) {
			t.Errorf("%s: error %q carries no path and offset", c.name, err)
		}
		if !strings.Contains(err.Error(), c.want) || len(err.Error()) > 700 {
			t.Errorf("%s: error %.900q does not say %q, or is too long", c.name, err, c.want)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20 {
			t.Errorf("%s: %d bytes allocated", c.name, used)
		}
	}
	t.Logf("%d files", len(hostile))
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
	for _, c := range hostile {
		if len(c.file) < 4096 {
			f.Add(c.file)
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
