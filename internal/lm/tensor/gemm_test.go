package tensor

import (
	"math"
	"strings"
	"testing"
)

// fma32 is the fused multiply-add of float32 in plain Go: the product is exact
// in float64; the sum is rounded to odd there, so that the second rounding, to
// float32, is the only one that counts (Boldo and Melquiond, IEEE TC 57 (2008)).
func fma32(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := float64(p) + float64(c)
	bb := s - p
	lost := (p - (s - bb)) + (float64(c) - bb)
	bits := math.Float64bits(s)
	if lost != 0 && bits&1 == 0 && !math.IsInf(s, 0) {
		if (lost > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}

// gemmNaive is the definition: one chain per element.
func gemmNaive(dst, a, b []float32, m, n, k int, ta, tb, acc bool) {
	for i := range m {
		for j := range n {
			var s float32
			if acc {
				s = dst[i*n+j]
			}
			for l := range k {
				x, y := i*k+l, l*n+j
				if ta {
					x = l*m + i
				}
				if tb {
					y = j*k + l
				}
				s = fma32(a[x], b[y], s)
			}
			dst[i*n+j] = s
		}
	}
}

func TestFma32RoundsOnce(t *testing.T) {
	for _, c := range []struct{ a, b, c, want float32 }{
		{1, 1, 0, 1},
		{0x1.00001p0, 0x1.00001p0, -1, 0x1.000008p-19}, // (1+ε)² - 1, exact
		{0x1.fffffep0, 0x1.fffffep0, 0x1p-60, 0x1.fffffcp1},
		{1 << 12, 1<<12 + 1, 0x1p-40, 1<<24 + 1<<12},
	} {
		if got := fma32(c.a, c.b, c.c); got != c.want {
			t.Errorf("fma32(%v, %v, %v) = %x, want %x", c.a, c.b, c.c, got, c.want)
		}
	}
	// A tie that the tail of the product breaks: the sum is 2^-54 below the
	// middle of two neighbours, which its float64 does not show.
	if got := fma32(0x1p-12+0x1p-27, 0x1p-12-0x1p-27, 0x1.000002p0); got != 0x1.000002p0 {
		t.Errorf("a broken tie rounds to %x, want 0x1.000002p0", got)
	}
}

func TestGemmIsOneChainPerElement(t *testing.T) {
	defer useISA(0)
	a := NewArena()
	defer a.Free()
	shapes := [][3]int{
		{1, 1, 1}, {1, 64, 65}, {7, 1, 16}, {7, 16, 17}, {13, 65, 64}, {14, 33, 300}, {15, 8, 257}, {29, 100, 7},
		{64, 8, 64}, {65, 9, 8}, {3, 530, 20}, {31, 520, 259}, {5, 6, 0},
	}
	for isa := range strings.Fields(CPUFeatures()) {
		useISA(isa)
		for _, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for i := range 8 {
				ta, tb, acc := i&1 != 0, i&2 != 0, i&4 != 0
				a.Reset()
				x, y, d := a.New(m, k), a.New(k, n), a.New(m, n)
				if ta {
					x = x.Reshape(k, m)
				}
				if tb {
					y = y.Reshape(n, k)
				}
				FillNormal(x, 0, 1, NewKey(1, "a"))
				FillNormal(y, 0, 1, NewKey(1, "b"))
				FillNormal(d, 0, 1, NewKey(1, "dst"))
				want := append([]float32(nil), d.Slice()...)
				gemmNaive(want, x.Slice(), y.Slice(), m, n, k, ta, tb, acc)
				Gemm(d, x, y, ta, tb, acc)
				for j, w := range want {
					if got := d.Slice()[j]; math.Float32bits(got) != math.Float32bits(w) {
						t.Fatalf("isa %d: Gemm %v ta=%v tb=%v acc=%v: element %d is %x, want %x", isa, s, ta, tb, acc, j, got, w)
					}
				}
			}
		}
	}
}

// A row of the result is the same alone and among others.
func TestRowsDoNotDependOnTheirNeighbours(t *testing.T) {
	a := NewArena()
	defer a.Free()
	const n, c = 65, 48
	x, w, b := a.New(n, c), a.New(40, c), a.New(1, 40)
	FillNormal(x, 0, 1, NewKey(1, "x"))
	FillNormal(w, 0, 1, NewKey(1, "w"))
	FillNormal(b, 0, 1, NewKey(1, "b"))
	forward := func(x *Tensor) *Tensor {
		h := a.New(x.Rows, 40)
		GemmBias(h, x, w, b, false, true)
		Activate(h, h, GELU)
		LayerNorm(h, a.New(x.Rows, 1), a.New(x.Rows, 1), h, b, b, 1e-5)
		LogSoftmax(h, h)
		return h
	}
	all := forward(x)
	for i := range n {
		alone, among := forward(x.RowsView(i, i+1)).Slice(), all.RowsView(i, i+1).Slice()
		for j := range alone {
			if alone[j] != among[j] {
				t.Fatalf("row %d, column %d: %v alone, %v among %d", i, j, alone[j], among[j], n)
			}
		}
	}
}

// A sequence's attention is the same alone and in a packed batch.
func TestSequencesDoNotDependOnTheirNeighbours(t *testing.T) {
	a := NewArena()
	defer a.Free()
	lengths := []int{5, 64, 1, 65, 17}
	offsets := []int32{0}
	for _, l := range lengths {
		offsets = append(offsets, offsets[len(offsets)-1]+int32(l))
	}
	n := int(offsets[len(offsets)-1])
	c := AttentionConfig{Heads: 4, KVHeads: 2, HeadDim: 8, Scale: 0.35, Causal: true}
	q, k, v, pk, pv := a.New(n, 32), a.New(n, 16), a.New(n, 16), a.New(3, 16), a.New(3, 16)
	for i, x := range []*Tensor{q, k, v, pk, pv} {
		FillNormal(x, 0, 1, NewKey(uint64(i), "x"))
	}
	all := a.New(n, 32)
	Attention(all, nil, q, k, v, a.Ints(offsets), pk, pv, c)
	for s := range lengths {
		from, to := int(offsets[s]), int(offsets[s+1])
		alone := a.New(to-from, 32)
		Attention(alone, nil, q.RowsView(from, to), k.RowsView(from, to), v.RowsView(from, to), a.Ints([]int32{0, int32(to - from)}), pk, pv, c)
		among := all.RowsView(from, to).Slice()
		for i, x := range alone.Slice() {
			if x != among[i] {
				t.Fatalf("sequence %d, number %d: %v alone, %v in the batch", s, i, x, among[i])
			}
		}
	}
}
