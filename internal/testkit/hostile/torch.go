package hostile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Entry is a file of an archive made for a test.
type Entry struct {
	name   string
	data   string
	method uint16
}

func Archive(files ...Entry) []byte {
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

// Model is an archive with the pickle and one storage "0" of four floats.
func Model(pickle string) []byte {
	return Archive(Entry{name: "m/data.pkl", data: pickle}, Entry{name: "m/data/0", data: strings.Repeat("\x00", 16)})
}

// Pieces of pickles.
const (
	Proto = "\x80\x02"
	stop  = "."
	Key   = "X\x01\x00\x00\x00a"
	// Ref is the persistent id of storage "0" of four floats.
	Ref   = "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
	Tail  = "\x89}tR" // requires_grad, hooks, end of arguments, call
	Make2 = "ctorch._utils\n_rebuild_tensor_v2\n("
)

// Whole is {"a": a tensor made by the given opcodes}.
func Whole(value string) []byte { return Model(Proto + "}" + Key + value + "s" + stop) }

// view is {"a": a view of storage "0"} with the given opcodes for offset, shape and stride.
func view(args string) []byte { return Whole(Make2 + Ref + args + Tail) }

func Bytes(n ...byte) string {
	var s strings.Builder
	for _, x := range n {
		s.WriteString("K" + string([]byte{x}))
	}
	return s.String()
}

func replaced(b []byte, old, new string) []byte {
	if bytes.Count(b, []byte(old)) == 0 {
		panic("nothing to replace: " + old)
	}
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}

// TorchFiles lists checkpoints that must be refused. older is a good one in the
// layout before archives.
func TorchFiles(older []byte) []File {
	var files []File
	for _, c := range []struct {
		name string
		data []byte
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
		{"os.system", Model(Proto + "cos\nsystem\nX\x02\x00\x00\x00id\x85R."), `names "os.system"`},
		{"posix.system", Model(Proto + "cposix\nsystem\nX\x02\x00\x00\x00id\x85R."), `names "posix.system"`},
		{"eval", Model(Proto + "c__builtin__\neval\nX\x01\x00\x00\x001\x85R."), `names "__builtin__.eval"`},
		{"stack global", Model("\x80\x04\x8c\x02os\x8c\x06system\x93X\x02\x00\x00\x00id\x85R."), `names "os.system"`},
		{"stack global of numbers", Model("\x80\x04K\x01K\x02\x93."), "by a whole number"},
		{"dotted attribute", Model("\x80\x04\x8c\x05torch\x8c\x14FloatStorage.__init_\x93."), "names"},
		{"torch.load", Model(Proto + "ctorch\nload\n."), `names "torch.load"`},
		{"_load_from_bytes", Model(Proto + "ctorch.storage\n_load_from_bytes\n."), "names"},
		{"getattr", Model(Proto + "cbuiltins\ngetattr\n."), "names"},
		{"numpy scalar", Model(Proto + "cnumpy.core.multiarray\nscalar\n."), "names"},
		{"a million letters", Model(Proto + "c" + strings.Repeat("a", 1_000_000) + "\nb\n."), "global without an end"},
		{"global cut short", Model(Proto + "cos\nsystem"), "global without an end"},
		{"INST", Model(Proto + "(X\x02\x00\x00\x00idios\nsystem\n."), "opcode 0x69"},
		{"OBJ", Model(Proto + "(o."), "opcode 0x6f"},
		{"NEWOBJ", Model(Proto + "ccollections\nOrderedDict\n)\x81."), "opcode 0x81"},
		{"NEWOBJ_EX", Model(Proto + "\x92."), "opcode 0x92"},
		{"EXT1", Model(Proto + "\x82\x01."), "opcode 0x82"},
		{"PERSID in text", Model(Proto + "P1\n."), "opcode 0x50"},
		{"LONG4 of a gigabyte", Model(Proto + "\x8b\xff\xff\xff\x3f."), "opcode 0x8b"},
		{"BINBYTES8", Model(Proto + "\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."), "opcode 0x8e"},
		{"NEXT_BUFFER", Model("\x80\x05\x97."), "opcode 0x97"},
		{"call of a type", Whole("ctorch\nFloatStorage\n)R"), "applies a name"},
		{"call of a string", Whole("X\x01\x00\x00\x00a)R"), "applies a string"},
		{"call with a list", Whole("ccollections\nOrderedDict\n]R"), "to a list"},
		{"build of a dictionary", Whole("}}b"), "sets attributes of a dictionary"},
		{"build of a name", Whole("ccollections\nOrderedDict\n}b"), "sets attributes of a name"},

		// malformed pickles
		{"no pickle", Model(""), "ends within an opcode"},
		{"no end", Model(Proto + "}"), "ends within an opcode"},
		{"empty stack", Model(Proto + "."), "ends with 0 values"},
		{"two values", Model(Proto + "}}."), "ends with 2 values"},
		{"pop of nothing", Model(Proto + "\x85."), "empty stack"},
		{"no mark", Model(Proto + "t."), "a mark that is not there"},
		{"mark as a value", Model(Proto + "(\x85."), "mark for a value"},
		{"mark as the result", Model(Proto + "(."), "not a dictionary"},
		{"memo never stored", Model(Proto + "h\x05."), "recalls 5"},
		{"memo of 2³²-1", Model(Proto + "j\xff\xff\xff\xff."), "recalls"},
		{"string of 4 GB", Model(Proto + "X\xff\xff\xff\xffa."), "string of 4294967295"},
		{"string cut short", Model(Proto + "X\x05\x00\x00\x00a."), "ends within"},
		{"string not UTF-8", Model(Proto + "X\x01\x00\x00\x00\xff."), "not UTF-8"},
		{"protocol 9", Model("\x80\x09}."), "protocol 9"},
		{"protocol 0 within", Model("\x80\x00}."), "protocol 0"},
		{"list as a key", Model(Proto + "}]K\x01s."), "uses a list as a key"},
		{"items without values", Model(Proto + "}(K\x01u."), "adds items"},
		{"items to a number", Model(Proto + "K\x01K\x01a."), "adds items to a whole number"},
		{"append to a dictionary", Model(Proto + "}K\x01a."), "adds items to a dictionary"},
		{"bytes behind the pickle", Model(Proto + "}.x"), "1 bytes follow the pickle"},
		{"second pickle behind", Model(Proto + "}." + Proto + "cos\nsystem\n."), "follow the pickle"},
		{"endless marks", Model(Proto + strings.Repeat("(", 600_000)), "more than 500000 opcodes"},
		{"deep tuples", Model(Proto + "N" + strings.Repeat("\x85", 600_000)), "more than 500000 opcodes"},
		{"huge pickle", Archive(Entry{name: "m/data.pkl", data: strings.Repeat("N", 8<<20+1)}), "above the limit"},
		{"a list", Model(Proto + "]."), "holds a list"},
		{"number as a name", Model(Proto + "}K\x01K\x01s."), "whole number as a key"},
		{"number as a tensor", Whole("K\x01"), "is a whole number, not a tensor"},
		{"itself as a tensor", Model(Proto + "}q\x00" + Key + "h\x00s."), "is a dictionary, not a tensor"},
		{"OrderedDict of a number", Whole("ccollections\nOrderedDict\nK\x01\x85R"), "list of pairs"},
		{"OrderedDict of triples", Whole("ccollections\nOrderedDict\n]K\x01K\x02K\x03\x87a\x85R"), "list of pairs"},

		// tensors
		{"wrong shape", view("K\x00" + Bytes(5) + "\x85" + Bytes(1) + "\x85"), "more elements"},
		{"beyond the storage", view("K\x01" + Bytes(4) + "\x85" + Bytes(1) + "\x85"), "reaches beyond"},
		{"strides beyond", view("K\x00" + Bytes(2) + "\x85" + Bytes(4) + "\x85"), "reaches beyond"},
		{"expanded by stride 0", view("K\x00" + Bytes(200, 200) + "\x86" + Bytes(0, 0) + "\x86"), "more elements"},
		{"offset beyond", view("K\x04))"), "begins at element 4"},
		{"negative offset", view("J\xff\xff\xff\xff))"), "wrong storage, offset"},
		{"negative shape", view("K\x00J\xff\xff\xff\xff\x85" + Bytes(1) + "\x85"), "wrong storage, offset"},
		{"negative stride", view("K\x03" + Bytes(4) + "\x85J\xff\xff\xff\xff\x85"), "wrong storage, offset"},
		{"shape without strides", view("K\x00" + Bytes(4) + "\x85)"), "wrong storage, offset"},
		{"shape is a list", view("K\x00]" + Bytes(1) + "\x85"), "wrong storage, offset"},
		{"fraction in the shape", view("K\x00G\x3f\xf0\x00\x00\x00\x00\x00\x00\x85" + Bytes(1) + "\x85"), "wrong storage, offset"},
		{"rank 40", view("K\x00(" + Bytes(make([]byte, 40)...) + "t(" + Bytes(make([]byte, 40)...) + "t"), "wrong storage, offset"},
		{"shape overflows", view("K\x00" + strings.Repeat("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 2) + "\x86" + Bytes(1, 1) + "\x86"), "more elements"},
		{"overflow behind a zero", view("K\x00K\x00" + strings.Repeat("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 2) + "\x87" + Bytes(1, 1, 1) + "\x87"), "overflows"},
		{"stride overflows", view("K\x00" + Bytes(3) + "\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"), "reaches beyond"},
		{"number of 80 bits in the shape", view("K\x00\x8a\x0a" + strings.Repeat("\x01", 10) + "\x85" + Bytes(1) + "\x85"), "wrong storage, offset"},
		{"too few arguments", Whole(Make2 + Ref + "tR"), "with 1 arguments"},
		{"too many arguments", Whole(Make2 + Ref + "K\x00))\x89}NNNtR"), "arguments"},
		{"tensor of no storage", Whole(Make2 + "K\x01K\x00))\x89}tR"), "wrong storage"},
		{"parameter of a number", Whole("ctorch._utils\n_rebuild_parameter\nK\x01\x89}\x87R"), "of a whole number"},
		{"parameter of two", Whole("ctorch._utils\n_rebuild_parameter\nK\x01\x89\x86R"), "with 2 arguments"},

		// storages
		{"id is a number", Whole("K\x01Q"), "by a whole number"},
		{"id of three parts", Whole("K\x01K\x02K\x03\x87Q"), "not that of a storage"},
		{"id of another thing", view2("module", "0", "K\x04"), "not that of a storage"},
		{"missing storage", view2("storage", "9", "K\x04"), "missing from the archive"},
		{"storage by a path", view2("storage", "../../0", "K\x04"), "missing from the archive"},
		{"storage of another size", view2("storage", "0", "K\x05"), "has 16 bytes in the archive, want 20"},
		{"negative storage", view2("storage", "0", "J\xff\xff\xff\xff"), "not that of a storage"},
		{"storage of 2⁶³-1", view2("storage", "0", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), "too large"},
		{"storage described twice", Model(Proto + "](" + Ref + strings.Replace(Ref, "FloatStorage", "IntStorage", 1) + "e."), "described in two ways"},

		// archives
		{"empty archive", Archive(), "begins with"},
		{"no pickle in the archive", Archive(Entry{name: "m/data/0"}), "holds 0 files data.pkl"},
		{"two pickles", Archive(Entry{name: "m/data.pkl", data: "}."}, Entry{name: "n/data.pkl", data: "}."}), "holds 2 files data.pkl"},
		{"pickle twice", Archive(Entry{name: "m/data.pkl", data: "}."}, Entry{name: "m/data.pkl", data: "}."}), "twice"},
		{"pickle at the top", Archive(Entry{name: "data.pkl", data: "}."}), "holds 0 files data.pkl"},
		{"compressed", Archive(Entry{name: "m/data.pkl", data: strings.Repeat("N", 1<<20), method: zip.Deflate}), "is compressed"},
		{"bomb behind a good pickle", Archive(Entry{name: "m/data.pkl", data: "}."}, Entry{"m/data/0", strings.Repeat("\x00", 10<<20), zip.Deflate}), "is compressed"},
		{"big-endian", Archive(Entry{name: "m/data.pkl", data: "}."}, Entry{name: "m/byteorder", data: "big"}), "byte order"},
		{"encrypted", flagged(1), "encrypted"},
		{"text behind the archive", append(Model(Proto+"}."), "x"...), "does not end with its directory"},
		{"comment", commented(), "does not end with its directory"},
		{"cut short", Model(Proto + "}.")[:100], "does not end with its directory"},
		{"other local name", replaced(Model(Proto+"}."), "m/data/0", "m/data/1"), "another name"},
		{"no local header", replaced(Model(Proto+"}."), "PK\x03\x04\x14\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08", "PX"+strings.Repeat("\x00", 25)), "another name"},
		{"100,000 entries", many(100_000), "above the limit"},
		{"overlapping entries", overlapping(), "overlap"},
		{"entry beyond the file", stretched(), "does not lie within"},

		// the older layout
		{"pickle of something else", []byte(Proto + "cos\nsystem\nX\x02\x00\x00\x00id\x85R."), `names "os.system"`},
		{"no magic number", []byte(Proto + "K\x01" + ".      "), "magic number is missing"},
		{"other protocol", replaced(older, "M\xe9\x03", "M\xe8\x03"), "protocol 1000"},
		{"big-endian legacy", replaced(older, "\x88", "\x89"), "little-endian"},
		{"legacy cut in a pickle", older[:200], "without an end"},
		{"legacy cut in a storage", older[:len(older)-1], "beyond the end"},
		{"legacy with a Tail", append(bytes.Clone(older), 0), "1 bytes follow"},
		{"other class in legacy", replaced(older, "ctorch._utils\n_rebuild_tensor_v2", "cposix._utils\n_rebuild_tensor_v2"), "names"},
	} {
		files = append(files, File{c.name, c.data, -1, c.want})
	}
	return files
}

// view2 is Whole(a tensor) with another persistent id.
func view2(kind, storageKey, elements string) []byte {
	text := func(s string) string { return "X" + string([]byte{byte(len(s)), 0, 0, 0}) + s }
	id := "(" + text(kind) + "ctorch\nFloatStorage\n" + text(storageKey) + text("cpu") + elements + "tQ"
	return Whole(Make2 + id + "K\x00" + Bytes(4) + "\x85" + Bytes(1) + "\x85" + Tail)
}

// flagged sets general-purpose flags of the first entry of the directory.
func flagged(flags byte) []byte {
	b := Model(Proto + "}.")
	b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= flags
	return b
}

// commented appends a comment, into which a second archive could be put.
func commented() []byte {
	b := Model(Proto + "}.")
	b[len(b)-2] = 3
	return append(b, "abc"...)
}

// many is an archive with n empty entries.
func many(n int) []byte {
	files := []Entry{{name: "m/data.pkl", data: "}."}}
	for i := range n {
		files = append(files, Entry{name: fmt.Sprintf("m/%d", i)})
	}
	return Archive(files...)
}

// overlapping makes the first entry so long that it covers the second.
func overlapping() []byte {
	b := Model(Proto + "}.")
	dir := bytes.Index(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[dir+20:], 60)
	binary.LittleEndian.PutUint32(b[dir+24:], 60)
	return b
}

// stretched makes the second entry reach into the directory.
func stretched() []byte {
	b := Model(Proto + "}.")
	dir := bytes.LastIndex(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[dir+20:], 160)
	binary.LittleEndian.PutUint32(b[dir+24:], 160)
	return b
}
