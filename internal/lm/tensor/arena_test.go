package tensor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestArenaHandsOutAlignedMemoryThatDoesNotOverlap(t *testing.T) {
	a := NewArena()
	defer a.Free()
	type span struct{ from, to uintptr }
	var spans []span
	for i := range 200 {
		x := a.New(i%7, 1+i*i)
		from := uintptr(x.data)
		if from%64 != 0 {
			t.Fatalf("tensor %d lies at %#x", i, from)
		}
		if x.Len() > 0 {
			Fill(x, float32(i))
			spans = append(spans, span{from, from + uintptr(x.Bytes())})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(int64(a.from) - int64(b.from)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			t.Fatal("two tensors overlap")
		}
	}
}

func TestArenaMarkReleaseReset(t *testing.T) {
	a := NewArena()
	defer a.Free()
	kept := a.From(1, 3, []float32{1, 2, 3})
	m := a.Mark()
	first := a.New(1000, 1000)
	if got, want := a.Bytes(), int64(64+4_000_000); got != want {
		t.Errorf("Bytes = %d, want %d", got, want)
	}
	a.Release(m)
	if again := a.New(1000, 1000); again.data != first.data {
		t.Error("after Release the memory is not used again")
	}
	if !slices.Equal(kept.Slice(), []float32{1, 2, 3}) {
		t.Errorf("what was there before the mark is now %v", kept.Slice())
	}
	a.Reset()
	if a.Bytes() != 0 || a.Peak() != 64+4_000_000 {
		t.Errorf("after Reset, Bytes = %d and Peak = %d", a.Bytes(), a.Peak())
	}
	if x := a.New(1, 1); x.data != kept.data {
		t.Error("after Reset the memory is not used again")
	}
	mustPanic(t, "tensor: Release: the mark lies beyond what is in use", func() {
		m := a.Mark()
		a.Reset()
		a.Release(m)
	})
}

// A dry run of the same code counts the same bytes and operations.
func TestDryArenaCountsLikeARealOne(t *testing.T) {
	real, dry := NewArena(), NewDryArena()
	defer real.Free()
	for _, c := range opCases() {
		var counts [2]Stats
		for i, a := range []*Arena{dry, real} {
			a.Reset()
			before := Count()
			in := inputs(a, c, 17, 7)
			out := c.run(a, in, 17, 7)
			if c.backward != nil {
				c.backward(a, in, a.New(out[0].Rows, out[0].Cols), 17, 7, false)
			}
			after := Count()
			counts[i] = Stats{after.FLOPs - before.FLOPs, after.Bytes - before.Bytes}
			if out[0].Dry() != a.Dry() {
				t.Errorf("%s: an arena with Dry %v gave a tensor with Dry %v", c.name, a.Dry(), out[0].Dry())
			}
		}
		if dry.Bytes() != real.Bytes() || dry.Peak() != real.Peak() || dry.Resident() != real.Resident() {
			t.Errorf("%s: a dry run takes %d bytes and %d resident, a real one %d and %d", c.name, dry.Bytes(), dry.Resident(), real.Bytes(), real.Resident())
		}
		if counts[0] != counts[1] {
			t.Errorf("%s: a dry run counts %+v, a real one %+v", c.name, counts[0], counts[1])
		}
	}
	mustPanic(t, "tensor: Slice: the tensor is dry", func() { dry.New(1, 1).Slice() })
	if got := dry.Ints([]int32{4, 5}).Slice(); !slices.Equal(got, []int32{4, 5}) {
		t.Errorf("integers of a dry arena = %v", got)
	}
}

// What is resident is counted in whole pages, and stays when tensors are taken
// back; a tensor that fits nowhere leaves the rest of a chunk untouched.
func TestArenaCountsResidentPages(t *testing.T) {
	a := NewDryArena()
	if a.Resident() != 0 {
		t.Errorf("%d bytes of a new arena are resident", a.Resident())
	}
	a.New(1, 1)
	if got := a.Resident(); got != 4<<10 {
		t.Errorf("%d bytes for one number, want a page", got)
	}
	a.New(1, 1<<20)
	if got := a.Resident(); got != 4<<10+4<<20 {
		t.Errorf("%d bytes with a tensor of 4 MiB besides", got)
	}
	a.New(1, 1)
	if got := a.Resident(); got != 4<<10+4<<20+2<<20 {
		t.Errorf("%d bytes with another number, in a chunk of huge pages", got)
	}
	a.Reset()
	a.New(1, 1)
	if got := a.Resident(); got != 4<<10+4<<20+2<<20 {
		t.Errorf("%d bytes after a reset", got)
	}
	a.Free()
	if a.Resident() != 0 {
		t.Errorf("%d bytes of a freed arena are resident", a.Resident())
	}
}

func TestFLOPsOfAProduct(t *testing.T) {
	a := NewDryArena()
	before := FLOPs()
	Gemm(a.New(3, 5), a.New(3, 7), a.New(7, 5), false, false, false)
	if got := FLOPs() - before; got != 2*3*5*7 {
		t.Errorf("FLOPs = %d, want %d", got, 2*3*5*7)
	}
}

func TestViewsShareMemory(t *testing.T) {
	a := NewArena()
	defer a.Free()
	x := a.From(3, 2, []float32{0, 1, 2, 3, 4, 5})
	v := x.RowsView(1, 3)
	if !slices.Equal(v.Slice(), []float32{2, 3, 4, 5}) {
		t.Errorf("RowsView = %v", v.Slice())
	}
	v.Reshape(1, 4).Slice()[3] = 9
	if x.Slice()[5] != 9 {
		t.Error("a view of a view does not share the memory")
	}
	out := make([]float32, 6)
	x.CopyTo(out)
	if !slices.Equal(out, []float32{0, 1, 2, 3, 4, 9}) {
		t.Errorf("CopyTo = %v", out)
	}
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}

func TestWrongShapesPanic(t *testing.T) {
	a := NewArena()
	defer a.Free()
	x, y, row := a.New(2, 3), a.New(4, 5), a.New(1, 3)
	for want, f := range map[string]func(){
		"tensor: Gemm: dst is [2 3], a is [2 3], b is [4 5]ᵀ": func() { Gemm(x, x, y, false, true, false) },
		"tensor: GemmBias: bias is [4 5], want [1 3]":         func() { GemmBias(a.New(2, 3), x, a.New(3, 3), y, false, false) },
		"tensor: Add: b is [4 5], want [2 3]":                 func() { Add(x, x, y) },
		"tensor: AddBias: bias is nil, want [1 3]":            func() { AddBias(x, nil) },
		"tensor: LayerNorm: mean is [2 3], want [2 1]":        func() { LayerNorm(x, x, x, x, row, row, 1e-5) },
		"tensor: Embedding: ids[1] is 4, want 0 to 3":         func() { Embedding(a.New(2, 5), y, a.Ints([]int32{3, 4})) },
		"tensor: Embedding: ids has 1 values, want 2":         func() { Embedding(a.New(2, 5), y, a.Ints([]int32{3})) },
		"tensor: CrossEntropy: labels[0] is 3, want -1 to 2":  func() { CrossEntropy(a.New(2, 1), x, x, a.Ints([]int32{3, 0}), 0, nil) },
		"tensor: Dropout: the probability is 1, want 0":       func() { Dropout(x, x, 1, Key{}) },
		"tensor: Rotary: x is [2 3], the head size 2":         func() { Rotary(x, x, a.Ints([]int32{0, 0}), row, row, 2, false, false) },
		"tensor: SegmentMean: offsets do not run from 0 to 2": func() { SegmentMean(row, x, a.Ints([]int32{0, 1})) },
		"tensor: Attention: one of pk and pv is nil": func() {
			Attention(x, nil, x, x, x, a.Ints([]int32{0, 2}), row, nil, AttentionConfig{Heads: 1, KVHeads: 1, HeadDim: 3, Scale: 1})
		},
		"tensor: Attention: 3 heads of size 1 on 2 key heads": func() {
			Attention(x, nil, x, x, x, a.Ints([]int32{0, 2}), nil, nil, AttentionConfig{Heads: 3, KVHeads: 2, HeadDim: 1, Scale: 1})
		},
		"tensor: AdamW: step counts from 1":           func() { AdamW(x, x, x, x, nil, 1, 0.9, 0.9, 1, 0, 0) },
		"tensor: Activate: unknown activation":        func() { Activate(x, x, Sigmoid+1) },
		"tensor: Reshape: [2 3] to [2 2]":             func() { x.Reshape(2, 2) },
		"tensor: RowsView: rows 1 to 3 of [2 3]":      func() { x.RowsView(1, 3) },
		"tensor: New: shape [-1 2]":                   func() { a.New(-1, 2) },
		"tensor: CopyFrom: tensor is [2 3], slice":    func() { x.CopyFrom(nil) },
		"tensor: SetThreads: fewer than one thread":   func() { SetThreads(0) },
		"tensor: Sum: dst is [2 3], want [1 1]":       func() { Sum(x, x, false) },
		"tensor: Transpose: dst is [2 3], want [3 2]": func() { Transpose(x, x) },
	} {
		mustPanic(t, want, f)
	}
}
