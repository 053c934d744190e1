package methods

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// dense is a design of few columns, all of them filled. Weights lie output by
// output, W [k, cols], so that every product runs along whole rows.
type dense struct {
	x    blas64.General   // [n, cols]
	gram blas64.Symmetric // XᵀX, for the scaling
}

// newDense takes over x [n, cols], row-major.
func newDense(x []float64, n, cols int) *dense {
	d := &dense{
		x:    blas64.General{Rows: n, Cols: cols, Stride: cols, Data: x},
		gram: blas64.Symmetric{N: cols, Stride: cols, Uplo: blas.Lower, Data: make([]float64, cols*cols)},
	}
	blas64.Syrk(blas.Trans, 1, d.x, 0, d.gram)
	return d
}

func (d *dense) rows() int          { return d.x.Rows }
func (d *dense) cols() int          { return d.x.Cols }
func (d *dense) at(j, o, k int) int { return o*d.x.Cols + j }

func (d *dense) matrix(v []float64, rows, cols int) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: v}
}

func (d *dense) scores(dst, w []float64, k int) {
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, d.x, d.matrix(w, k, d.x.Cols), 0, d.matrix(dst, d.x.Rows, k))
}

func (d *dense) gradient(dw, r []float64, k int) {
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, d.matrix(r, d.x.Rows, k), d.x, 0, d.matrix(dw, k, d.x.Cols))
}

// scaling returns w = L⁻ᵀ·u with L·Lᵀ = curvature·XᵀX/total + λI, the bound
// of the Hessian. Hidden states of language models are strongly correlated;
// without it hundreds of steps are needed.
func (d *dense) scaling(curvature, lambda, total float64) (scaling, error) {
	n := d.gram.N
	h := blas64.Symmetric{N: n, Stride: n, Uplo: blas.Lower, Data: make([]float64, n*n)}
	for i := range n {
		for j := range i + 1 {
			h.Data[i*n+j] = d.gram.Data[i*n+j] * curvature / total
		}
		h.Data[i*n+i] += lambda
	}
	l, ok := lapack64.Potrf(h)
	if !ok {
		return nil, errors.New("fit linear model: the features are not finite, or the strength is too weak for them")
	}
	return triangular(l), nil
}

// triangular is the lower factor L of a dense scaling.
type triangular blas64.Triangular

func (l triangular) each(v []float64, do func(row blas64.Vector)) {
	for ; len(v) > 0; v = v[l.N:] {
		do(blas64.Vector{N: l.N, Inc: 1, Data: v[:l.N]})
	}
}

func (l triangular) toWeights(v []float64, _ int) {
	l.each(v, func(row blas64.Vector) { blas64.Trsv(blas.Trans, blas64.Triangular(l), row) })
}

func (l triangular) fromWeights(v []float64, _ int) {
	l.each(v, func(row blas64.Vector) { blas64.Trmv(blas.Trans, blas64.Triangular(l), row) })
}

func (l triangular) gradient(v []float64, _ int) {
	l.each(v, func(row blas64.Vector) { blas64.Trsv(blas.NoTrans, blas64.Triangular(l), row) })
}

// sparse is a design of many columns, nearly all of them zero, in compressed
// rows. Weights lie column by column, W [cols, k], so that each entry of a
// row touches one piece of memory.
type sparse struct {
	columns int
	start   []int // row i has the entries start[i] to start[i+1]
	column  []int32
	value   []float64
}

func (s *sparse) rows() int          { return len(s.start) - 1 }
func (s *sparse) cols() int          { return s.columns }
func (s *sparse) at(j, o, k int) int { return j*k + o }

func (s *sparse) scores(dst, w []float64, k int) {
	for i := range s.rows() {
		from, to := s.start[i], s.start[i+1]
		sparseScores(dst[i*k:(i+1)*k], s.column[from:to], s.value[from:to], w)
	}
}

// sparseScores sets dst [k] to one sparse row times W [cols, k].
func sparseScores(dst []float64, column []int32, value, w []float64) {
	k := len(dst)
	if k == 1 {
		sum := 0.0
		for e, j := range column {
			sum += value[e] * w[j]
		}
		dst[0] = sum
		return
	}
	clear(dst)
	for e, j := range column {
		v, wj := value[e], w[int(j)*k:int(j)*k+k]
		for o := range dst {
			dst[o] += v * wj[o]
		}
	}
}

func (s *sparse) gradient(dw, r []float64, k int) {
	clear(dw)
	for i := range s.rows() {
		ri := r[i*k : (i+1)*k]
		for e := s.start[i]; e < s.start[i+1]; e++ {
			j, v := int(s.column[e])*k, s.value[e]
			d := dw[j : j+k]
			for o := range d {
				d[o] += v * ri[o]
			}
		}
	}
}

// scaling returns the diagonal of what dense takes as a whole: frequent words
// curve the loss more than rare ones.
func (s *sparse) scaling(curvature, lambda, total float64) (scaling, error) {
	h := make(diagonal, s.columns)
	for e, j := range s.column {
		h[j] += s.value[e] * s.value[e] * curvature / total
	}
	for j := range h {
		h[j] = 1 / math.Sqrt(h[j]+lambda)
	}
	return h, nil
}

// diagonal is a scaling that multiplies column j by its entry.
type diagonal []float64

func (d diagonal) toWeights(v []float64, k int) {
	for j, s := range d {
		for o := range k {
			v[j*k+o] *= s
		}
	}
}

func (d diagonal) fromWeights(v []float64, k int) {
	for j, s := range d {
		for o := range k {
			v[j*k+o] /= s
		}
	}
}

func (d diagonal) gradient(v []float64, k int) { d.toWeights(v, k) }
