package tensor

// CopyColumns copies n columns of x, from column xAt on, to those of dst from
// dstAt on. Shapes: dst [r, c], x [r, d]. It panics if the columns are not
// there.
func CopyColumns(dst *Tensor, dstAt int, x *Tensor, xAt, n int) {
	columns("CopyColumns", dst, dstAt, x, xAt, n, func(to, from []float32) { copy(to, from) })
}

// AddColumns adds n columns of x, from column xAt on, to those of dst from
// dstAt on; shapes and panics as in CopyColumns.
func AddColumns(dst *Tensor, dstAt int, x *Tensor, xAt, n int) {
	columns("AddColumns", dst, dstAt, x, xAt, n, func(to, from []float32) {
		for i, v := range from {
			to[i] += v
		}
	})
}

func columns(op string, dst *Tensor, dstAt int, x *Tensor, xAt, n int, f func(to, from []float32)) {
	is(op, "x", x, dst.Rows, x.Cols)
	if n < 0 || dstAt < 0 || xAt < 0 || dstAt+n > dst.Cols || xAt+n > x.Cols {
		panic("tensor: " + op + ": columns out of range")
	}
	countBytes(dst, dst)
	if anyDry(dst, x) {
		return
	}
	d, s := dst.Slice(), x.Slice()
	splitRows(dst, func(a, b int) {
		for i := a; i < b; i++ {
			f(d[i*dst.Cols+dstAt:][:n], s[i*x.Cols+xAt:][:n])
		}
	})
}
