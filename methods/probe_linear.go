package methods

import "io"

// fitLinear solves the convex problem of linearProblem on standardised
// features, for each strength.
func (m *Probing) fitLinear(train, dev Features, task Task) (FeaturePredictor, error) {
	std := newStandard(train)
	x := newDense(std.standardise(train), train.Rows, train.Cols)
	folded := func(m *linearModel) *linearProbe {
		p := &linearProbe{cols: train.Cols, model: linearModel{link: m.link, strength: m.strength}}
		w, b := float64sOf(m.w), float64sOf(m.b)
		std.fold(w, b)
		p.model.w, p.model.b = float32sOf(w), float32sOf(b)
		return p
	}
	best, err := fitLinear(x, task, train.Targets, dev.Targets, m.Strengths, func(m *linearModel) [][]float64 {
		return folded(m).PredictFeatures(dev)
	})
	if err != nil {
		return nil, err
	}
	return folded(best), nil
}

// linearProbe is W [k, cols] and b [k] on plain features.
type linearProbe struct {
	cols  int
	model linearModel
}

// PredictFeatures scores each row.
func (p *linearProbe) PredictFeatures(f Features) [][]float64 {
	z := make([]float64, p.model.width())
	out := newScores(f.Rows, p.model.outputs)
	for i := range out {
		x := f.Row(i)
		for o := range z {
			z[o] = float64(p.model.b[o]) + dot32(p.model.w[o*p.cols:(o+1)*p.cols], x)
		}
		p.model.apply(out[i], z)
	}
	return out
}

// ParamCount counts one row of weights and an intercept per output, as a head
// of the model has them, although two classes share one row here.
func (p *linearProbe) ParamCount() int64 { return int64(p.model.outputs) * int64(p.cols+1) }

// StoredBytes returns the size of the saved weights.
func (p *linearProbe) StoredBytes() int64 { return savedSize(p) }

// Save writes the weights.
func (p *linearProbe) Save(w io.Writer) error { return save(w, p) }

func (*linearProbe) kind() string { return "linear probe" }

func (p *linearProbe) encode(e *encoder) {
	e.count(p.cols)
	p.model.encode(e)
}

func (p *linearProbe) decode(d *decoder) {
	p.cols = d.count()
	p.model.decode(d)
	k := p.model.width()
	d.want(len(p.model.w) == k*p.cols && len(p.model.b) == k)
}

// dot32 returns the inner product in float64, in four lanes.
func dot32(a, b []float32) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float64(a[i]) * float64(b[i])
		s1 += float64(a[i+1]) * float64(b[i+1])
		s2 += float64(a[i+2]) * float64(b[i+2])
		s3 += float64(a[i+3]) * float64(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float64(a[i]) * float64(b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

func float64sOf(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func float32sOf(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}
