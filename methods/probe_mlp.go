package methods

import (
	"io"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"runexp/internal/lm/tensor"
)

// mlpProbe has one hidden layer, on standardised features:
//
//	z = W₂·relu(W₁·x̂ + b₁) + b₂    W₁ [hidden, cols], W₂ [k, hidden]
type mlpProbe struct {
	link
	standard
	hidden int
	params []float32 // W₁, b₁, W₂, b₂
}

// mlpLayers are views of mlpProbe.params, or of their gradient.
type mlpLayers struct {
	w1, w2 blas32.General
	b1, b2 []float32
}

func (p *mlpProbe) layers(params []float32) mlpLayers {
	cols, h, k := len(p.mean), p.hidden, p.width()
	var l mlpLayers
	take := func(n int) []float32 {
		v := params[:n:n]
		params = params[n:]
		return v
	}
	l.w1 = matrix32(take(h*cols), h, cols)
	l.b1 = take(h)
	l.w2 = matrix32(take(k*h), k, h)
	l.b2 = take(k)
	return l
}

// size returns the number of parameters.
func (p *mlpProbe) size() int {
	k := p.width()
	return p.hidden*len(p.mean) + p.hidden + k*p.hidden + k
}

func matrix32(v []float32, rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: max(cols, 1), Data: v}
}

// draw fills each layer with U(±1/√in).
func (p *mlpProbe) draw(key tensor.Key) {
	l := p.layers(p.params)
	next := uint64(0)
	for _, part := range []struct {
		v  []float32
		in int
	}{{l.w1.Data, len(p.mean)}, {l.b1, len(p.mean)}, {l.w2.Data, p.hidden}, {l.b2, p.hidden}} {
		bound := 1 / math.Sqrt(float64(part.in))
		for i := range part.v {
			part.v[i] = float32(bound * (2*key.Float64(next) - 1))
			next++
		}
	}
}

// rescale turns predictions of (y-mean)/unit into predictions of y.
func (p *mlpProbe) rescale(mean, unit float64) {
	if p.task != Regression {
		return
	}
	l := p.layers(p.params)
	for i, w := range l.w2.Data {
		l.w2.Data[i] = float32(float64(w) * unit)
	}
	l.b2[0] = float32(float64(l.b2[0])*unit + mean)
}

// forward sets hidden [n, hidden] and z [n, k] from x [n, cols].
func (p *mlpProbe) forward(l mlpLayers, hidden, z, x blas32.General) {
	for i := range x.Rows {
		copy(hidden.Data[i*p.hidden:], l.b1)
		copy(z.Data[i*z.Cols:], l.b2)
	}
	blas32.Gemm(blas.NoTrans, blas.Trans, 1, x, l.w1, 1, hidden)
	for i, h := range hidden.Data {
		hidden.Data[i] = max(h, 0)
	}
	blas32.Gemm(blas.NoTrans, blas.Trans, 1, hidden, l.w2, 1, z)
}

// PredictFeatures scores each row.
func (p *mlpProbe) PredictFeatures(f Features) [][]float64 {
	out := newScores(f.Rows, p.outputs)
	k := p.width()
	z := matrix32(make([]float32, f.Rows*k), f.Rows, k)
	if k > 0 && f.Rows > 0 {
		x := matrix32(float32sOf(p.standardise(f)), f.Rows, f.Cols)
		hidden := matrix32(make([]float32, f.Rows*p.hidden), f.Rows, p.hidden)
		p.forward(p.layers(p.params), hidden, z, x)
	}
	for i := range out {
		p.apply(out[i], float64sOf(z.Data[i*k:(i+1)*k]))
	}
	return out
}

// ParamCount counts the weights and biases of both layers, with one row per
// output, although two classes share one row here.
func (p *mlpProbe) ParamCount() int64 {
	return int64(p.hidden)*int64(len(p.mean)+1) + int64(p.outputs)*int64(p.hidden+1)
}

// StoredBytes returns the size of the saved weights.
func (p *mlpProbe) StoredBytes() int64 { return savedSize(p) }

// Save writes the weights.
func (p *mlpProbe) Save(w io.Writer) error { return save(w, p) }

func (*mlpProbe) kind() string { return "mlp probe" }

func (p *mlpProbe) encode(e *encoder) {
	p.link.encode(e)
	p.standard.encode(e)
	e.count(p.hidden)
	e.float32s(p.params)
}

func (p *mlpProbe) decode(d *decoder) {
	p.link.decode(d)
	p.standard.decode(d)
	p.hidden = d.count()
	p.params = d.float32s()
	d.want(len(p.params) == p.size())
}
