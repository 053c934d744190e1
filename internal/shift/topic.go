package shift

import (
	"fmt"
	"math"
)

// topic compares what the texts are about; words are the rows whose words are
// compared.
func (m *matched) topic(in Input, words *matched) []Measure {
	var list []Measure
	if in.Losses {
		g, source, target := m.gap(Topic, "LM loss gap", lossOf)
		g.Meaning = fmt.Sprintf("The untouched model loses %.2f nats per token on the source and %.2f on the target.", source, target)
		list = append(list, g)
	}
	list = append(list, words.divergence())
	if x := m.features(); x != nil {
		list = append(list, m.separability(in, x), m.discrepancy(in, x))
	}
	return list
}

// separability is the proxy A-distance 2(1 − 2ε), where ε is the cross-validated
// error of a linear classifier that tells the sides apart from frozen features.
//
// Source: Ben-David et al., Analysis of representations for domain adaptation, NIPS
// 2006; the estimate by a classifier as in Glorot et al., ICML 2011.
func (m *matched) separability(in Input, x *design) Measure {
	columns := 1 + m.rounds
	right := make([]float64, columns)
	scores := x.predict(m.sides, columns)
	for i, v := range scores {
		switch s := v * m.sides[i]; {
		case s > 0:
			right[i%columns]++
		case s == 0:
			right[i%columns] += 0.5
		}
	}
	hits := 0
	for _, v := range right[1:] {
		if v >= right[0] {
			hits++
		}
	}
	total := float64(len(m.rows))
	accuracy := right[0] / total
	low, high := wilson(accuracy, total)
	scaled := func(accuracy float64) float64 { return max(0, 4*accuracy-2) } // worse than chance is chance
	d := Measure{Axis: Topic, Name: "proxy A-distance", Value: scaled(accuracy), Low: scaled(low), High: scaled(high), P: float64(1+hits) / float64(columns), Warning: m.warning()}
	d.Effect = max(0, 2*accuracy-1)
	d.Meaning = fmt.Sprintf("A linear classifier on %s tells source from target with %.0f %% accuracy, where 50 %% is chance (2 is the most, 0 is none).", featureName(in), 100*accuracy)
	return d
}

func featureName(in Input) string {
	if in.Model {
		return "frozen features"
	}
	return "word counts"
}

// wilson is Wilson's interval for a proportion.
func wilson(p, n float64) (low, high float64) {
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return centre - half, centre + half
}

// discrepancy is the squared maximum mean discrepancy under a Gaussian kernel whose
// width is the median distance, in its unbiased form.
//
// Source: Gretton et al., A kernel two-sample test, JMLR 13 (2012); the interval
// from the variance of the statistic's row means.
func (m *matched) discrepancy(in Input, x *design) Measure {
	kernel := x.kernel(m.key.At(1 << 33))
	columns, n := 1+m.rounds, float64(m.n)
	product := x.times(kernel, m.sides, columns)
	forms := make([]float64, columns)
	for i, v := range product {
		forms[i%columns] += float64(v) * float64(m.sides[i])
	}
	hits, slack := 0, 1e-6*n
	for _, q := range forms[1:] {
		if q >= forms[0]-slack {
			hits++
		}
	}
	sum := 0.0
	for _, v := range kernel {
		sum += float64(v)
	}
	value := (sum+forms[0])/2/(n*(n-1)) - (sum-forms[0])/2/(n*n)
	se := m.kernelError(kernel)
	d := Measure{Axis: Topic, Name: "MMD²", Value: value, Low: value - z*se, High: value + z*se, P: float64(1+hits) / float64(columns), Warning: m.warning()}
	d.Effect = max(0, value/2)
	d.Meaning = fmt.Sprintf("Maximum mean discrepancy of %s between the sides; 0 where both have the same distribution.", featureName(in))
	return d
}

// kernelError is the standard error of the unbiased squared MMD: twice that of the
// mean over i of the mean over j of k(x,x')+k(y,y')−k(x,y')−k(x',y).
func (m *matched) kernelError(kernel []float32) float64 {
	size := len(m.rows)
	means := make([]float64, m.n)
	for i := range means {
		a, b := kernel[i*size:(i+1)*size], kernel[(m.n+i)*size:(m.n+i+1)*size]
		for j := range m.n {
			if j != i {
				means[i] += float64(a[j]) + float64(b[m.n+j]) - float64(a[m.n+j]) - float64(b[j])
			}
		}
		means[i] /= float64(m.n - 1)
	}
	centre, squares := mean(means), 0.0
	for _, v := range means {
		squares += (v - centre) * (v - centre)
	}
	n := float64(m.n)
	return 2 * math.Sqrt(squares/(n-1)/n)
}
