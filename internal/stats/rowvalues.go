package stats

import (
	"math"
	"slices"
)

// RowValues turns a metric of one run into one value per row, so that the mean
// of the values has the metric's sampling variance:
//
//   - a mean over rows (accuracy, log_loss, mse): the rows' own values;
//   - a ratio of sums (loss per token): the linearised ratio;
//   - anything else (macro_f1, mcc, ece): jackknife pseudo-values
//     n·θ − (n−1)·θ(without the row), by Tukey.
//
// ok is false when the metric is unknown and not the mean of the stored scores,
// or when what it needs was not stored; recorded is the value that the run
// reported, which the rows must reproduce.
func RowValues(metric string, r *Rows, recorded float64) (values []float64, ok bool) {
	if r == nil || r.Len() == 0 || math.IsNaN(recorded) || math.IsInf(recorded, 0) {
		return nil, false
	}
	for _, f := range append(functionals[metric], scoreRatio) {
		if theta, values, fits := f(r); fits && near(theta, recorded) {
			return values, true
		}
	}
	return nil, false
}

// near allows for sums in another order and for single precision.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-5*math.Max(1, math.Abs(b)) }

// bounds are the values between which a metric lies.
func bounds(metric string) (low, high float64) {
	switch metric {
	case "accuracy", "error", "balanced_accuracy", "macro_f1", "micro_f1", "weighted_f1", "f1", "exact_match", "tag_accuracy", "ece", "roc_auc", "average_precision":
		return 0, 1
	case "mcc", "kappa", "pearson", "spearman":
		return -1, 1
	case "log_loss", "mse", "mae", "rmse", "brier", "loss", "lm_loss", "lm_loss_before", "perplexity":
		return 0, math.Inf(1)
	}
	return math.Inf(-1), math.Inf(1)
}

// LowerIsBetter reports whether smaller values of a metric are better.
func LowerIsBetter(metric string) bool {
	return slices.Contains([]string{"error", "ece", "log_loss", "mse", "mae", "rmse", "brier", "loss", "lm_loss", "lm_loss_change", "perplexity"}, metric)
}

// A functional gives a metric's value and its row values; fits is false when
// the columns it needs are missing.
type functional func(r *Rows) (theta float64, values []float64, fits bool)

// functionals of each metric, tried in this order; what a column means (class
// indices, sets of labels) shows in which one gives the recorded value.
var functionals = map[string][]functional{
	"accuracy":          {perRow(func(g, p float64) float64 { return b2f(g == p) })},
	"exact_match":       {perRow(func(g, p float64) float64 { return b2f(g == p) })},
	"error":             {perRow(func(g, p float64) float64 { return b2f(g != p) })},
	"mse":               {perRow(func(g, p float64) float64 { return (g - p) * (g - p) })},
	"mae":               {perRow(func(g, p float64) float64 { return math.Abs(g - p) })},
	"macro_f1":          {ofConfusion(macroF1), ofLabelSets(labelMacroF1)},
	"micro_f1":          {perRow(func(g, p float64) float64 { return b2f(g == p) }), ofLabelSets(labelMicroF1)},
	"weighted_f1":       {ofConfusion(weightedF1)},
	"f1":                f1OfEachClass(),
	"mcc":               {ofConfusion(mcc)},
	"balanced_accuracy": {ofConfusion(balancedAccuracy)},
	"kappa":             {ofConfusion(kappa)},
	"log_loss":          {ofProbabilities(func(p []float32, gold int) float64 { return -math.Log(math.Max(float64(p[gold]), logLossFloor)) })},
	"brier":             {ofProbabilities(brier)},
	"ece":               {ece},
	"roc_auc":           {rocAUC},
	"rmse":              {ofMoments(func(m moments) float64 { return math.Sqrt((m.xx - 2*m.xy + m.yy) / m.n) })},
	"r2":                {ofMoments(func(m moments) float64 { return 1 - (m.xx-2*m.xy+m.yy)/(m.xx-m.x*m.x/m.n) })},
	"pearson":           {ofMoments(pearson)},
	"spearman":          {spearman},
	"perplexity":        {perplexity},
}

// logLossFloor keeps the log loss of a zero probability finite; it is the
// smallest positive normal float32.
const logLossFloor = 1.1754943508222875e-38

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func perRow(value func(gold, pred float64) float64) functional {
	return func(r *Rows) (float64, []float64, bool) {
		if len(r.Gold) != r.Len() || len(r.Pred) != r.Len() {
			return 0, nil, false
		}
		values := make([]float64, r.Len())
		for i := range values {
			values[i] = value(r.Gold[i], r.Pred[i])
		}
		return mean(values), values, true
	}
}

func ofProbabilities(value func(p []float32, gold int) float64) functional {
	return func(r *Rows) (float64, []float64, bool) {
		if !classed(r) {
			return 0, nil, false
		}
		values := make([]float64, r.Len())
		for i := range values {
			values[i] = value(r.Probs[i], int(r.Gold[i]))
		}
		return mean(values), values, true
	}
}

// classed reports whether every row has a class index and its probabilities.
func classed(r *Rows) bool {
	if len(r.Gold) != r.Len() || len(r.Probs) != r.Len() {
		return false
	}
	for i, g := range r.Gold {
		if g != math.Trunc(g) || g < 0 || int(g) >= len(r.Probs[i]) {
			return false
		}
	}
	return true
}

func brier(p []float32, gold int) float64 {
	total := 0.0
	for k, v := range p {
		d := float64(v) - b2f(k == gold)
		total += d * d
	}
	return total
}

// scoreRatio is Σ score / Σ weight, linearised around itself.
func scoreRatio(r *Rows) (float64, []float64, bool) {
	if len(r.Score) != r.Len() {
		return 0, nil, false
	}
	if len(r.Weight) != r.Len() {
		return mean(r.Score), r.Score, true
	}
	n, total := float64(r.Len()), sum(r.Weight)
	if total == 0 {
		return 0, nil, false
	}
	theta := sum(r.Score) / total
	values := make([]float64, r.Len())
	for i := range values {
		values[i] = theta + (r.Score[i]-theta*r.Weight[i])*n/total
	}
	return theta, values, true
}

// perplexity is exp of the score ratio; its row values follow by the delta method.
func perplexity(r *Rows) (float64, []float64, bool) {
	loss, values, fits := scoreRatio(r)
	if !fits {
		return 0, nil, false
	}
	theta := math.Exp(loss)
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = theta + theta*(v-loss)
	}
	return theta, out, true
}

// eceBins are the equal-width bins of the expected calibration error.
const eceBins = 15

// ece is the expected calibration error: Σ_bins |confidence − accuracy| · share.
func ece(r *Rows) (float64, []float64, bool) {
	if !classed(r) {
		return 0, nil, false
	}
	bin := make([]int, r.Len())
	gap := make([]float64, r.Len()) // confidence − correct
	var total [eceBins]float64
	for i, p := range r.Probs {
		top := 0
		for k := range p {
			if p[k] > p[top] {
				top = k
			}
		}
		bin[i] = min(max(int(math.Ceil(float64(p[top])*eceBins))-1, 0), eceBins-1)
		gap[i] = float64(p[top]) - b2f(top == int(r.Gold[i]))
		total[bin[i]] += gap[i]
	}
	n := float64(r.Len())
	all := 0.0
	for _, t := range total {
		all += math.Abs(t)
	}
	values := make([]float64, r.Len())
	for i := range values {
		without := (all - math.Abs(total[bin[i]]) + math.Abs(total[bin[i]]-gap[i])) / math.Max(n-1, 1)
		values[i] = all - (n-1)*without
	}
	return all / n, values, true
}
