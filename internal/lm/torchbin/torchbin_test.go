package torchbin

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// want is what testdata/make.py put into its files.
var want = map[string]struct {
	dtype string
	shape []int64
	data  []float32
}{
	"f32":         {"F32", []int64{3, 4}, eighths(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)},
	"tied":        {"F32", []int64{3, 4}, eighths(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)},
	"transposed":  {"F32", []int64{4, 3}, eighths(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)},
	"rows":        {"F32", []int64{2, 4}, eighths(4, 5, 6, 7, 8, 9, 10, 11)},
	"column":      {"F32", []int64{3}, eighths(2, 6, 10)},
	"f16":         {"F16", []int64{3}, []float32{0.5, -1.5, 2048}},
	"bf16":        {"BF16", []int64{2}, []float32{1, -3}},
	"f64":         {"F64", []int64{}, []float32{1.0 / 3}},
	"i64":         {"I64", []int64{1, 5}, nil},
	"bool":        {"BOOL", []int64{2}, nil},
	"empty":       {"F32", []int64{0, 4}, []float32{}},
	"parameter":   {"F32", []int64{1}, []float32{7}},
	"layer.0.ünï": {"F32", []int64{1, 1}, []float32{9}},
}

func eighths(n ...int) []float32 {
	out := make([]float32, len(n))
	for i, x := range n {
		out[i] = float32(x)/8 - 0.5
	}
	return out
}

func TestFilesWrittenByPyTorch(t *testing.T) {
	for _, file := range []string{"zip.bin", "zip4.bin", "legacy.bin", "plain.bin"} {
		f, err := Open(filepath.Join("testdata", file))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := len(f.Names()); got != len(want) {
			t.Errorf("%s: %d tensors, want %d", file, got, len(want))
		}
		for name, w := range want {
			info, ok := f.Info(name)
			if !ok || info.DType != w.dtype || !slices.Equal(info.Shape, w.shape) {
				t.Errorf("%s: Info(%q) = %+v, %v, want %s %v", file, name, info, ok, w.dtype, w.shape)
				continue
			}
			if raw, err := f.ReadRaw(name); err != nil || int64(len(raw)) != info.Size {
				t.Errorf("%s: ReadRaw(%q) = %d bytes, %v, want %d", file, name, len(raw), err, info.Size)
			}
			got := make([]float32, info.Elements())
			err := f.Read(name, got)
			if w.data == nil {
				if err == nil {
					t.Errorf("%s: Read(%q) of %s as weights succeeded", file, name, info.DType)
				}
			} else if err != nil || !slices.Equal(got, w.data) {
				t.Errorf("%s: Read(%q) = %v, %v, want %v", file, name, got, err, w.data)
			}
		}
		if raw, _ := f.ReadRaw("i64"); !slices.Equal(raw[8:17], []byte{1, 0, 0, 0, 0, 0, 0, 0, 2}) {
			t.Errorf("%s: ReadRaw(i64) = % x", file, raw)
		}
		if err := f.Read("f32", make([]float32, 1)); err == nil {
			t.Errorf("%s: Read into a slice of the wrong length succeeded", file)
		}
		if _, ok := f.Info("none"); ok || f.Read("none", nil) == nil {
			t.Errorf("%s: a tensor that is not there was found", file)
		}
		f.Close()
	}
}

func TestOtherThingsThatPyTorchSaves(t *testing.T) {
	for file, message := range map[string]string{
		"module.bin": `names "torch.nn.modules.linear.Linear"`,
		"nested.bin": `entry "model" is a dictionary, not a tensor`,
	} {
		_, err := Open(filepath.Join("testdata", file))
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("Open(%s) = %v, want %s", file, err, message)
		}
	}
}

func TestFolders(t *testing.T) {
	if _, err := OpenDir(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenDir of an empty folder = %v, want ErrNotExist", err)
	}
	single := t.TempDir()
	copyFile(t, "testdata/legacy.bin", filepath.Join(single, "pytorch_model.bin"))
	s, err := OpenDir(single)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Names()) != len(want) {
		t.Errorf("%d tensors, want %d", len(s.Names()), len(want))
	}
	s.Close()

	sharded := t.TempDir()
	copyFile(t, "testdata/zip.bin", filepath.Join(sharded, "pytorch_model-00001-of-00001.bin"))
	index := `{"metadata":{"total_size":1},"weight_map":{`
	for i, name := range s.Names() {
		if i > 0 {
			index += ","
		}
		index += `"` + name + `":"pytorch_model-00001-of-00001.bin"`
	}
	if err := os.WriteFile(filepath.Join(sharded, "pytorch_model.bin.index.json"), []byte(index+"}}"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err = OpenDir(sharded)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := make([]float32, 3)
	if err := s.Read("column", got); err != nil || !slices.Equal(got, want["column"].data) {
		t.Errorf("Read(column) = %v, %v", got, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFileCutShortAfterOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.bin")
	copyFile(t, "testdata/zip.bin", path)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f32", "transposed"} {
		if err := f.Read(name, make([]float32, 12)); err == nil {
			t.Errorf("reading %q of a file that was cut short succeeded", name)
		}
	}
}

// TestEveryDamagedByte flips each byte of each layout. The reader may accept
// the result (numbers and unused fields are free) but must not panic, and what
// it accepts it must be able to read.
func TestEveryDamagedByte(t *testing.T) {
	for _, file := range []string{"zip.bin", "legacy.bin"} {
		good, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i := range good {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				b := slices.Clone(good)
				b[i] ^= flip
				if !readable(t, b) {
					refused++
				}
			}
			if readable(t, good[:i]) {
				t.Errorf("%s cut to %d bytes was accepted", file, i)
			}
		}
		t.Logf("%s: %d of %d flips refused", file, refused, 3*len(good))
	}
}

func TestStridesOfLengthOneDimensionsDoNotMatter(t *testing.T) {
	a := &tensor{shape: []int64{1, 3}, stride: []int64{99, 1}}
	b := &tensor{shape: []int64{2, 3}, stride: []int64{1, 2}}
	if !a.contiguous() || b.contiguous() {
		t.Errorf("contiguous = %v, %v, want true, false", a.contiguous(), b.contiguous())
	}
}

func TestNumbersOfLongOpcode(t *testing.T) {
	for text, want := range map[string]int64{
		"\x8a\x00.":         0,
		"\x8a\x01\xff.":     -1,
		"\x8a\x02\xff\x00.": 255,
		"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.": math.MinInt64,
		"J\xfe\xff\xff\xff.":                        -2,
		"M\x01\x02.":                                513,
	} {
		m := &machine{data: []byte(text)}
		if got, err := m.run(); err != nil || got != want {
			t.Errorf("% x gives %v, %v, want %d", text, got, err, want)
		}
	}
}
