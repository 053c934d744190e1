package tensor

/*
#include "kernels.h"
*/
import "C"

// Embedding gathers rows: dst[i] = table[ids[i]].
//
// Shapes: dst [n, c], table [v, c], ids [n]. It panics if an id is not a row of
// the table.
func Embedding(dst, table *Tensor, ids *Ints) {
	const op = "Embedding"
	length(op, "ids", ids, dst.Rows)
	is(op, "dst", dst, dst.Rows, table.Cols)
	within(op, "ids", ids, 0, table.Rows)
	countBytes(dst, dst)
	if anyDry(dst, table) {
		return
	}
	to, from, c := dst.Slice(), table.Slice(), dst.Cols
	splitRows(dst, func(a, b int) {
		for i := a; i < b; i++ {
			id := int(ids.v[i])
			copy(to[i*c:(i+1)*c], from[id*c:(id+1)*c])
		}
	})
}

// ScatterAddRows is the gradient of Embedding for its table: dst[ids[i]] += x[i],
// in ascending order of i.
//
// Shapes: dst [v, c], x [n, c], ids [n]. It panics if an id is not a row of dst.
func ScatterAddRows(dst, x *Tensor, ids *Ints) {
	const op = "ScatterAddRows"
	length(op, "ids", ids, x.Rows)
	is(op, "x", x, x.Rows, dst.Cols)
	within(op, "ids", ids, 0, dst.Rows)
	countBytes(x, x, x)
	if anyDry(dst, x) {
		return
	}
	split(dst.Cols, 16, x.Rows, func(from, to int) {
		C.k_scatter_add(at(dst, from), at(x, from), intsAt(ids, 0), C.int64_t(dst.Cols), C.int64_t(x.Rows), C.int64_t(to-from))
	})
}

// SegmentMean is the mean of the rows of each sequence.
//
//	dst[s] = Σ x[i] / (offsets[s+1] - offsets[s]),  offsets[s] <= i < offsets[s+1]
//
// Shapes: dst [s, c], x [n, c], offsets [s+1]. An empty sequence gives zeros.
func SegmentMean(dst, x *Tensor, offsets *Ints) {
	const op = "SegmentMean"
	checkSegments(op, dst, x, offsets)
	countBytes(dst, x)
	if anyDry(dst, x) {
		return
	}
	split(dst.Rows, 1, x.Len()/max(dst.Rows, 1), func(from, to int) {
		for s := from; s < to; s++ {
			first, n := int(offsets.v[s]), int(offsets.v[s+1]-offsets.v[s])
			C.k_segment_mean(at(dst, s*dst.Cols), at(x, first*x.Cols), C.int64_t(n), C.int64_t(x.Cols))
		}
	})
}

// SegmentMeanBackward is the gradient of SegmentMean: dx[i] = dout[s] / length;
// acc: dx += …. Shapes: dx [n, c], dout [s, c].
func SegmentMeanBackward(dx, dout *Tensor, offsets *Ints, acc bool) {
	const op = "SegmentMeanBackward"
	checkSegments(op, dout, dx, offsets)
	countBytes(dx, dout)
	if anyDry(dx, dout) {
		return
	}
	d, g, c := dx.Slice(), dout.Slice(), dx.Cols
	split(dout.Rows, 1, dx.Len()/max(dout.Rows, 1), func(from, to int) {
		for s := from; s < to; s++ {
			n := float32(offsets.v[s+1] - offsets.v[s])
			row := g[s*c : (s+1)*c]
			for i := int(offsets.v[s]); i < int(offsets.v[s+1]); i++ {
				out := d[i*c : (i+1)*c]
				for j, v := range row {
					v /= n
					if acc {
						v += out[j]
					}
					out[j] = v
				}
			}
		}
	})
}

// SegmentMax is the maximum over the rows of each sequence, column by column.
//
// Shapes: dst [s, c], arg [s·c], x [n, c], offsets [s+1]. arg gets the first row
// that has the maximum. An empty sequence gives zeros and -1.
func SegmentMax(dst *Tensor, arg *Ints, x *Tensor, offsets *Ints) {
	const op = "SegmentMax"
	checkSegments(op, dst, x, offsets)
	length(op, "arg", arg, dst.Len())
	countBytes(dst, dst, x)
	if anyDry(dst, x) {
		return
	}
	split(dst.Rows, 1, x.Len()/max(dst.Rows, 1), func(from, to int) {
		for s := from; s < to; s++ {
			first, n := int(offsets.v[s]), int(offsets.v[s+1]-offsets.v[s])
			if dst.Cols == 0 {
				continue
			}
			C.k_segment_max(at(dst, s*dst.Cols), intsAt(arg, s*dst.Cols), at(x, first*x.Cols), C.int64_t(first), C.int64_t(n), C.int64_t(x.Cols))
		}
	})
}

// SegmentMaxBackward is the gradient of SegmentMax: dout goes to the rows in arg,
// zero to the others; acc: dx += …. Shapes: dx [n, c], dout [s, c], arg [s·c].
func SegmentMaxBackward(dx, dout *Tensor, arg, offsets *Ints, acc bool) {
	const op = "SegmentMaxBackward"
	checkSegments(op, dout, dx, offsets)
	length(op, "arg", arg, dout.Len())
	if !acc {
		Fill(dx, 0)
	}
	countBytes(dout, dout)
	if anyDry(dx, dout) {
		return
	}
	d, g, c := dx.Slice(), dout.Slice(), dx.Cols
	for i, v := range g {
		if row := arg.v[i]; row >= 0 {
			d[int(row)*c+i%c] += v
		}
	}
}

func checkSegments(op string, pooled, rows *Tensor, offsets *Ints) {
	length(op, "offsets", offsets, pooled.Rows+1)
	if pooled.Cols != rows.Cols {
		is(op, "rows", rows, rows.Rows, pooled.Cols)
	}
	segments(op, offsets, rows.Rows)
}
