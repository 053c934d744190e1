package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func le64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

// file puts the length before a header and data behind it.
func file(header string, data []byte) []byte {
	return append(append(le64(uint64(len(header))), header...), data...)
}

func mustParse(t *testing.T, b []byte) *File {
	t.Helper()
	f, err := parse("x", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const good = `"dtype":"F32","shape":[1],"data_offsets":[0,4]`

// hostile lists files that must be refused: what is wrong with each, the byte
// the error has to point at (-1: not checked) and a part of its message.
var hostile = []struct {
	name string
	file []byte
	at   int64
	want string
}{
	// the length
	{"empty file", nil, 0, "before the 8-byte"},
	{"seven bytes", make([]byte, 7), 7, "before the 8-byte"},
	{"length 0", le64(0), 0, "too small"},
	{"length 1", append(le64(1), '{'), 0, "too small"},
	{"length 2⁶³", append(le64(1<<63), "{}"...), 0, "above the limit"},
	{"length 2⁶⁴-1", append(le64(1<<64-1), "{}"...), 0, "above the limit"},
	{"length 2⁶³-1", append(le64(1<<63-1), "{}"...), 0, "above the limit"},
	{"length 100,000,001", append(le64(100_000_001), "{}"...), 0, "above the limit"},
	{"length beyond the file", append(le64(3), "{}"...), 0, "beyond the end"},
	{"length without a header", le64(2), 0, "beyond the end"},
	// other formats by another name
	{"zip", []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00"), 0, "zip archive"},
	{"pickle", []byte("\x80\x02ccollections\nOrderedDict\n"), 0, "pickle"},
	{"numpy", []byte("\x93NUMPY\x01\x00v\x00"), 0, "NumPy"},
	{"gguf", []byte("GGUF\x03\x00\x00\x00\x00\x00\x00\x00"), 0, "GGUF"},
	// JSON
	{"not an object", file(`[]`, nil), 8, "begins with"},
	{"leading space", file(` {}`, nil), 8, "begins with"},
	{"byte order mark", file("\ufeff{}", nil), 8, "begins with"},
	{"NUL padding", file("{}\x00\x00", nil), 10, "nothing more"},
	{"cut object", file(`{"a"`, nil), 12, `expected ":"`},
	{"cut string", file(`{"a`, nil), 9, "without an end"},
	{"two values", file(`{}{}`, nil), 10, "nothing more"},
	{"trailing comma", file(`{"a":{`+good+`},}`, make([]byte, 4)), -1, "expected a string"},
	{"missing comma", file(`{"a":{"dtype":"F32" "shape":[1]}}`, nil), 28, `"," or "}"`},
	{"comment", file(`{/**/}`, nil), 9, "expected a string"},
	{"single quotes", file(`{'a':1}`, nil), 9, "expected a string"},
	{"unquoted key", file(`{a:1}`, nil), 9, "expected a string"},
	{"NUL in a string", file("{\"a\x00\":1}", nil), 11, "control character"},
	{"line break in a string", file("{\"a\n\":1}", nil), 11, "control character"},
	{"invalid UTF-8", file("{\"a\xff\":{"+good+"}}", make([]byte, 4)), 11, "UTF-8"},
	{"overlong UTF-8", file("{\"\xc0\xaf\":{"+good+"}}", make([]byte, 4)), 10, "UTF-8"},
	{"surrogate as UTF-8", file("{\"\xed\xa0\x80\":{"+good+"}}", make([]byte, 4)), 10, "UTF-8"},
	{"half a surrogate pair", file(`{"\ud800":{`+good+`}}`, make([]byte, 4)), 10, "surrogate"},
	{"surrogates reversed", file(`{"\udc00\ud800":{`+good+`}}`, make([]byte, 4)), 10, "surrogate"},
	{"unknown escape", file(`{"\x41":{`+good+`}}`, make([]byte, 4)), 10, "unknown escape"},
	{"short escape", file(`{"\u00":{`+good+`}}`, make([]byte, 4)), 10, "hexadecimal"},
	{"depth", file(`{"a":`+strings.Repeat("[", 100_000)+`}`, nil), 13, "expected an object"},
	{"depth in metadata", file(`{"__metadata__":`+strings.Repeat(`{"a":`, 100_000), nil), -1, "expected a string"},
	// members
	{"duplicate tensor", file(`{"a":{`+good+`},"a":{`+good+`}}`, make([]byte, 4)), -1, `duplicate key "a"`},
	{"duplicate by escape", file(`{"a":{`+good+`},"\u0061":{`+good+`}}`, make([]byte, 4)), -1, `duplicate key "a"`},
	{"duplicate metadata", file(`{"__metadata__":{},"__metadata__":{}}`, nil), 27, "duplicate key"},
	{"duplicate metadata key", file(`{"__metadata__":{"a":"","a":""}}`, nil), 32, "duplicate key"},
	{"duplicate member", file(`{"a":{"dtype":"F32","dtype":"F32"}}`, nil), 28, "duplicate key"},
	{"tensor is null", file(`{"a":null}`, nil), 13, "expected an object"},
	{"tensor is a list", file(`{"a":[]}`, nil), 13, "expected an object"},
	{"metadata is null", file(`{"__metadata__":null}`, nil), 24, "expected an object"},
	{"metadata value is a number", file(`{"__metadata__":{"a":1}}`, nil), 29, "expected a string"},
	{"metadata value is null", file(`{"__metadata__":{"a":null}}`, nil), 29, "expected a string"},
	{"DTYPE", file(`{"a":{"DTYPE":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 14, `unknown member "DTYPE"`},
	{"Shape", file(`{"a":{"dtype":"F32","Shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 28, `unknown member "Shape"`},
	{"unknown member", file(`{"a":{`+good+`,"x":1}}`, make([]byte, 4)), -1, `unknown member "x"`},
	{"no dtype", file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 9, "lacks dtype"},
	{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, make([]byte, 4)), 9, "lacks shape"},
	{"no offsets", file(`{"a":{"dtype":"F32","shape":[1]}}`, make([]byte, 4)), 9, "lacks data_offsets"},
	{"empty tensor object", file(`{"a":{}}`, nil), 9, "lacks dtype"},
	// types
	{"unknown dtype", file(`{"a":{"dtype":"F23","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, `unknown dtype "F23"`},
	{"lower-case dtype", file(`{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "unknown dtype"},
	{"empty dtype", file(`{"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "unknown dtype"},
	{"dtype is a number", file(`{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "expected a string"},
	{"dtype is null", file(`{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "expected a string"},
	{"half a byte", file(`{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}`, make([]byte, 1)), 9, "whole bytes"},
	// shapes
	{"negative", shaped("[-1]", 4), -1, "whole number"},
	{"fraction", shaped("[1.0]", 4), -1, "fraction"},
	{"exponent", shaped("[1e0]", 4), -1, "exponent"},
	{"leading zero", shaped("[01]", 4), -1, "leading zero"},
	{"text", shaped(`["1"]`, 4), -1, "whole number"},
	{"null in shape", shaped(`[null]`, 4), -1, "whole number"},
	{"nested", shaped(`[[1]]`, 4), -1, "whole number"},
	{"shape is null", shaped(`null`, 4), -1, "expected shape"},
	{"shape is a number", shaped(`1`, 4), -1, "expected shape"},
	{"2⁶³", shaped("[9223372036854775808]", 4), -1, "above"},
	{"2⁶⁴-1", shaped("[0,18446744073709551615,18446744073709551615]", 0), -1, "above"},
	{"forty digits", shaped("["+strings.Repeat("9", 40)+"]", 4), -1, "above"},
	{"product overflows", shaped("[4294967296,4294967296]", 4), 9, "overflows"},
	{"product wraps to 4 bytes", shaped("[4611686018427387905,4]", 16), 9, "overflows"},
	{"overflow behind a zero", shaped("[0,4611686018427387904,4611686018427387904]", 0), 9, "overflows"},
	{"huge rank", shaped("["+strings.Repeat("1,", 5000)+"1]", 4), -1, "more than 32"},
	{"trailing comma in shape", shaped("[1,]", 4), -1, "whole number"},
	// offsets
	{"no numbers", offset("[]", 4), -1, "holds 0 numbers"},
	{"one number", offset("[0]", 4), -1, "holds 1 numbers"},
	{"three numbers", offset("[0,4,4]", 4), -1, "more than 2"},
	{"reversed", offset("[4,0]", 4), -1, "before it begins"},
	{"out of the file", offset("[4,8]", 4), -1, "ends at 8 of 4"},
	{"far out of the file", offset("[9223372036854775803,9223372036854775807]", 4), -1, "ends at"},
	{"too small for the shape", offset("[0,3]", 4), -1, "needs 4 bytes"},
	{"negative offset", offset("[-4,0]", 4), -1, "whole number"},
	{"hole at the start", offset("[4,8]", 8), 9, "hole"},
	{"bytes at the end", offset("[0,4]", 5), 8 + 54 + 4, "1 bytes follow"},
	{"cut by one byte", offset("[0,4]", 3), -1, "ends at 4 of 3"},
	{"no data", offset("[0,4]", 0), -1, "ends at 4 of 0"},
	{"data without tensors", file(`{}`, make([]byte, 1)), 10, "1 bytes follow"},
	{"same bytes twice", two("[0,4]", "[0,4]", 4), -1, "overlaps"},
	{"overlap", two("[0,4]", "[2,6]", 6), -1, "overlaps"},
	{"hole between", two("[0,4]", "[5,9]", 9), -1, "hole"},
}

func shaped(shape string, data int) []byte {
	return file(fmt.Sprintf(`{"a":{"dtype":"F32","shape":%s,"data_offsets":[0,%d]}}`, shape, data), make([]byte, data))
}

func offset(offsets string, data int) []byte {
	return file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":`+offsets+`}}`, make([]byte, data))
}

func two(a, b string, data int) []byte {
	const head = `{"dtype":"F32","shape":[1],"data_offsets":`
	return file(`{"a":`+head+a+`},"b":`+head+b+`}}`, make([]byte, data))
}

func TestHostileFilesAreRefusedWithTheirOffset(t *testing.T) {
	dir := t.TempDir()
	for _, c := range hostile {
		path := filepath.Join(dir, "x.safetensors")
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil {
			f.Close()
			t.Errorf("%s: accepted", c.name)
			continue
		}
		at, ok := errors.AsType[*Error](err)
		if !ok || at.Path != path {
			t.Errorf("%s: error %q carries no path and offset", c.name, err)
			continue
		}
		if c.at >= 0 && at.Offset != c.at || at.Offset > int64(len(c.file)) {
			t.Errorf("%s: error at byte %d, want %d: %v", c.name, at.Offset, c.at, err)
		}
		if !strings.Contains(err.Error(), c.want) || len(err.Error()) > 700 {
			t.Errorf("%s: error %.900q does not say %q, or is too long", c.name, err, c.want)
		}
	}
}

func TestOddButAllowedFiles(t *testing.T) {
	for name, b := range map[string][]byte{
		"no tensors":           file(`{}`, nil),
		"padding":              file("{} \n\t\r  ", nil),
		"metadata only":        file(`{"__metadata__":{"a":"b"}}`, nil),
		"members reversed":     file(`{"a":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}`, make([]byte, 4)),
		"tensors out of order": two("[4,8]", "[0,4]", 8),
		"empty tensor between": file(`{"a":{`+good+`},"e":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, make([]byte, 8)),
		"escapes":              file(`{"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00":{`+good+`}}`, make([]byte, 4)),
		"case variants differ": file(`{"a":{`+good+`},"A":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)),
		"two F4":               file(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, make([]byte, 1)),
		"FP8":                  file(`{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}`, make([]byte, 2)),
		"19 digits":            file(`{"a":{"dtype":"U8","shape":[0,1000000000000000000],"data_offsets":[0,0]}}`, nil),
	} {
		if _, err := parse(name, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := mustParse(t, file(`{"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00":{`+good+`}}`, make([]byte, 4)))
	if got, want := f.Names()[0], "\"\\/\b\f\n\r\tä😀"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
}

func TestNotARegularFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("cannot make a named pipe here: %v", err)
	}
	for _, path := range []string{dir, pipe, "/dev/zero"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Open(%s) = %v, want a refusal", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing = %v, want ErrNotExist", err)
	}
}

// TestHostileMemory gives the reader the largest headers it takes, made of as
// many tensors or as deep or wide a structure as fit.
func TestHostileMemory(t *testing.T) {
	tensors := func(n int) []byte {
		var b bytes.Buffer
		b.WriteByte('{')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`, i)
		}
		b.WriteByte('}')
		return file(b.String(), nil)
	}
	for name, b := range map[string][]byte{
		"as many tensors as allowed": tensors(maxTensors),
		"one more":                   tensors(maxTensors + 1),
		"one long name":              file(`{"`+strings.Repeat("a", maxHeaderBytes-10)+`":1}`, nil),
		"metadata keys": file(`{"__metadata__":{`+func() string {
			var s strings.Builder
			for i := 0; s.Len() < maxHeaderBytes-100; i++ {
				fmt.Fprintf(&s, `"%d":"",`, i)
			}
			return s.String()
		}()+`"":""}}`, nil),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := parse(name, bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		total := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes allocated, err %.100v", name, total, err)
		// All that was ever allocated bounds what was in use at any time.
		if total > 64<<20 {
			t.Errorf("%s: %d bytes allocated, want at most 64 MiB", name, total)
		}
		runtime.KeepAlive(f)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range hostile {
		if len(c.file) < 4096 {
			f.Add(c.file)
		}
	}
	f.Add(two("[4,8]", "[0,4]", 8))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parse("fuzz", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		// What was accepted can be read to the last byte, and covers each byte once.
		sum := int64(0)
		for _, name := range file.Names() {
			raw, err := file.ReadRaw(name)
			if err != nil {
				t.Fatal(err)
			}
			sum += int64(len(raw))
		}
		if header := int64(binary.LittleEndian.Uint64(b)); 8+header+sum != int64(len(b)) {
			t.Fatalf("header %d and tensors %d do not add up to %d", header, sum, len(b))
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":12,"x":true},"weight_map":{"a":"m-1.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"\ud83d\ude00":"../s"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := parseIndex(b)
		if err != nil {
			return
		}
		n := 0
		for shard, tensors := range x.shards {
			for _, name := range tensors {
				if x.shardOf[name] != shard {
					t.Fatalf("tensor %q is listed under %q and belongs to %q", name, shard, x.shardOf[name])
				}
				n++
			}
		}
		if n == 0 || n != len(x.shardOf) {
			t.Fatalf("%d tensors in shards, %d in all", n, len(x.shardOf))
		}
	})
}
