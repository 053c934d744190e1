package tensor

import (
	"fmt"
	"testing"
	"time"
)

// The benchmarks report, besides the mean, the best of all calls as GFLOP/s or
// GB/s: on a machine that does other things too, the best is the kernel's own.
// testdata/peer/peer.py runs them in turn with NumPy and PyTorch.

// best calls f b.N times and reports work per second of the fastest call.
func best(b *testing.B, work float64, unit string, f func()) {
	fastest := time.Duration(1 << 62)
	for b.Loop() {
		start := time.Now()
		f()
		fastest = min(fastest, time.Since(start))
	}
	b.ReportMetric(work/float64(fastest.Nanoseconds()), unit)
	b.ReportMetric(float64(fastest.Nanoseconds()), "best-ns")
}

func withThreads(b *testing.B, f func(b *testing.B)) {
	before := Threads()
	defer SetThreads(before)
	for _, n := range []int{1, 2} {
		SetThreads(n)
		b.Run(fmt.Sprintf("threads=%d", n), f)
	}
}

// benchShapes are m, k, n: BERT-base and BERT-tiny layers, low ranks, one head of
// a sequence, and the rows of a decoding step or a pooled batch.
var benchShapes = [][3]int{
	{1024, 768, 768}, {2048, 128, 128}, {2048, 512, 128}, {1024, 3072, 768}, {1024, 768, 3072}, {768, 1024, 768}, {1024, 768, 8}, {1024, 8, 768},
	{128, 64, 128}, {128, 128, 64}, {1, 768, 768}, {1, 768, 3072}, {8, 768, 768},
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range benchShapes {
		for i, name := range []string{"NN", "NT", "TN"} {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", s[0], s[1], s[2], name), func(b *testing.B) {
				a := NewArena()
				defer a.Free()
				m, k, n := s[0], s[1], s[2]
				x, y, d := a.New(m, k), a.New(k, n), a.New(m, n)
				FillNormal(x, 0, 1, NewKey(1, "x"))
				FillNormal(y, 0, 1, NewKey(1, "y"))
				if i == 1 {
					y = y.Reshape(n, k)
				}
				if i == 2 {
					x = x.Reshape(k, m)
				}
				withThreads(b, func(b *testing.B) {
					best(b, 2*float64(m)*float64(k)*float64(n), "GFLOP/s", func() { Gemm(d, x, y, i == 2, i == 1, false) })
				})
			})
		}
	}
}

// BenchmarkAttention has 16 sequences of 128 tokens and 12 heads of 64.
func BenchmarkAttention(b *testing.B) {
	a := NewArena()
	defer a.Free()
	const sequences, length, heads, dim = 16, 128, 12, 64
	offsets := make([]int32, sequences+1)
	for i := range offsets {
		offsets[i] = int32(i * length)
	}
	o := a.Ints(offsets)
	t := func() *Tensor {
		x := a.New(sequences*length, heads*dim)
		FillNormal(x, 0, 1, NewKey(1, "x"))
		return x
	}
	q, k, v, out, dout, dq, dk, dv := t(), t(), t(), t(), t(), t(), t(), t()
	probs := a.New(1, AttentionProbsLen(o, heads, 0))
	products := float64(sequences * length * length * heads * dim)
	for name, c := range map[string]AttentionConfig{
		"plain":   {Heads: heads, KVHeads: heads, HeadDim: dim, Scale: 0.125},
		"causal":  {Heads: heads, KVHeads: heads, HeadDim: dim, Scale: 0.125, Causal: true},
		"dropout": {Heads: heads, KVHeads: heads, HeadDim: dim, Scale: 0.125, Dropout: 0.1},
	} {
		b.Run("forward/"+name, func(b *testing.B) {
			withThreads(b, func(b *testing.B) {
				best(b, 4*products, "GFLOP/s", func() { Attention(out, probs, q, k, v, o, nil, nil, c) })
			})
		})
		b.Run("backward/"+name, func(b *testing.B) {
			Attention(out, probs, q, k, v, o, nil, nil, c)
			withThreads(b, func(b *testing.B) {
				best(b, 8*products, "GFLOP/s", func() {
					AttentionBackward(dq, dk, dv, nil, nil, dout, probs, q, k, v, o, nil, nil, c)
				})
			})
		})
	}
}

// BenchmarkRows has the kernels whose limit is memory, at 2048 tokens.
func BenchmarkRows(b *testing.B) {
	a := NewArena()
	defer a.Free()
	const n, c, wide, vocabulary = 2048, 768, 3072, 30522
	t := func(rows, cols int) *Tensor {
		x := a.New(rows, cols)
		FillNormal(x, 0, 1, NewKey(1, "x"))
		return x
	}
	x, y, z := t(n, wide), t(n, wide), t(n, wide)
	hx, hy, hz := x.Reshape(4*n, c).RowsView(0, n), y.Reshape(4*n, c).RowsView(0, n), z.Reshape(4*n, c).RowsView(0, n)
	w, bias, dw, db, mean, rstd := t(1, c), t(1, c), t(1, c), t(1, c), t(n, 1), t(n, 1)
	logits, probs, loss, scale := t(256, vocabulary), t(256, vocabulary), t(256, 1), t(1, 1)
	labels := make([]int32, 256)
	p, m, v, g := t(4096, 1024), a.Zeros(4096, 1024), a.Zeros(4096, 1024), t(4096, 1024)
	for _, k := range []struct {
		name    string
		tensors int
		like    *Tensor
		f       func()
	}{
		{"gelu", 2, x, func() { Activate(y, x, GELU) }},
		{"gelu_backward", 3, x, func() { ActivateBackward(z, y, x, GELU, false) }},
		{"gelu_tanh", 2, x, func() { Activate(y, x, GELUTanh) }},
		{"silu", 2, x, func() { Activate(y, x, SiLU) }},
		{"add", 3, x, func() { Add(z, x, y) }},
		{"layer_norm", 2, hx, func() { LayerNorm(hy, mean, rstd, hx, w, bias, 1e-5) }},
		{"layer_norm_backward", 3, hx, func() { LayerNormBackward(hz, dw, db, hy, hx, w, mean, rstd, false) }},
		{"dropout_add", 3, hx, func() { DropoutAdd(hz, hx, hy, 0.1, NewKey(1, "d")) }},
		{"column_sum", 1, hx, func() { ColumnSum(db, hx, false) }},
		{"cross_entropy", 2, logits, func() { CrossEntropy(loss, probs, logits, a.Ints(labels), 0, nil) }},
		{"cross_entropy_backward", 2, logits, func() { CrossEntropyBackward(logits, probs, a.Ints(labels), 0, nil, scale) }},
		{"adamw", 7, p, func() { AdamW(p, m, v, g, nil, 1e-3, 0.9, 0.999, 1e-8, 0.01, 10) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			withThreads(b, func(b *testing.B) {
				best(b, float64(k.tensors)*float64(k.like.Bytes()), "GB/s", k.f)
			})
		})
	}
}
