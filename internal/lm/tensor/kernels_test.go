package tensor

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
)

// inputs fills the inputs of a case with normal variates.
func inputs(a *Arena, c opCase, n, cols int) []*Tensor {
	var in []*Tensor
	for i, s := range c.shapes(n, cols) {
		t := a.New(s[0], s[1])
		FillNormal(t, 0.1, 1, NewKey(uint64(i), c.name))
		in = append(in, t)
	}
	return in
}

func widenAll(ts []*Tensor) [][]float64 {
	var out [][]float64
	for _, t := range ts {
		out = append(out, widen(t.Slice()))
	}
	return out
}

func TestKernelsMatchTheirNaiveTwins(t *testing.T) {
	for _, c := range opCases() {
		t.Run(c.name, func(t *testing.T) {
			a := NewArena()
			defer a.Free()
			for _, n := range sizes {
				for _, cols := range sizes {
					a.Reset()
					in := inputs(a, c, n, cols)
					before := widenAll(in)
					got := c.run(a, in, n, cols)
					want := c.naive(before, n, cols)
					for i := range want {
						compare(t, got[i].Slice(), want[i], c.tolerance, "output %d at [%d %d]", i, n, cols)
					}
					for i := range in {
						compare(t, in[i].Slice(), before[i], 0, "input %d after the call", i)
					}
				}
			}
		})
	}
}

func compare(t *testing.T, got []float32, want []float64, tolerance float64, what string, args ...any) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf(what+": %d elements, want %d", append(args, len(got), len(want))...)
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - want[i]); !(d <= tolerance*(1+math.Abs(want[i]))) {
			t.Fatalf(what+": element %d is %v, want %v", append(args, i, got[i], want[i])...)
		}
	}
}

// TestBackwardIsTheGradient differentiates Σ r·f(x) of the naive twin, in
// float64, and compares with the kernel's gradient for dout = r, overwriting and
// adding to ones.
func TestBackwardIsTheGradient(t *testing.T) {
	for _, c := range opCases() {
		if c.backward == nil {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			a := NewArena()
			defer a.Free()
			for _, s := range [][2]int{{1, 1}, {7, 5}, {5, 17}, {17, 3}} {
				n, cols := s[0], s[1]
				a.Reset()
				in := inputs(a, c, n, cols)
				dout := a.New(1, len(c.naive(widenAll(in), n, cols)[0]))
				first := c.run(a, in, n, cols)[0]
				dout = dout.Reshape(first.Rows, first.Cols)
				FillNormal(dout, 0, 1, NewKey(3, "dout"))
				for _, acc := range []bool{false, true} {
					checkGradient(t, c, in, c.backward(a, in, dout, n, cols, acc), dout, n, cols, acc)
				}
			}
		})
	}
}

func checkGradient(t *testing.T, c opCase, in, grads []*Tensor, dout *Tensor, n, cols int, acc bool) {
	t.Helper()
	for i, g := range grads {
		if g == nil {
			continue
		}
		x := widenAll(in)
		want := fd.Gradient(nil, func(xi []float64) float64 {
			x[i] = xi
			return naiveDot(widen(dout.Slice()), c.naive(x, n, cols)[0])
		}, widen(in[i].Slice()), &fd.Settings{Formula: fd.Central})
		if strings.HasPrefix(c.name, "Gemm") && strings.HasSuffix(c.name, "bias=false") && i == 2 {
			want = make([]float64, len(want))
		}
		if acc {
			for j := range want {
				want[j]++
			}
		}
		// The central formula is good to about 1e-9 here; what is allowed for is
		// the float32 arithmetic of the kernel.
		compare(t, g.Slice(), want, 5e-5, "gradient of input %d at [%d %d], acc %v", i, n, cols, acc)
	}
}

// TestBitsDependOnNothingElse runs every case, forward and backward, on every
// instruction set of this processor and with 1 to 4 threads: one result.
func TestBitsDependOnNothingElse(t *testing.T) {
	names := strings.Fields(CPUFeatures())
	threads := Threads()
	defer func() { useISA(0); SetThreads(threads) }()
	if names[len(names)-1] != "portable" {
		t.Fatalf("CPUFeatures = %v, want portable last", names)
	}
	a := NewArena()
	defer a.Free()
	for _, c := range opCases() {
		for _, s := range [][2]int{{1, 1}, {65, 7}, {17, 65}, {130, 33}} {
			n, cols := s[0], s[1]
			var want []uint32
			for isa := range names {
				useISA(isa)
				for threads := 1; threads <= 4; threads++ {
					SetThreads(threads)
					got := bitsOf(a, c, n, cols)
					if want == nil {
						want = got
					}
					for i := range want {
						if got[i] != want[i] {
							t.Fatalf("%s at [%d %d] on %s with %d threads: number %d is %x, want %x as on %s with 1", c.name, n, cols, names[isa], threads, i, got[i], want[i], names[0])
						}
					}
				}
			}
		}
	}
}

// TestKernelIDNamesTheseBits pins the bits of all cases, on every machine.
// Where they change on purpose, so must kernelID: results of the old rules lie
// in caches.
func TestKernelIDNamesTheseBits(t *testing.T) {
	a := NewArena()
	defer a.Free()
	h := sha256.New()
	for _, c := range opCases() {
		if err := binary.Write(h, binary.LittleEndian, bitsOf(a, c, 33, 17)); err != nil {
			t.Fatal(err)
		}
	}
	const id, want = "f32-fma-v1", "f6d9f11bd20cb072"
	if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want || KernelID() != id {
		t.Errorf("the bits of %s are %s, want %s of %s", KernelID(), got, want, id)
	}
}

// bitsOf is the bits of all outputs and gradients of a case.
func bitsOf(a *Arena, c opCase, n, cols int) []uint32 {
	a.Reset()
	in := inputs(a, c, n, cols)
	out := c.run(a, in, n, cols)
	if c.backward != nil {
		dout := a.New(out[0].Rows, out[0].Cols)
		FillNormal(dout, 0, 1, NewKey(3, "dout"))
		out = append(out, c.backward(a, in, dout, n, cols, false)...)
	}
	var bits []uint32
	for _, t := range out {
		if t == nil {
			continue
		}
		for _, v := range t.Slice() {
			bits = append(bits, math.Float32bits(v))
		}
	}
	return bits
}
