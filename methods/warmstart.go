package methods

import "math"

// A LinearPredictor can hand its weights to a trained head that starts from
// them.
type LinearPredictor interface {
	// Linear returns weights [outputs][features] and biases [outputs] on
	// plain features. As logits of a softmax, or of a sigmoid per label, or
	// as values, x·Wᵀ + b gives the predictor's scores; for classes without
	// training rows about those.
	Linear() (weights [][]float32, bias []float32)
}

// Linear splits a two-class probe's one logit evenly between the classes, and
// puts classes without training rows log(n) below the mean of the others.
func (p *linearProbe) Linear() (weights [][]float32, bias []float32) {
	weights, bias = make([][]float32, p.model.outputs), make([]float32, p.model.outputs)
	k := p.model.width()
	row := func(o int, factor float32) []float32 {
		w := make([]float32, p.cols)
		for j := range w {
			w[j] = factor * p.model.w[o*p.cols+j]
		}
		return w
	}
	switch present := p.model.present; {
	case present == nil:
		for o := range weights {
			weights[o], bias[o] = row(o, 1), p.model.b[o]
		}
		return weights, bias
	case k == 1:
		for i, factor := range []float32{-0.5, 0.5} {
			weights[present[i]], bias[present[i]] = row(0, factor), factor*p.model.b[0]
		}
	default:
		for o := range k {
			weights[present[o]], bias[present[o]] = row(o, 1), p.model.b[o]
		}
	}
	if k == 0 { // one class was seen: a constant
		weights[p.model.present[0]] = make([]float32, p.cols)
	}
	mean := float32(0)
	for _, c := range p.model.present {
		mean += bias[c] / float32(len(p.model.present))
	}
	for o := range weights {
		if weights[o] == nil {
			weights[o] = make([]float32, p.cols)
			bias[o] = mean - float32(math.Log(float64(p.model.n)))
		}
	}
	return weights, bias
}
