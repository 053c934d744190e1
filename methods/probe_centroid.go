package methods

import "io"

// fitCentroid computes the mean of each class on standardised features, and
// the spread around these means.
func fitCentroid(train Features, task Task) *centroidProbe {
	p := &centroidProbe{
		link:     newLink(task, train.Targets),
		standard: newStandard(train),
	}
	x, cols := p.standardise(train), train.Cols
	p.means = make([]float32, task.Outputs*cols)
	sums, counts := make([]float64, task.Outputs*cols), make([]float64, task.Outputs)
	for i, y := range train.Targets {
		counts[y.Class]++
		for j, v := range x[i*cols : (i+1)*cols] {
			sums[y.Class*cols+j] += v
		}
	}
	for c, n := range counts {
		for j := range cols {
			if n > 0 {
				p.means[c*cols+j] = float32(sums[c*cols+j] / n)
			}
		}
	}
	for i, y := range train.Targets {
		p.variance += p.squaredDistance(x[i*cols:(i+1)*cols], y.Class)
	}
	p.variance /= float64(len(x))
	return p
}

// centroidProbe predicts the class whose mean is nearest:
//
//	p(c) ∝ exp(-‖x̂ - μ_c‖² / 2σ²)
//
// σ² is the mean variance of a feature within its class; this is Gaussian
// discriminant analysis with one round covariance and equal priors.
type centroidProbe struct {
	link
	standard
	means    []float32 // [outputs, cols]
	variance float64
}

func (p *centroidProbe) squaredDistance(x []float64, c int) float64 {
	sum := 0.0
	for j, m := range p.means[c*len(x) : (c+1)*len(x)] {
		d := x[j] - float64(m)
		sum += d * d
	}
	return sum
}

// PredictFeatures scores each row.
func (p *centroidProbe) PredictFeatures(f Features) [][]float64 {
	x := p.standardise(f)
	out := newScores(f.Rows, p.outputs)
	z := make([]float64, len(p.present))
	unit := max(2*p.variance, 1e-12) // classes without any spread
	for i := range out {
		for k, c := range p.present {
			z[k] = -p.squaredDistance(x[i*f.Cols:(i+1)*f.Cols], c) / unit
		}
		p.applySoftmax(out[i], z)
	}
	return out
}

// ParamCount returns the numbers in the means.
func (p *centroidProbe) ParamCount() int64 { return int64(len(p.means)) }

// StoredBytes returns the size of the saved means.
func (p *centroidProbe) StoredBytes() int64 { return savedSize(p) }

// Save writes the means.
func (p *centroidProbe) Save(w io.Writer) error { return save(w, p) }

func (*centroidProbe) kind() string { return "centroid probe" }

func (p *centroidProbe) encode(e *encoder) {
	p.link.encode(e)
	p.standard.encode(e)
	e.float32s(p.means)
	e.float64s([]float64{p.variance})
}

func (p *centroidProbe) decode(d *decoder) {
	p.link.decode(d)
	p.standard.decode(d)
	p.means = d.float32s()
	v := d.float64s()
	d.want(len(v) == 1 && len(p.means) == p.outputs*len(p.mean) && len(p.present) > 0)
	if len(v) == 1 {
		p.variance = v[0]
	}
}

func (s *standard) encode(e *encoder) {
	e.float64s(s.mean)
	e.float64s(s.inverse)
}

func (s *standard) decode(d *decoder) {
	s.mean = d.float64s()
	s.inverse = d.float64s()
	d.want(len(s.mean) == len(s.inverse))
}
