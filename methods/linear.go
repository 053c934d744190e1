package methods

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// A design holds the rows that a linear model reads. The weights of all k
// outputs lie in one slice of cols·k numbers whose order each design chooses;
// at gives the place of column j of output o.
type design interface {
	rows() int
	cols() int
	at(j, o, k int) int

	// scores sets dst[i,o] to row i times the weights of output o; dst [n,k].
	scores(dst, w []float64, k int)

	// gradient sets dw to Σ_i x_ij·r[i,o]; r [n,k].
	gradient(dw, r []float64, k int)

	// scaling returns a change of variables after which a loss with this
	// much curvature and a penalty of lambda is nearly round.
	scaling(curvature, lambda, total float64) (scaling, error)
}

// A scaling is a linear change of variables w = P·u. L-BFGS works on u, where
// the loss curves alike in every direction, and so needs few steps; the
// minimum is the same.
type scaling interface {
	toWeights(v []float64, k int)   // v = P·v
	fromWeights(v []float64, k int) // v = P⁻¹·v
	gradient(v []float64, k int)    // v = Pᵀ·v
}

// A rowLoss returns the loss of row i with scores z, and overwrites z with
// the derivative.
type rowLoss func(z []float64, i int) float64

// linearProblem is the convex problem that every linear model here solves:
//
//	min over W, b:  1/S Σ_i s_i·ℓ(x_i·W + b, y_i) + λ/2 ‖W‖²    S = Σ s_i
//
// with λ = 1/(C·S), where C is the strength that the experiment file and
// scikit-learn call by that letter; intercepts are not penalised.
type linearProblem struct {
	x         design
	k         int // outputs, each with a weight vector and an intercept
	loss      rowLoss
	curvature float64   // of ℓ: at most this, about
	weights   []float64 // s, per row
}

// gradientTolerance bounds every component of the scaled gradient at the
// solution. On the sets SST-2 and TweetEval emotion the loss is then within
// 1e-8 of the minimum at the weakest default regularisation, and within 1e-10
// of it at the middle ones.
const gradientTolerance = 2e-6

// maxIterations is far above what scaled problems need: tens, and a few
// hundred for separable data with hardly any penalty.
const maxIterations = 5000

// solve returns the minimum for the strength C as W, in the design's order,
// and then b. start is the solution for another strength, or nil.
func (p *linearProblem) solve(c float64, start []float64) ([]float64, error) {
	total := floats.Sum(p.weights)
	lambda := 1 / (c * total)
	scale, err := p.x.scaling(p.curvature, lambda, total)
	if err != nil {
		return nil, err
	}
	nw := p.x.cols() * p.k
	intercept := 1 / math.Sqrt(p.curvature)
	toWeights := func(v []float64) {
		scale.toWeights(v[:nw], p.k)
		floats.Scale(intercept, v[nw:])
	}

	u := make([]float64, nw+p.k)
	if start != nil {
		copy(u, start)
		scale.fromWeights(u[:nw], p.k)
		floats.Scale(1/intercept, u[nw:])
	}
	v := make([]float64, len(u))
	z := make([]float64, p.x.rows()*p.k)
	at, grad, value := []float64(nil), make([]float64, len(u)), 0.0
	evaluate := func(u []float64) {
		if at != nil && slices.Equal(at, u) {
			return
		}
		at = append(at[:0], u...)
		copy(v, u)
		toWeights(v)
		value = p.evaluate(grad, v, z, lambda, total)
		scale.gradient(grad[:nw], p.k)
		floats.Scale(intercept, grad[nw:])
	}
	problem := optimize.Problem{
		Func: func(u []float64) float64 { evaluate(u); return value },
		Grad: func(g, u []float64) { evaluate(u); copy(g, grad) },
	}
	settings := &optimize.Settings{
		GradientThreshold: gradientTolerance,
		Converger:         optimize.NeverTerminate{},
		MajorIterations:   maxIterations,
	}
	result, err := optimize.Minimize(problem, u, settings, &optimize.LBFGS{Store: 10, Linesearcher: &optimize.MoreThuente{}})
	if result == nil {
		return nil, fmt.Errorf("fit linear model: %w", err)
	}
	// Near the minimum the line search may find no better point that float64
	// can tell apart; the gradient decides whether that is the minimum.
	if g := floats.Norm(result.Gradient, math.Inf(1)); g > 100*gradientTolerance || math.IsNaN(g) {
		return nil, fmt.Errorf("fit linear model: no convergence after %d steps (largest gradient %.2g, %v)",
			result.MajorIterations, g, result.Status)
	}
	w := slices.Clone(result.X)
	toWeights(w)
	return w, nil
}

// evaluate returns the objective at v = (W, b) and sets grad to its gradient;
// z [n,k] is scratch.
func (p *linearProblem) evaluate(grad, v, z []float64, lambda, total float64) float64 {
	k, nw := p.k, len(v)-p.k
	w, b := v[:nw], v[nw:]
	p.x.scores(z, w, k)
	clear(grad[nw:])
	sum := 0.0
	for i, s := range p.weights {
		row := z[i*k : (i+1)*k]
		for o := range row {
			row[o] += b[o]
		}
		sum += s * p.loss(row, i)
		for o := range row {
			row[o] *= s / total
			grad[nw+o] += row[o]
		}
	}
	p.x.gradient(grad[:nw], z, k)
	floats.AddScaled(grad[:nw], lambda, w)
	return sum/total + lambda/2*floats.Dot(w, w)
}

// softmaxLoss is the cross entropy of a softmax over k classes.
func softmaxLoss(class []int) rowLoss {
	return func(z []float64, i int) float64 { return softmaxStep(z, class[i]) }
}

// softmaxStep returns the cross entropy of class c and overwrites the logits
// with its derivative.
func softmaxStep(z []float64, c int) float64 {
	loss := logSumExp(z) - z[c]
	softmax(z)
	z[c]--
	return loss
}

// logisticLoss is the cross entropy of a sigmoid; y is 0 or 1.
func logisticLoss(y []float64) rowLoss {
	return func(z []float64, i int) float64 { return logisticStep(z, 0, y[i]) }
}

// logisticStep returns the cross entropy of y, 0 or 1, and overwrites the
// logit z[o] with its derivative.
func logisticStep(z []float64, o int, y float64) float64 {
	loss := logistic(z[o], y)
	z[o] = sigmoid(z[o]) - y
	return loss
}

// squaredLoss is half the squared error.
func squaredLoss(y []float64) rowLoss {
	return func(z []float64, i int) float64 {
		z[0] -= y[i]
		return z[0] * z[0] / 2
	}
}

// logistic returns -log p(y) under a sigmoid with logit z, for y 0 or 1.
func logistic(z, y float64) float64 {
	return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - y*z
}

// sigmoid returns 1/(1+exp(-z)).
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// logSumExp returns log Σ exp(z_c); the largest is taken out first, so that
// finite logits cannot overflow.
func logSumExp(z []float64) float64 {
	largest, sum := slices.Max(z), 0.0
	for _, v := range z {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}

// softmax replaces logits by probabilities.
func softmax(z []float64) {
	largest, sum := slices.Max(z), 0.0
	for c, v := range z {
		z[c] = math.Exp(v - largest)
		sum += z[c]
	}
	for c := range z {
		z[c] /= sum
	}
}
