package metric

import "math"

// The measures of this file take probabilities as a flat [n, classes] matrix,
// each row summing to one.

// smallest keeps the logarithm of a probability of 0 finite (34.5 nats).
const smallest = 1e-15

// LogLossRows is -ln p of each row's gold class.
func LogLossRows(gold []int, probs []float64, classes int) []float64 {
	sameLength("LogLoss", len(gold), rowsOf("LogLoss", len(probs), classes))
	rows := make([]float64, len(gold))
	for i, g := range gold {
		p := probs[i*classes+g]
		if p < smallest {
			p = smallest
		}
		rows[i] = -math.Log(p)
	}
	return rows
}

// BrierRows is Σ_k (p_k - [k is gold])² of each row, between 0 and 2; for two
// classes it is twice the figure that looks at the positive class alone.
//
// Source: Brier, Mon. Weather Rev. 78 (1950) 1–3.
func BrierRows(gold []int, probs []float64, classes int) []float64 {
	sameLength("Brier", len(gold), rowsOf("Brier", len(probs), classes))
	rows := make([]float64, len(gold))
	for i, g := range gold {
		for k, p := range probs[i*classes : (i+1)*classes] {
			if k == g {
				p--
			}
			rows[i] += p * p
		}
	}
	return rows
}

// eceBins is the number of equal bins of ECE.
const eceBins = 15

// ECE is the expected calibration error: rows are put into 15 bins
// ((b-1)/15, b/15] by the probability of their most probable class, and
//
//	ECE = Σ_b |rows_b| / n · |accuracy_b - mean confidence_b|
//
// Of equally probable classes the first counts as predicted.
//
// Source: Guo, Pleiss, Sun and Weinberger, ICML 2017, section 2.
func ECE(gold []int, probs []float64, classes int) Value {
	sameLength("ECE", len(gold), rowsOf("ECE", len(probs), classes))
	if len(gold) == 0 {
		return Value{Flag: FlagNoRows}
	}
	var right, confidence [eceBins]float64
	for i, g := range gold {
		row := probs[i*classes : (i+1)*classes]
		best := argmax(row)
		if math.IsNaN(row[best]) {
			return Value{Flag: FlagNotFinite}
		}
		bin := int(math.Ceil(row[best]*eceBins)) - 1
		bin = min(max(bin, 0), eceBins-1)
		confidence[bin] += row[best]
		if best == g {
			right[bin]++
		}
	}
	sum := 0.0
	for b := range eceBins {
		sum += math.Abs(right[b] - confidence[b])
	}
	return value(sum / float64(len(gold)))
}

// argmax is the first position of the maximum, or of a NaN.
func argmax(row []float64) int {
	best := 0
	for k, p := range row {
		if math.IsNaN(p) {
			return k
		}
		if p > row[best] {
			best = k
		}
	}
	return best
}
