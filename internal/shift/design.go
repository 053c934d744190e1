package shift

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"runexp/internal/lm/tensor"
	"runexp/internal/stats"
)

// A design is standardised features of rows [n, d], and on demand the linear map
// from targets to cross-validated predictions: refitting for another target is one
// product.
type design struct {
	n, d   int
	x      []float32
	folds  []int
	hat    []float32 // [n, n]; 0 where both rows are in one fold
	arena  *tensor.Arena
	random stats.Key
}

const foldCount = 5

// features standardises the matched rows' features; nil where there are none.
func (m *matched) features() *design {
	return newDesign(m.rows, m.strata, m.arena, m.key.At(1<<34))
}

// newDesign deals the rows of each stratum into folds at random, whatever their
// side, so that rearranged sides are dealt alike.
func newDesign(rows []*Row, strata [][]int, arena *tensor.Arena, key stats.Key) *design {
	if len(rows) == 0 || len(rows[0].Features) == 0 {
		return nil
	}
	x := &design{n: len(rows), d: len(rows[0].Features), folds: make([]int, len(rows)), arena: arena, random: key}
	x.x = make([]float32, x.n*x.d)
	for i, r := range rows {
		copy(x.x[i*x.d:], r.Features)
	}
	for k := range x.d {
		mean, squares := 0.0, 0.0
		for i := range x.n {
			mean += float64(x.x[i*x.d+k]) / float64(x.n)
		}
		for i := range x.n {
			v := float64(x.x[i*x.d+k]) - mean
			squares += v * v / float64(x.n)
		}
		scale := 0.0
		if squares > 0 {
			scale = 1 / math.Sqrt(squares)
		}
		for i := range x.n {
			x.x[i*x.d+k] = float32((float64(x.x[i*x.d+k]) - mean) * scale)
		}
	}
	next := 0
	for k, s := range strata {
		for _, at := range permutation(len(s), key.At(uint64(k))) {
			x.folds[s[at]] = next % foldCount
			next++
		}
	}
	return x
}

// times is the product of a square matrix [n, n] with one of targets [n, columns].
func (x *design) times(square, targets []float32, columns int) []float32 {
	mark := x.arena.Mark()
	defer x.arena.Release(mark)
	out := x.arena.New(x.n, columns)
	tensor.Gemm(out, x.arena.From(x.n, x.n, square), x.arena.From(x.n, columns, targets), false, false, false)
	return slices.Clone(out.Slice())
}

// predict gives cross-validated ridge predictions of each column of targets.
func (x *design) predict(targets []float32, columns int) []float32 {
	if x.hat == nil {
		x.hat = make([]float32, x.n*x.n)
		for f := range foldCount {
			x.fit(f)
		}
	}
	return x.times(x.hat, targets, columns)
}

// fit fills the rows of one fold: X_fold (XᵀX + λI)⁻¹ Xᵀ over the rows outside it.
// There is no intercept: targets are balanced within strata, and an estimated one
// would lean against the fold that was left out.
func (x *design) fit(fold int) {
	var inside, outside []int
	for i, f := range x.folds {
		if f == fold {
			inside = append(inside, i)
		} else {
			outside = append(outside, i)
		}
	}
	if len(inside) == 0 || len(outside) == 0 {
		return
	}
	mark := x.arena.Mark()
	defer x.arena.Release(mark)
	train, test := x.take(outside), x.take(inside)
	gram := x.arena.New(x.d, x.d)
	tensor.Gemm(gram, train, train, true, false, false)
	ridge := 0.1*float64(len(outside)) + float64(x.d)
	system := mat.NewSymDense(x.d, nil)
	for i, v := range gram.Slice() {
		if r, c := i/x.d, i%x.d; r <= c {
			system.SetSym(r, c, float64(v)+ridge*indicator(r == c))
		}
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(system) {
		panic(fmt.Sprintf("shift: %d features with a ridge of %g are not positive definite", x.d, ridge))
	}
	var inverse mat.SymDense
	if err := cholesky.InverseTo(&inverse); err != nil {
		panic("shift: invert: " + err.Error()) // the ridge bounds the condition
	}
	flat := make([]float32, x.d*x.d)
	for i := range flat {
		flat[i] = float32(inverse.At(i/x.d, i%x.d))
	}
	weights, hat := x.arena.New(len(inside), x.d), x.arena.New(len(inside), len(outside))
	tensor.Gemm(weights, test, x.arena.From(x.d, x.d, flat), false, false, false)
	tensor.Gemm(hat, weights, train, false, true, false)
	for i, v := range hat.Slice() {
		x.hat[inside[i/len(outside)]*x.n+outside[i%len(outside)]] = v
	}
}

func (x *design) take(rows []int) *tensor.Tensor {
	flat := make([]float32, 0, len(rows)*x.d)
	for _, i := range rows {
		flat = append(flat, x.x[i*x.d:(i+1)*x.d]...)
	}
	return x.arena.From(len(rows), x.d, flat)
}

// kernel is the Gaussian kernel of all pairs, 0 on the diagonal; its width is the
// median distance of randomly drawn pairs.
func (x *design) kernel(key stats.Key) []float32 {
	mark := x.arena.Mark()
	defer x.arena.Release(mark)
	all := x.arena.From(x.n, x.d, x.x)
	products := x.arena.New(x.n, x.n)
	tensor.Gemm(products, all, all, false, true, false)
	k := slices.Clone(products.Slice())
	norms := make([]float32, x.n)
	for i := range norms {
		norms[i] = k[i*x.n+i]
	}
	squared := func(i, j int) float64 { return max(0, float64(norms[i])+float64(norms[j])-2*float64(k[i*x.n+j])) }
	var sample []float64
	for t := range uint64(4000) {
		if i, j := key.Below(2*t, x.n), key.Below(2*t+1, x.n); i != j {
			sample = append(sample, squared(i, j))
		}
	}
	slices.Sort(sample)
	width := 1.0
	if len(sample) > 0 && sample[len(sample)/2] > 0 {
		width = sample[len(sample)/2]
	}
	out := make([]float32, len(k))
	for i := range x.n {
		for j := range i {
			v := float32(math.Exp(-squared(i, j) / width))
			out[i*x.n+j], out[j*x.n+i] = v, v
		}
	}
	return out
}
