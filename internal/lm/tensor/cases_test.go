package tensor

import (
	"fmt"
	"math"
)

// An opCase is one operation with its naive twin: the shared set of cases that
// the tests of values, of instruction sets, of threads and of gradients run.
type opCase struct {
	name string
	// shapes of the inputs at a size of n rows and c columns
	shapes func(n, c int) [][2]int
	// run computes the outputs that have a twin.
	run func(a *Arena, in []*Tensor, n, c int) []*Tensor
	// naive computes the same outputs.
	naive func(in [][]float64, n, c int) [][]float64
	// backward computes the gradients of the inputs, given that of the first
	// output; nil entries have none. Where acc is true it adds them to 1.
	backward func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor
	// tolerance of a value, relative to 1 + its size
	tolerance float64
}

// sizes are those at which vectors, tiles and segments begin and end.
var sizes = []int{1, 7, 16, 17, 64, 65}

// Tolerances: a handful of roundings of numbers near 1, or sums of up to 65.
const (
	fewRoundings = 2e-6
	sumRoundings = 2e-5
)

// like returns gradients to be overwritten (full of NaN) or added to (ones).
func like(a *Arena, t *Tensor, acc bool) *Tensor {
	d := a.New(t.Rows, t.Cols)
	if acc {
		Fill(d, 1)
	} else {
		Fill(d, float32(math.NaN()))
	}
	return d
}

// added returns gradients that an operation always adds to; without acc they
// start at zero.
func added(a *Arena, t *Tensor, acc bool) *Tensor {
	d := a.Zeros(t.Rows, t.Cols)
	if acc {
		Fill(d, 1)
	}
	return d
}

// testOffsets cuts n rows into sequences, an empty one among them.
func testOffsets(n int) []int32 {
	return []int32{0, int32(n / 3), int32(n / 3), int32(n)}
}

func testLabels(n, c int) []int32 {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32((i * 7) % c)
		if i%5 == 3 {
			v[i] = -1
		}
	}
	return v
}

func testPositions(n int) []int32 {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32((i * 3) % 11)
	}
	return v
}

var dropKey = NewKey(7, "dropout")

func one(x []float64) [][]float64 { return [][]float64{x} }

func square(n, c int) [][2]int { return [][2]int{{n, c}} }

// opCases lists every operation.
func opCases() []opCase {
	cases := []opCase{
		{
			name:   "AddBias",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {1, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				Copy(d, in[0])
				AddBias(d, in[1])
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveRows(in[0], c, func(r []float64) []float64 {
					return naiveMap(func(v ...float64) float64 { return v[0] + v[1] }, r, in[1])
				}))
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				db := like(a, in[1], acc)
				ColumnSum(db, dout, acc)
				return []*Tensor{nil, db}
			},
			tolerance: fewRoundings,
		},
		{
			name:   "ScaleColumns",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {1, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				ScaleColumns(d, in[0], in[1])
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveRows(in[0], c, func(r []float64) []float64 {
					return naiveMap(func(v ...float64) float64 { return v[0] * v[1] }, r, in[1])
				}))
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				ds := like(a, in[1], acc)
				ColumnDot(ds, in[0], dout, acc)
				return []*Tensor{nil, ds}
			},
			tolerance: fewRoundings,
		},
		{
			name:   "LayerNorm",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {1, c}, {1, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				LayerNorm(d, a.New(n, 1), a.New(n, 1), in[0], in[1], in[2], 1e-2)
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveLayerNorm(in[0], in[1], in[2], c, 1e-2))
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				mean, rstd := a.New(n, 1), a.New(n, 1)
				LayerNorm(a.New(n, c), mean, rstd, in[0], in[1], in[2], 1e-2)
				dx, dw, db := like(a, in[0], acc), added(a, in[1], acc), added(a, in[2], acc)
				LayerNormBackward(dx, dw, db, dout, in[0], in[1], mean, rstd, acc)
				return []*Tensor{dx, dw, db}
			},
			tolerance: sumRoundings,
		},
		{
			name:   "RMSNorm",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {1, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				RMSNorm(d, a.New(n, 1), in[0], in[1], 1e-2)
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 { return one(naiveRMSNorm(in[0], in[1], c, 1e-2)) },
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				rstd := a.New(n, 1)
				RMSNorm(a.New(n, c), rstd, in[0], in[1], 1e-2)
				dx, dw := like(a, in[0], acc), added(a, in[1], acc)
				RMSNormBackward(dx, dw, dout, in[0], in[1], rstd, acc)
				return []*Tensor{dx, dw}
			},
			tolerance: sumRoundings,
		},
		{
			name:   "SwiGLU",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				SwiGLU(d, in[0], in[1])
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(func(v ...float64) float64 { return v[0] * naiveSigmoid(v[0]) * v[1] }, in[0], in[1]))
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				dg, du := like(a, in[0], acc), like(a, in[1], acc)
				SwiGLUBackward(dg, du, dout, in[0], in[1], acc)
				return []*Tensor{dg, du}
			},
			tolerance: fewRoundings,
		},
		{
			name:   "Dropout",
			shapes: square,
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				Dropout(d, in[0], 0.3, dropKey)
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(func(v ...float64) float64 { return v[0] * v[1] }, in[0], naiveKeep(n*c, 0.3, dropKey)))
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				dx := a.New(n, c)
				Dropout(dx, dout, 0.3, dropKey)
				if acc {
					Axpy(dx, a.From(n, c, repeat(1, n*c)), 1)
				}
				return []*Tensor{dx}
			},
			tolerance: fewRoundings,
		},
		{
			name:   "DropoutAdd",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				DropoutAdd(d, in[0], in[1], 0.3, dropKey)
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(func(v ...float64) float64 { return v[0]*v[1] + v[2] }, in[0], naiveKeep(n*c, 0.3, dropKey), in[1]))
			},
			tolerance: fewRoundings,
		},
		{
			name:   "Reductions",
			shapes: square,
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				sum, norm, rows, cols := a.New(1, 1), a.New(1, 1), a.New(n, 1), a.New(1, c)
				Sum(sum, in[0], false)
				SquaredNorm(norm, in[0], false)
				RowNorms(rows, in[0])
				ColumnSum(cols, in[0], false)
				tr := a.New(c, n)
				Transpose(tr, in[0])
				return []*Tensor{sum, norm, rows, cols, tr}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				t := naiveTranspose(in[0], n, c)
				return [][]float64{
					{naiveSum(in[0])}, {naiveDot(in[0], in[0])},
					naiveRows(in[0], c, func(r []float64) []float64 { return []float64{math.Sqrt(naiveDot(r, r))} }),
					naiveRows(t, n, func(r []float64) []float64 { return []float64{naiveSum(r)} }),
					t,
				}
			},
			tolerance: sumRoundings,
		},
		{
			name:   "LogSoftmax",
			shapes: square,
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				LogSoftmax(d, in[0])
				return []*Tensor{d}
			},
			naive:     func(in [][]float64, n, c int) [][]float64 { return one(naiveRows(in[0], c, naiveLogSoftmax)) },
			tolerance: fewRoundings,
		},
		{
			name:   "SegmentMean",
			shapes: square,
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(3, c)
				SegmentMean(d, in[0], a.Ints(testOffsets(n)))
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 { return one(naiveSegmentMean(in[0], c, testOffsets(n))) },
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				dx := like(a, in[0], acc)
				SegmentMeanBackward(dx, dout, a.Ints(testOffsets(n)), acc)
				return []*Tensor{dx}
			},
			tolerance: fewRoundings,
		},
		{
			name:   "SegmentMax",
			shapes: square,
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(3, c)
				SegmentMax(d, a.Ints(make([]int32, 3*c)), in[0], a.Ints(testOffsets(n)))
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 { return one(naiveSegmentMax(in[0], c, testOffsets(n))) },
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				arg, offsets := a.Ints(make([]int32, 3*c)), a.Ints(testOffsets(n))
				SegmentMax(a.New(3, c), arg, in[0], offsets)
				dx := like(a, in[0], acc)
				SegmentMaxBackward(dx, dout, arg, offsets, acc)
				return []*Tensor{dx}
			},
			tolerance: fewRoundings,
		},
		{
			name:   "Embedding",
			shapes: func(n, c int) [][2]int { return [][2]int{{11, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				Embedding(d, in[0], a.Ints(testPositions(n)))
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				var out []float64
				for _, id := range testPositions(n) {
					out = append(out, in[0][int(id)*c:int(id+1)*c]...)
				}
				return one(out)
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				d := added(a, in[0], acc)
				ScatterAddRows(d, dout, a.Ints(testPositions(n)))
				return []*Tensor{d}
			},
			tolerance: sumRoundings,
		},
		{
			name:   "BCE",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				BCE(d, in[0], in[1])
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(func(v ...float64) float64 {
					return math.Max(v[0], 0) - v[0]*v[1] + math.Log1p(math.Exp(-math.Abs(v[0])))
				}, in[0], in[1]))
			},
			tolerance: fewRoundings,
		},
		{
			name:   "MSE",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				MSE(d, in[0], in[1])
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(func(v ...float64) float64 { return (v[0] - v[1]) * (v[0] - v[1]) }, in[0], in[1]))
			},
			tolerance: fewRoundings,
		},
		{
			// The sum of the losses, so that the gradient has a single factor.
			name:   "BCESum",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run:    sumOf(BCE),
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one([]float64{naiveSum(naiveMap(func(v ...float64) float64 {
					return math.Max(v[0], 0) - v[0]*v[1] + math.Log1p(math.Exp(-math.Abs(v[0])))
				}, in[0], in[1]))})
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				return lossGradient(a, in, dout, acc, BCEBackward)
			},
			tolerance: sumRoundings,
		},
		{
			name:   "MSESum",
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run:    sumOf(MSE),
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one([]float64{naiveSum(naiveMap(func(v ...float64) float64 { return (v[0] - v[1]) * (v[0] - v[1]) }, in[0], in[1]))})
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				return lossGradient(a, in, dout, acc, MSEBackward)
			},
			tolerance: sumRoundings,
		},
	}
	for _, op := range []struct {
		name   string
		kernel func(d, a, b *Tensor)
		naive  func(v ...float64) float64
	}{
		{"Add", Add, func(v ...float64) float64 { return v[0] + v[1] }},
		{"Sub", Sub, func(v ...float64) float64 { return v[0] - v[1] }},
		{"Mul", Mul, func(v ...float64) float64 { return v[0] * v[1] }},
		{"Div", Div, func(v ...float64) float64 { return v[0] / v[1] }},
	} {
		cases = append(cases, opCase{
			name:   op.name,
			shapes: func(n, c int) [][2]int { return [][2]int{{n, c}, {n, c}} },
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				op.kernel(d, in[0], in[1])
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(op.naive, in[0], in[1]))
			},
			tolerance: fewRoundings,
		})
	}
	for f := GELU; f <= Sigmoid; f++ {
		cases = append(cases, opCase{
			name:   fmt.Sprintf("Activate/%d", f),
			shapes: square,
			run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
				d := a.New(n, c)
				Activate(d, in[0], f)
				return []*Tensor{d}
			},
			naive: func(in [][]float64, n, c int) [][]float64 {
				return one(naiveMap(func(v ...float64) float64 { return naiveActivation(f, v[0]) }, in[0]))
			},
			backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
				dx := like(a, in[0], acc)
				ActivateBackward(dx, dout, in[0], f, acc)
				return []*Tensor{dx}
			},
			tolerance: fewRoundings,
		})
	}
	for _, smoothing := range []float32{0, 0.1} {
		for _, weighted := range []bool{false, true} {
			cases = append(cases, crossEntropyCase(smoothing, weighted))
		}
	}
	for i := range 4 {
		cases = append(cases, rotaryCase(i&1 == 1, i&2 == 2))
	}
	for i := range 8 {
		cases = append(cases, productCase(i&1 == 1, i&2 == 2, i&4 == 4))
	}
	for i := range 16 {
		cases = append(cases, attentionCase(i&1 == 1, i&2 == 2, i&4 == 4, i&8 == 8))
	}
	return cases
}

func repeat(v float32, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func sumOf(loss func(l, x, t *Tensor)) func(a *Arena, in []*Tensor, n, c int) []*Tensor {
	return func(a *Arena, in []*Tensor, n, c int) []*Tensor {
		l, s := a.New(n, c), a.New(1, 1)
		loss(l, in[0], in[1])
		Sum(s, l, false)
		return []*Tensor{s}
	}
}

func lossGradient(a *Arena, in []*Tensor, dout *Tensor, acc bool, backward func(dx, x, t, scale *Tensor)) []*Tensor {
	dx := a.New(in[0].Rows, in[0].Cols)
	backward(dx, in[0], in[1], dout)
	if acc {
		Axpy(dx, a.From(dx.Rows, dx.Cols, repeat(1, dx.Len())), 1)
	}
	return []*Tensor{dx, nil}
}

func crossEntropyCase(smoothing float32, weighted bool) opCase {
	weights := func(in []*Tensor) *Tensor {
		if weighted {
			return in[1]
		}
		return nil
	}
	return opCase{
		name: fmt.Sprintf("CrossEntropy/smoothing=%v,weighted=%v", smoothing, weighted),
		shapes: func(n, c int) [][2]int {
			return [][2]int{{n, c}, {1, c}}
		},
		run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
			loss, sum := a.New(n, 1), a.New(1, 1)
			CrossEntropy(loss, a.New(n, c), in[0], a.Ints(testLabels(n, c)), smoothing, weights(in))
			Sum(sum, loss, false)
			return []*Tensor{sum, loss}
		},
		naive: func(in [][]float64, n, c int) [][]float64 {
			var w []float64
			if weighted {
				w = in[1]
			}
			loss := naiveCrossEntropy(in[0], c, testLabels(n, c), float64(smoothing), w)
			return [][]float64{{naiveSum(loss)}, loss}
		},
		backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
			labels, probs := a.Ints(testLabels(n, c)), a.New(n, c)
			CrossEntropy(a.New(n, 1), probs, in[0], labels, smoothing, weights(in))
			CrossEntropyBackward(probs, probs, labels, smoothing, weights(in), dout)
			if acc {
				Axpy(probs, a.From(n, c, repeat(1, n*c)), 1)
			}
			return []*Tensor{probs, nil}
		},
		tolerance: sumRoundings,
	}
}

func rotaryCase(interleaved, inverse bool) opCase {
	const headDim = 6
	// Points of the unit circle by rational numbers: the same on every machine,
	// which the math library does not promise.
	cos, sin := make([]float32, 11*headDim/2), make([]float32, 11*headDim/2)
	for i := range cos {
		t := float32(i) / 8
		cos[i], sin[i] = (1-float32(t*t))/(1+float32(t*t)), 2*t/(1+float32(t*t))
	}
	return opCase{
		name:   fmt.Sprintf("Rotary/interleaved=%v,inverse=%v", interleaved, inverse),
		shapes: func(n, c int) [][2]int { return [][2]int{{n, 2 * headDim}} },
		run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
			d := a.New(n, 2*headDim)
			Rotary(d, in[0], a.Ints(testPositions(n)), a.From(11, headDim/2, cos), a.From(11, headDim/2, sin), headDim, interleaved, inverse)
			return []*Tensor{d}
		},
		naive: func(in [][]float64, n, c int) [][]float64 {
			return one(naiveRotary(in[0], 2*headDim, testPositions(n), widen(cos), widen(sin), headDim, interleaved, inverse))
		},
		backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
			d := a.New(n, 2*headDim)
			Rotary(d, dout, a.Ints(testPositions(n)), a.From(11, headDim/2, cos), a.From(11, headDim/2, sin), headDim, interleaved, !inverse)
			if acc {
				Axpy(d, a.From(d.Rows, d.Cols, repeat(1, d.Len())), 1)
			}
			return []*Tensor{d}
		},
		tolerance: fewRoundings,
	}
}

// productCase is [n, k]·[k, c] with k between the two, for all ways to store.
func productCase(ta, tb, bias bool) opCase {
	inner := func(n, c int) int { return (n+c)/2 + 1 }
	return opCase{
		name: fmt.Sprintf("Gemm/ta=%v,tb=%v,bias=%v", ta, tb, bias),
		shapes: func(n, c int) [][2]int {
			k := inner(n, c)
			a, b := [2]int{n, k}, [2]int{k, c}
			if ta {
				a = [2]int{k, n}
			}
			if tb {
				b = [2]int{c, k}
			}
			return [][2]int{a, b, {1, c}}
		},
		run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
			d := a.New(n, c)
			if bias {
				GemmBias(d, in[0], in[1], in[2], ta, tb)
			} else {
				Gemm(d, in[0], in[1], ta, tb, false)
			}
			return []*Tensor{d}
		},
		naive: func(in [][]float64, n, c int) [][]float64 {
			k := inner(n, c)
			x, y := in[0], in[1]
			if ta {
				x = naiveTranspose(x, k, n)
			}
			if tb {
				y = naiveTranspose(y, c, k)
			}
			p := naiveMatMul(x, y, n, k, c)
			if bias {
				for i := range p {
					p[i] += in[2][i%c]
				}
			}
			return one(p)
		},
		backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
			dx, dy, db := like(a, in[0], acc), like(a, in[1], acc), added(a, in[2], acc)
			if ta {
				Gemm(dx, in[1], dout, tb, true, acc)
			} else {
				Gemm(dx, dout, in[1], false, !tb, acc)
			}
			if tb {
				Gemm(dy, dout, in[0], true, ta, acc)
			} else {
				Gemm(dy, in[0], dout, !ta, false, acc)
			}
			if bias {
				ColumnSum(db, dout, true)
			}
			return []*Tensor{dx, dy, db}
		},
		tolerance: sumRoundings,
	}
}

// attentionCase has n tokens in three sequences and heads of size c%16+1.
func attentionCase(causal, prefix, grouped, dropout bool) opCase {
	config := func(c int) AttentionConfig {
		cfg := AttentionConfig{Heads: 2, KVHeads: 2, HeadDim: c%16 + 1, Scale: 0.7, Causal: causal, Key: dropKey}
		if grouped {
			cfg.KVHeads = 1
		}
		if dropout {
			cfg.Dropout = 0.25
		}
		return cfg
	}
	tensors := func(in []*Tensor) (pk, pv *Tensor) {
		if prefix {
			return in[3], in[4]
		}
		return nil, nil
	}
	const p = 3
	length := func(a *Arena, n int) (*Ints, int) {
		offsets := a.Ints(testOffsets(n))
		if prefix {
			return offsets, AttentionProbsLen(offsets, 2, p)
		}
		return offsets, AttentionProbsLen(offsets, 2, 0)
	}
	return opCase{
		name: fmt.Sprintf("Attention/causal=%v,prefix=%v,grouped=%v,dropout=%v", causal, prefix, grouped, dropout),
		shapes: func(n, c int) [][2]int {
			cfg := config(c)
			q, k := cfg.Heads*cfg.HeadDim, cfg.KVHeads*cfg.HeadDim
			return [][2]int{{n, q}, {n, k}, {n, k}, {p, k}, {p, k}}
		},
		run: func(a *Arena, in []*Tensor, n, c int) []*Tensor {
			offsets, size := length(a, n)
			d, probs := a.New(n, in[0].Cols), a.New(1, size)
			pk, pv := tensors(in)
			Attention(d, probs, in[0], in[1], in[2], offsets, pk, pv, config(c))
			alone := a.New(n, in[0].Cols)
			Attention(alone, nil, in[0], in[1], in[2], offsets, pk, pv, config(c))
			return []*Tensor{d, probs, alone}
		},
		naive: func(in [][]float64, n, c int) [][]float64 {
			cfg := config(c)
			pk, pv := in[3], in[4]
			if !prefix {
				pk, pv = nil, nil
			}
			var factor []float64
			if dropout {
				factor = naiveKeep(2*n*(n+p), cfg.Dropout, cfg.Key)
			}
			out, probs := naiveAttention(in[0], in[1], in[2], pk, pv, testOffsets(n), cfg, factor)
			return [][]float64{out, probs, out}
		},
		backward: func(a *Arena, in []*Tensor, dout *Tensor, n, c int, acc bool) []*Tensor {
			offsets, size := length(a, n)
			probs := a.New(1, size)
			pk, pv := tensors(in)
			Attention(a.New(n, in[0].Cols), probs, in[0], in[1], in[2], offsets, pk, pv, config(c))
			dq, dk, dv := like(a, in[0], false), like(a, in[1], false), like(a, in[2], false)
			var dpk, dpv *Tensor
			if prefix {
				dpk, dpv = added(a, in[3], acc), added(a, in[4], acc)
			}
			AttentionBackward(dq, dk, dv, dpk, dpv, dout, probs, in[0], in[1], in[2], offsets, pk, pv, config(c))
			if acc {
				for _, d := range []*Tensor{dq, dk, dv} {
					Axpy(d, a.From(d.Rows, d.Cols, repeat(1, d.Len())), 1)
				}
			}
			return []*Tensor{dq, dk, dv, dpk, dpv}
		},
		tolerance: sumRoundings,
	}
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
