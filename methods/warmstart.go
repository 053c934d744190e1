package methods

// A LinearPredictor can hand its weights to a trained head that starts from
// them.
type LinearPredictor interface {
	// Linear returns weights [outputs][features] and biases [outputs] on
	// plain features, such that softmax (or the identity, for regression) of
	// x·Wᵀ + b gives the predictor's scores. A class without training rows
	// gets weights of zero.
	Linear() (weights [][]float32, bias []float32)
}

// Linear spreads the model's scores over all outputs. With two classes the
// model has one logit, which its classes share with opposite signs.
func (p *linearProbe) Linear() (weights [][]float32, bias []float32) {
	m := &p.model
	weights, bias = make([][]float32, m.outputs), make([]float32, m.outputs)
	for o := range weights {
		weights[o] = make([]float32, p.cols)
	}
	set := func(output, score int, factor float32) {
		for j, w := range m.w[score*p.cols : (score+1)*p.cols] {
			weights[output][j] = factor * w
		}
		bias[output] = factor * m.b[score]
	}
	switch {
	case m.task != Classification && m.task != Tagging:
		for o := range weights {
			set(o, o, 1)
		}
	case m.width() == 1:
		set(m.present[0], 0, -0.5)
		set(m.present[1], 0, 0.5)
	case m.width() > 1:
		for score, output := range m.present {
			set(output, score, 1)
		}
	}
	return weights, bias
}
