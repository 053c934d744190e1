package tensor

import (
	"math"
	"slices"
	"testing"
)

func TestScaleAxpyFillCopy(t *testing.T) {
	a := NewArena()
	defer a.Free()
	for _, n := range sizes {
		x, d := a.New(1, n), a.New(1, n)
		FillNormal(x, 0, 1, NewKey(1, "x"))
		Fill(d, 0.5)
		Axpy(d, x, 3)
		for i, v := range d.Slice() {
			if want := fma32(3, x.Slice()[i], 0.5); v != want {
				t.Fatalf("Axpy of %d: element %d = %v, want %v", n, i, v, want)
			}
		}
		Scale(d, x, -2)
		for i, v := range d.Slice() {
			if want := -2 * x.Slice()[i]; v != want {
				t.Fatalf("Scale of %d: element %d = %v, want %v", n, i, v, want)
			}
		}
		Copy(d, x)
		if !slices.Equal(d.Slice(), x.Slice()) {
			t.Fatalf("Copy of %d = %v, want %v", n, d.Slice(), x.Slice())
		}
	}
}

func TestGatherAndScatterAreEachOthersTranspose(t *testing.T) {
	a := NewArena()
	defer a.Free()
	table := a.From(3, 2, []float32{1, 2, 3, 4, 5, 6})
	ids := a.Ints([]int32{2, 0, 2})
	d := a.New(3, 2)
	Embedding(d, table, ids)
	if want := []float32{5, 6, 1, 2, 5, 6}; !slices.Equal(d.Slice(), want) {
		t.Errorf("Embedding = %v, want %v", d.Slice(), want)
	}
	ScatterAddRows(table, d, ids)
	if want := []float32{2, 4, 3, 4, 15, 18}; !slices.Equal(table.Slice(), want) {
		t.Errorf("ScatterAddRows = %v, want %v", table.Slice(), want)
	}
}

func TestSegmentMaxNamesTheFirstRow(t *testing.T) {
	a := NewArena()
	defer a.Free()
	x := a.From(4, 2, []float32{1, 5, 1, 7, 0, -1, 3, -1})
	d, arg := a.New(3, 2), a.Ints(make([]int32, 6))
	SegmentMax(d, arg, x, a.Ints([]int32{0, 2, 2, 4}))
	if want := []float32{1, 7, 0, 0, 3, -1}; !slices.Equal(d.Slice(), want) {
		t.Errorf("SegmentMax = %v, want %v", d.Slice(), want)
	}
	if want := []int32{0, 1, -1, -1, 3, 2}; !slices.Equal(arg.Slice(), want) {
		t.Errorf("arg = %v, want %v", arg.Slice(), want)
	}
}

func TestNonFiniteFindsEachKind(t *testing.T) {
	a := NewArena()
	defer a.Free()
	flag := a.New(1, 1)
	for _, n := range []int{1, 17, 4097, 10_000} {
		x := a.New(1, n)
		FillNormal(x, 0, 1e30, NewKey(1, "x"))
		if NonFinite(flag, x, false); flag.Slice()[0] != 0 {
			t.Errorf("%d finite numbers: flag %v", n, flag.Slice()[0])
		}
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			x.Slice()[n-1] = float32(bad)
			if NonFinite(flag, x, false); !(flag.Slice()[0] > 0) {
				t.Errorf("%d numbers, the last %v: flag %v", n, bad, flag.Slice()[0])
			}
		}
	}
	Fill(flag, 1)
	if NonFinite(flag, a.Zeros(1, 1), true); flag.Slice()[0] != 1 {
		t.Errorf("an accumulated flag = %v, want 1", flag.Slice()[0])
	}
}

// Sums over many blocks: literal values that float32 holds exactly.
func TestSumOverManyBlocks(t *testing.T) {
	a := NewArena()
	defer a.Free()
	x, s := a.New(1, 100_001), a.New(1, 1)
	Fill(x, 0.5)
	if Sum(s, x, false); s.Slice()[0] != 50_000.5 {
		t.Errorf("Sum = %v, want 50000.5", s.Slice()[0])
	}
	if SquaredNorm(s, x, true); s.Slice()[0] != 50_000.5+25_000.25 {
		t.Errorf("SquaredNorm added = %v, want 75000.75", s.Slice()[0])
	}
}

func TestLossesAtLiteralPoints(t *testing.T) {
	a := NewArena()
	defer a.Free()
	loss := a.New(2, 1)
	logits := a.From(2, 3, []float32{0, float32(math.Ln2), 0, 9, 9, 9})
	probs := a.New(2, 3)
	CrossEntropy(loss, probs, logits, a.Ints([]int32{1, -1}), 0, nil)
	if got, want := loss.Slice(), []float32{float32(math.Ln2), 0}; math.Abs(float64(got[0]-want[0])) > 1e-7 || got[1] != 0 {
		t.Errorf("CrossEntropy = %v, want %v", got, want)
	}
	compare(t, probs.Slice(), []float64{0.25, 0.5, 0.25, 0, 0, 0}, 1e-7, "probs")
	d := a.New(1, 1)
	BCE(d, a.From(1, 1, []float32{200}), a.From(1, 1, []float32{0}))
	if d.Slice()[0] != 200 {
		t.Errorf("BCE(200, 0) = %v, want 200", d.Slice()[0])
	}
}
