package safetensors

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"runexp/internal/testkit/hostile"
)

// testTensors holds one tensor of each rank from 0 to 3, an empty one, and names that need care.
func testTensors() []Named {
	return []Named{
		{"zeta.weight", []int64{2, 3}, []float32{1, -2, 3.5, float32(math.Copysign(0, -1)), 5e-45, 6}},
		{"scalar", []int64{}, []float32{42}},
		{"alpha \"quoted\" ä\n", []int64{1, 2, 2}, []float32{1, 2, 3, 4}},
		{"empty", []int64{0, 7}, nil},
		{"", []int64{1}, []float32{float32(math.Inf(1))}},
	}
}

func TestWriteThenOpenGivesTheSameTensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	meta := map[string]string{"format": "pt", "note": "a\tb \"c\" ü"}
	if err := Write(path, meta, testTensors()); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Metadata(); len(got) != 2 || got["format"] != "pt" || got["note"] != meta["note"] {
		t.Errorf("Metadata = %q, want %q", got, meta)
	}
	var names []string
	for _, want := range testTensors() {
		names = append(names, want.Name)
		info, ok := f.Info(want.Name)
		if !ok || info.DType != "F32" || !slices.Equal(info.Shape, want.Shape) {
			t.Errorf("Info(%q) = %+v, %v, want F32 %v", want.Name, info, ok, want.Shape)
		}
		got := make([]float32, len(want.Data))
		if err := f.Read(want.Name, got); err != nil {
			t.Error(err)
		}
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(want.Data[i]) {
				t.Errorf("%q[%d] = %v, want %v", want.Name, i, got[i], want.Data[i])
			}
		}
	}
	slices.Sort(names)
	if !slices.Equal(f.Names(), names) {
		t.Errorf("Names = %q, want %q", f.Names(), names)
	}
}

func TestWrittenBytesDependOnContentOnly(t *testing.T) {
	dir := t.TempDir()
	tensors := testTensors()
	reversed := slices.Clone(tensors)
	slices.Reverse(reversed)
	var files [2][]byte
	for i, list := range [][]Named{tensors, reversed} {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := Write(path, map[string]string{"b": "1", "a": "2"}, list); err != nil {
			t.Fatal(err)
		}
		files[i], _ = os.ReadFile(path)
	}
	if string(files[0]) != string(files[1]) {
		t.Error("the order of the tensors changed the file")
	}
	if reversed[0].Name != "" {
		t.Error("Write sorted its caller's slice")
	}
	if n := files[0][0]; n%8 != 0 {
		t.Errorf("data begin at byte %d, which 8 does not divide", n)
	}
}

func TestWriteKeepsTheOldFileWhenItFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]Named{
		"twice":      {{"a", []int64{1}, []float32{1}}, {"a", []int64{1}, []float32{1}}},
		"wrong size": {{"a", []int64{2}, []float32{1}}},
		"negative":   {{"a", []int64{-1, -1}, []float32{1}}},
		"overflow":   {{"a", []int64{1 << 40, 1 << 40}, nil}},
		"reserved":   {{"__metadata__", []int64{1}, []float32{1}}},
		"not UTF-8":  {{"a\xff", []int64{1}, []float32{1}}},
	} {
		if err := Write(path, nil, bad); err == nil {
			t.Errorf("%s: Write succeeded", name)
		}
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if got, _ := os.ReadFile(path); string(got) != "old" || len(entries) != 1 {
		t.Errorf("after failed writes the folder holds %d files and %q, want the old file alone", len(entries), got)
	}
}

func TestReadRefusesWrongLengthsNamesAndTypes(t *testing.T) {
	f := mustParse(t, hostile.Safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"i":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}`, make([]byte, 16)))
	if err := f.Read("a", make([]float32, 3)); err == nil {
		t.Error("Read into a slice of the wrong length succeeded")
	}
	if err := f.Read("missing", nil); err == nil {
		t.Error("Read of a missing tensor succeeded")
	}
	if err := f.Read("i", make([]float32, 1)); err == nil {
		t.Error("Read of whole numbers as weights succeeded")
	}
	if raw, err := f.ReadRaw("i"); err != nil || len(raw) != 8 {
		t.Errorf("ReadRaw = %d bytes, %v, want 8", len(raw), err)
	}
	if _, err := f.ReadRaw("missing"); err == nil {
		t.Error("ReadRaw of a missing tensor succeeded")
	}
}

func TestConversionsToFloat32(t *testing.T) {
	cases := []struct {
		dtype string
		raw   []byte
		want  []float32
	}{
		// 1, -2, largest, smallest normal, smallest subnormal, a third, -0, +Inf
		{"F16", []byte{0, 0x3c, 0, 0xc0, 0xff, 0x7b, 0, 4, 1, 0, 0x55, 0x35, 0, 0x80, 0, 0x7c},
			[]float32{1, -2, 65504, 6.103515625e-05, 5.9604644775390625e-08, 0.333251953125, float32(math.Copysign(0, -1)), float32(math.Inf(1))}},
		{"BF16", []byte{0x80, 0x3f, 0x20, 0xc0, 0x80, 0x7f}, []float32{1, -2.5, float32(math.Inf(1))}},
		{"F64", binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.1)), math.Float64bits(1e300)), []float32{0.1, float32(math.Inf(1))}},
		{"F32", []byte{0, 0, 0x80, 0xbf}, []float32{-1}},
	}
	for _, c := range cases {
		got := make([]float32, len(c.want))
		if !Decode(got, c.raw, c.dtype) {
			t.Fatalf("Decode does not know %s", c.dtype)
		}
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(c.want[i]) {
				t.Errorf("%s[%d] = %v, want %v", c.dtype, i, got[i], c.want[i])
			}
		}
	}
	if v := halfToFloat(0x7e01); v == v {
		t.Errorf("halfToFloat(0x7e01) = %v, want NaN", v)
	}
}

func TestReadCrossesPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	data := make([]float32, 2*chunkElements+17)
	for i := range data {
		data[i] = float32(i)
	}
	if err := Write(path, nil, []Named{{"x", []int64{int64(len(data))}, data}}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]float32, len(data))
	if err := f.Read("x", got); err != nil || !slices.Equal(got, data) {
		t.Errorf("Read differs from what was written (err %v)", err)
	}
}

func TestFileCutShortAfterOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := Write(path, nil, []Named{{"x", []int64{1000}, make([]float32, 1000)}}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 500); err != nil {
		t.Fatal(err)
	}
	if err := f.Read("x", make([]float32, 1000)); err == nil {
		t.Error("reading a file that was cut short succeeded")
	}
}
