package tensor

/*
#include "kernels.h"
*/
import "C"

import "fmt"

// AttentionConfig is what Attention needs besides its tensors.
type AttentionConfig struct {
	Heads   int     // query heads
	KVHeads int     // heads of keys and values; divides Heads
	HeadDim int     // columns of one head
	Scale   float32 // of the scores, above 0; usually 1/√HeadDim
	Causal  bool    // a token sees the prefix and no token after itself
	Dropout float32 // probability with which a softmax weight is dropped
	Key     Key     // of the dropout
}

// AttentionProbsLen is the number of softmax weights of a packed batch with a
// prefix of the given length: Σ_s heads·length_s·(prefix + length_s).
func AttentionProbsLen(offsets *Ints, heads, prefix int) int {
	n := 0
	for s := 1; s < len(offsets.v); s++ {
		length := int(offsets.v[s] - offsets.v[s-1])
		n += heads * length * (prefix + length)
	}
	return n
}

// Attention is scaled dot-product attention over packed sequences.
//
//	P = softmax(Scale·Q·[PK; K]ᵀ), dst = dropout(P)·[PV; V]
//
// for each sequence and head; query head h uses the key head h·KVHeads/Heads.
// The keys of a sequence are the prefix and then its own tokens.
//
// Shapes: dst, q [n, Heads·HeadDim]; k, v [n, KVHeads·HeadDim]; offsets [s+1], the
// first rows of the sequences and n; pk, pv [p, KVHeads·HeadDim], or nil for no
// prefix; probs [1, AttentionProbsLen], which gets P for the backward, or nil.
// In probs the sequences follow one another; within one, the heads; within
// these, the rows.
//
// Source: Vaswani et al. 2017, arXiv:1706.03762; grouped heads: Ainslie et al.
// 2023, arXiv:2305.13245; prefixes: Li and Liang 2021, arXiv:2101.00190.
func Attention(dst, probs, q, k, v *Tensor, offsets *Ints, pk, pv *Tensor, c AttentionConfig) {
	const op = "Attention"
	t := newAttention(op, probs, q, k, v, offsets, pk, pv, c)
	same(op, "dst", dst, q)
	flops.Add(4 * t.products)
	countBytes(dst, probs, q, k, v, pk, pv)
	if anyDry(dst, probs, q, k, v, pk, pv) {
		return
	}
	t.args.out = at(dst, 0)
	const queryBlock = 128 // as in attention_kernels.h
	scratchBytes := int64(C.SCRATCH_BYTES) + 4*queryBlock*int64(t.longest+t.prefix)
	pool.run(t.sequences()*c.Heads, func(i int, s *scratch) {
		seq, head := i/c.Heads, i%c.Heads
		if t.length(seq) == 0 {
			return
		}
		args := t.args
		args.offsets = intsAt(offsets, 0)
		C.k_attention(&args, C.int64_t(seq), C.int64_t(head), C.int64_t(t.probsAt(seq, head)), (*C.float)(s.bytes(scratchBytes)))
	})
}

// AttentionBackward is the gradient of Attention, from the P that it kept.
//
// With D = dropout(P), dropped in the same places again:
//
//	dV = Dᵀ·dout, dP = dropout(dout·Vᵀ), dS = Scale·P∘(dP - Σ_j P∘dP)
//	dQ = dS·K, dK = dSᵀ·Q
//
// Shapes as in Attention; dq like q; dk, dv like k; dpk, dpv like pk, each nil if
// not wanted. dq, dk and dv are overwritten; dpk and dpv are added to. Query
// heads that share a key head are summed in their order, then the sequences in
// theirs.
func AttentionBackward(dq, dk, dv, dpk, dpv, dout, probs, q, k, v *Tensor, offsets *Ints, pk, pv *Tensor, c AttentionConfig) {
	const op = "AttentionBackward"
	if probs == nil {
		panic("tensor: " + op + ": probs is nil")
	}
	t := newAttention(op, probs, q, k, v, offsets, pk, pv, c)
	same(op, "dq", dq, q)
	same(op, "dout", dout, q)
	same(op, "dk", dk, k)
	same(op, "dv", dv, v)
	isOrNil(op, "dpk", dpk, t.prefix, k.Cols)
	isOrNil(op, "dpv", dpv, t.prefix, k.Cols)
	flops.Add(8 * t.products)
	countBytes(dq, dk, dv, dpk, dpv, dout, probs, q, k, v, pk, pv)
	if anyDry(dq, dk, dv, dpk, dpv, dout, probs, q, k, v, pk, pv) {
		return
	}
	t.args.dout, t.args.dq, t.args.dk, t.args.dv = at(dout, 0), at(dq, 0), at(dk, 0), at(dv, 0)
	// The prefix is shared: each sequence has a part of its own, and the parts
	// are added in order.
	size := t.prefix * k.Cols
	parts := borrow(8 * int64(t.sequences()) * int64(size))
	defer parts.giveBack()
	part := func(which, seq int) *Tensor {
		return &Tensor{Rows: t.prefix, Cols: k.Cols, data: parts.at(4 * (which*t.sequences() + seq) * size)}
	}
	scratchBytes := int64(C.SCRATCH_BYTES) + 8*int64(t.longest)*int64(t.longest+t.prefix)
	pool.run(t.sequences()*c.KVHeads, func(i int, s *scratch) {
		seq, head := i/c.KVHeads, i%c.KVHeads
		if t.length(seq) == 0 {
			return
		}
		args := t.args
		args.offsets = intsAt(offsets, 0)
		if dpk != nil {
			args.dpk = at(part(0, seq), 0)
		}
		if dpv != nil {
			args.dpv = at(part(1, seq), 0)
		}
		C.k_attention_backward(&args, C.int64_t(seq), C.int64_t(head), C.int64_t(t.probsAt(seq, head*c.Heads/c.KVHeads)), (*C.float)(s.bytes(scratchBytes)))
	})
	for which, d := range []*Tensor{dpk, dpv} {
		if d == nil {
			continue
		}
		split(size, 16, t.sequences(), func(from, to int) {
			for seq := range t.sequences() {
				if t.length(seq) > 0 {
					C.k_binary(C.OP_ADD, at(d, from), at(d, from), at(part(which, seq), from), C.int64_t(to-from))
				}
			}
		})
	}
}

// attentionCall is a checked call: its arguments for C and its sizes.
type attentionCall struct {
	args     C.attention_args
	offsets  []int32
	first    []int // where the softmax weights of each sequence begin
	heads    int
	prefix   int
	longest  int   // tokens of the longest sequence
	products int64 // multiply-adds of one product of scores or of values
}

func newAttention(op string, probs, q, k, v *Tensor, offsets *Ints, pk, pv *Tensor, c AttentionConfig) *attentionCall {
	if c.Heads < 1 || c.KVHeads < 1 || c.Heads%c.KVHeads != 0 || c.HeadDim < 1 {
		panic(fmt.Sprintf("tensor: %s: %d heads of size %d on %d key heads", op, c.Heads, c.HeadDim, c.KVHeads))
	}
	if !(c.Scale > 0) {
		panic(fmt.Sprintf("tensor: %s: the scale is %v, want above 0", op, c.Scale))
	}
	checkProbability(op, c.Dropout)
	is(op, "q", q, q.Rows, c.Heads*c.HeadDim)
	is(op, "k", k, q.Rows, c.KVHeads*c.HeadDim)
	same(op, "v", v, k)
	segments(op, offsets, q.Rows)
	t := &attentionCall{offsets: offsets.v, heads: c.Heads}
	if pk != nil {
		t.prefix = pk.Rows
	}
	isOrNil(op, "pk", pk, t.prefix, k.Cols)
	isOrNil(op, "pv", pv, t.prefix, k.Cols)
	if (pk == nil) != (pv == nil) {
		panic("tensor: " + op + ": one of pk and pv is nil")
	}
	isOrNil(op, "probs", probs, 1, AttentionProbsLen(offsets, c.Heads, t.prefix))
	at0 := 0
	for s := range t.sequences() {
		n := t.length(s)
		t.first = append(t.first, at0)
		at0 += c.Heads * n * (t.prefix + n)
		t.longest = max(t.longest, n)
	}
	t.products = int64(at0) * int64(c.HeadDim)
	t.args = C.attention_args{
		prefix: C.int64_t(t.prefix), heads: C.int64_t(c.Heads), kv_heads: C.int64_t(c.KVHeads), head_dim: C.int64_t(c.HeadDim),
		scale: C.float(c.Scale), dropout: C.float(c.Dropout),
		key0: C.uint64_t(c.Key.hi), key1: C.uint64_t(c.Key.lo),
		causal: C.int32_t(flag(c.Causal)),
		q:      at(q, 0), k: at(k, 0), v: at(v, 0), pk: at(pk, 0), pv: at(pv, 0), probs: at(probs, 0),
	}
	return t
}

func (t *attentionCall) sequences() int     { return len(t.offsets) - 1 }
func (t *attentionCall) length(seq int) int { return int(t.offsets[seq+1] - t.offsets[seq]) }

// probsAt is where the softmax weights of a sequence and head begin.
func (t *attentionCall) probsAt(seq, head int) int {
	n := t.length(seq)
	return t.first[seq] + head*n*(t.prefix+n)
}
