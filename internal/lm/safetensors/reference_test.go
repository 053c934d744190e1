package safetensors

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestFileOfAnIndependentWriter reads a file made by testdata/make.py, which
// knows the format from its description and uses only Python's own modules.
func TestFileOfAnIndependentWriter(t *testing.T) {
	f, err := Open("testdata/independent.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string][]float32{
		"f16":     {0.5, -1.5, 2048, 6e-8},
		"bf16":    {1.0, -3.0},
		"f32":     {3.1415927, float32(math.Copysign(0, -1)), 1e-40},
		"f64":     {1.0 / 3},
		"ünï.cod": {7},
	}
	for name, values := range want {
		got := make([]float32, len(values))
		if err := f.Read(name, got); err != nil {
			t.Error(err)
		}
		for i := range got {
			if math.Signbit(float64(got[i])) != math.Signbit(float64(values[i])) || math.Abs(float64(got[i]-values[i])) > 1e-7*math.Abs(float64(values[i]))+1e-8 {
				t.Errorf("%s[%d] = %v, want %v", name, i, got[i], values[i])
			}
		}
	}
	if info, _ := f.Info("i64"); info.DType != "I64" || !slices.Equal(info.Shape, []int64{1, 3}) {
		t.Errorf("i64 is %+v", info)
	}
	if f.Metadata()["format"] != "pt" {
		t.Errorf("Metadata = %q", f.Metadata())
	}
}

// repositoryRoot walks up to the folder of go.mod.
func repositoryRoot(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the working folder")
		}
		dir = parent
	}
}

// TestPublishedFiles reads small files that another program published.
func TestPublishedFiles(t *testing.T) {
	dir := filepath.Join(repositoryRoot(t), "..", "shared", "data", "conf-safetensors-tiny")
	paths, _ := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if len(paths) == 0 {
		t.Skipf("no files in %s", dir)
	}
	for _, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, name := range f.Names() {
			info, _ := f.Info(name)
			if !IsFloat(info.DType) {
				if raw, err := f.ReadRaw(name); err != nil || int64(len(raw)) != info.Size {
					t.Errorf("%s: ReadRaw(%q) = %d bytes, %v", path, name, len(raw), err)
				}
				continue
			}
			values := make([]float32, info.Elements())
			if err := f.Read(name, values); err != nil {
				t.Error(err)
			}
			t.Logf("%s: %s %v %v", filepath.Base(path), info.DType, info.Shape, values)
		}
		f.Close()
	}
}

// TestPublishedAdaptersAreWrittenBackByteForByte shows that Write lays a file
// out as the reference implementation does.
func TestPublishedAdaptersAreWrittenBackByteForByte(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(repositoryRoot(t), "..", "shared", "data", "peft-*", "adapter_model.safetensors"))
	if len(paths) == 0 {
		t.Skip("no published adapters in ../shared/data")
	}
	for _, path := range paths {
		s, err := OpenNamed(filepath.Dir(path), "adapter_model.safetensors")
		if err != nil {
			t.Error(err)
			continue
		}
		var tensors []Named
		for _, name := range s.Names() {
			info, _ := s.Info(name)
			data := make([]float32, info.Elements())
			if err := s.Read(name, data); err != nil {
				t.Error(err)
			}
			tensors = append(tensors, Named{name, info.Shape, data})
		}
		s.Close()
		copied := filepath.Join(t.TempDir(), "x")
		if err := Write(copied, s.Metadata(), tensors); err != nil {
			t.Error(err)
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		if got, _ := os.ReadFile(copied); string(got) != string(want) {
			t.Errorf("%s: written back, the file differs", path)
		}
	}
}
