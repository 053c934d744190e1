package metric

import "math"

// SquaredErrorRows is (gold - prediction)² of each row.
func SquaredErrorRows(gold, pred []float64) []float64 {
	sameLength("MSE", len(gold), len(pred))
	rows := make([]float64, len(gold))
	for i := range gold {
		d := gold[i] - pred[i]
		rows[i] = d * d
	}
	return rows
}

// MSE is the mean squared error.
func MSE(gold, pred []float64) Value { return mean(SquaredErrorRows(gold, pred)) }

// RMSE is the square root of MSE, in the unit of the values.
func RMSE(gold, pred []float64) Value {
	v := MSE(gold, pred)
	v.V = math.Sqrt(v.V)
	return v
}

// AbsoluteErrorRows is |gold - prediction| of each row.
func AbsoluteErrorRows(gold, pred []float64) []float64 {
	sameLength("MAE", len(gold), len(pred))
	rows := make([]float64, len(gold))
	for i := range gold {
		rows[i] = math.Abs(gold[i] - pred[i])
	}
	return rows
}

// R2 is 1 - Σ (gold - prediction)² / Σ (gold - mean gold)². When gold is
// constant it is, with a flag, 1 for predictions without error and 0 otherwise.
func R2(gold, pred []float64) Value {
	sameLength("R2", len(gold), len(pred))
	if len(gold) == 0 {
		return Value{Flag: FlagNoRows}
	}
	center, sum := average(gold), 0.0
	residual := 0.0
	for i, g := range gold {
		sum += (g - center) * (g - center)
		residual += (g - pred[i]) * (g - pred[i])
	}
	switch {
	case math.IsNaN(residual) || math.IsInf(residual, 0):
		return Value{Flag: FlagNotFinite}
	case sum == 0 && residual == 0:
		return Value{V: 1, Flag: FlagConstant}
	case sum == 0:
		return Value{Flag: FlagConstant}
	}
	return value(1 - residual/sum)
}

// Pearson is the linear correlation of the two sides, 0 with a flag when one of them is constant.
func Pearson(gold, pred []float64) Value {
	sameLength("Pearson", len(gold), len(pred))
	switch {
	case len(gold) == 0:
		return Value{Flag: FlagNoRows}
	case !finite(gold) || !finite(pred):
		return Value{Flag: FlagNotFinite}
	case constant(gold) || constant(pred):
		return Value{Flag: FlagConstant}
	}
	mg, mp := average(gold), average(pred)
	var gg, pp, gp float64
	for i := range gold {
		g, p := gold[i]-mg, pred[i]-mp
		gg += g * g
		pp += p * p
		gp += g * p
	}
	if gg == 0 || pp == 0 { // differences that vanish when squared
		return Value{Flag: FlagConstant}
	}
	// Rounding may carry a perfect correlation a little beyond 1.
	return value(min(max(gp/math.Sqrt(gg)/math.Sqrt(pp), -1), 1))
}

// Spearman is the Pearson correlation of the ranks, equal values sharing their mean rank.
func Spearman(gold, pred []float64) Value {
	sameLength("Spearman", len(gold), len(pred))
	if !finite(gold) || !finite(pred) {
		return Value{Flag: FlagNotFinite}
	}
	return Pearson(Ranks(gold), Ranks(pred))
}

func average(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func constant(v []float64) bool {
	for _, x := range v {
		if x != v[0] {
			return false
		}
	}
	return true
}
