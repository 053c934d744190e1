package lm

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/safetensors"
)

// The fixtures under testdata are written by the scripts beside them, with
// PyTorch in float64; see forward.py and methods.py.

// fixture is a file of expected numbers.
type fixture struct {
	t    *testing.T
	file *safetensors.File
}

func openFixture(t *testing.T, path ...string) fixture {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return fixture{t, f}
}

func (f fixture) has(name string) bool {
	_, ok := f.file.Info(name)
	return ok
}

func (f fixture) floats(name string) []float32 {
	f.t.Helper()
	info, ok := f.file.Info(name)
	if !ok {
		f.t.Fatalf("the fixture has no %q", name)
	}
	n := int64(1)
	for _, d := range info.Shape {
		n *= d
	}
	v := make([]float32, n)
	if err := f.file.Read(name, v); err != nil {
		f.t.Fatal(err)
	}
	return v
}

func (f fixture) ints(name string) []int32 {
	f.t.Helper()
	var v []int32
	for _, x := range f.floats(name) {
		v = append(v, int32(x))
	}
	return v
}

// batch packs the sequences "ids/0", "ids/1", … under a prefix.
func (f fixture) batch(prefix string) *nn.Batch {
	f.t.Helper()
	var ids, types [][]int32
	for i := 0; f.has(fmt.Sprintf("%sids/%d", prefix, i)); i++ {
		ids = append(ids, f.ints(fmt.Sprintf("%sids/%d", prefix, i)))
		if name := fmt.Sprintf("%stypes/%d", prefix, i); f.has(name) {
			types = append(types, f.ints(name))
		}
	}
	return nn.NewBatch(ids, types)
}

// perSequence joins "name/0", "name/1", … with an optional end.
func (f fixture) perSequence(name, end string, n int) []float32 {
	var all []float32
	for i := range n {
		all = append(all, f.floats(fmt.Sprintf("%s/%d%s", name, i, end))...)
	}
	return all
}

// distance is the largest difference relative to 1 + the expected size.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d := 0.0
	for i := range got {
		x := math.Abs(float64(got[i])-float64(want[i])) / (1 + math.Abs(float64(want[i])))
		if math.IsNaN(x) {
			return math.NaN()
		}
		d = max(d, x)
	}
	return d
}

// near fails the test unless the distance is at most tolerance.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if d := distance(got, want); !(d <= tolerance) {
		t.Errorf("%s: differs from PyTorch by %.3g, want at most %g", what, d, tolerance)
	}
}
