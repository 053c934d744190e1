package work

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"runexp/internal/dataset"
	"runexp/internal/stats"
)

// Names that are added to a metric's for what sums up the shifted test.
const (
	averageOfSlices = "_average"        // mean of the slices' scores
	worstOfSlices   = "_worst"          // the worst slice's score
	slopeOfPeriods  = "_period_slope"   // change per period by least squares; also with _low and _high, its 95 % interval over rows
	adjustedToPrior = "_prior_adjusted" // with rows weighted to the label proportions of the training rows
)

// summarise adds what sums up a metric on the shifted test: over slices, over
// periods, and at the training rows' label proportions. years is the length of a
// period, 0 where slices are no periods.
func (e *Evaluation) summarise(data *dataset.Dataset, name string, years int) {
	for _, o := range e.Outcomes {
		if o.Split != dataset.TestShiftSplit {
			continue
		}
		add := func(suffix string, v float64) {
			if !math.IsNaN(v) {
				e.Metrics = append(e.Metrics, Metric{Split: o.Split, Slice: "all", Name: name + suffix, Value: v, N: len(o.IDs)})
			}
		}
		e.overSlices(o, name, years, add)
		if v, ok := adjusted(data, o, name); ok {
			add(adjustedToPrior, v)
		}
	}
}

// overSlices sums up the scores of slices, in their order.
func (e *Evaluation) overSlices(o Outcomes, name string, years int, add func(suffix string, v float64)) {
	var names []string
	var scores []float64
	for _, m := range e.Metrics {
		if m.Split == o.Split && m.Slice != "all" && m.Name == name && !math.IsNaN(m.Value) {
			names, scores = append(names, m.Slice), append(scores, m.Value)
		}
	}
	if len(scores) == 0 {
		return
	}
	worst, sum := scores[0], 0.0
	for _, v := range scores {
		sum += v
		if stats.LowerIsBetter(name) {
			worst = max(worst, v)
		} else {
			worst = min(worst, v)
		}
	}
	add(averageOfSlices, sum/float64(len(scores)))
	add(worstOfSlices, worst)
	if years > 0 && len(scores) > 1 {
		slope, low, high := periodSlope(o, name, years, names, scores)
		add(slopeOfPeriods, slope)
		add(slopeOfPeriods+"_low", low)
		add(slopeOfPeriods+"_high", high)
	}
}

// periodSlope is the least-squares change of the periods' scores from one to the
// next. Its normal interval is over the rows: Σ cₜ²·Var(scoreₜ), where the slope is
// Σ cₜ·scoreₜ; NaN where a metric has no row values.
func periodSlope(o Outcomes, name string, years int, periods []string, scores []float64) (slope, low, high float64) {
	x := make([]float64, len(periods))
	mean, xx := 0.0, 0.0
	for i, p := range periods {
		x[i] = periodOf(p) / float64(years)
		mean += x[i] / float64(len(x))
	}
	for _, v := range x {
		xx += (v - mean) * (v - mean)
	}
	rows := &stats.Rows{IDs: o.IDs, Slices: o.Slices, Gold: o.Gold, Pred: o.Pred, Score: o.Score, Weight: o.Weight, Probs: o.Probs}
	variance := 0.0
	for i, v := range scores {
		c := (x[i] - mean) / xx
		slope += c * v
		variance += c * c * scoreVariance(name, rows.Slice(periods[i]))
	}
	half := distuv.UnitNormal.Quantile(0.975) * math.Sqrt(variance)
	return slope, slope - half, slope + half
}

// scoreVariance is the sampling variance of a metric over rows; NaN where it has no
// row values.
func scoreVariance(name string, rows *stats.Rows) float64 {
	_, values, ok := stats.Measure(name, rows)
	if !ok || len(values) < 2 {
		return math.NaN()
	}
	n, mean, squares := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return squares / (n - 1) / n
}

// adjusted is a metric of a classification with each row weighted by how much more
// frequent its class is in training than in the test, so that what is left of a gap
// is not the label prior's. Classes that the test lacks cannot be weighted up; the
// others then share their part. false: the metric does not come from a table of gold
// and predicted classes.
func adjusted(data *dataset.Dataset, o Outcomes, name string) (float64, bool) {
	if data.Task != dataset.Classification || len(o.Gold) == 0 {
		return 0, false
	}
	classes := len(data.LabelNames)
	prior, table := make([]float64, classes), make([][]float64, classes)
	for c, label := range data.Accounting.Splits[0].Labels {
		prior[c] = float64(label.Rows)
	}
	for c := range table {
		table[c] = make([]float64, classes+1) // the last column: no class was chosen
	}
	for i, gold := range o.Gold {
		pred := int(o.Pred[i])
		if pred < 0 {
			pred = classes
		}
		table[int(gold)][pred]++
	}
	for c, row := range table {
		n := 0.0
		for _, v := range row {
			n += v
		}
		for k := range row {
			row[k] *= prior[c] / max(n, 1)
		}
	}
	return ofTable(table, name)
}

// ofTable computes a metric from weights by gold and predicted class.
func ofTable(table [][]float64, name string) (float64, bool) {
	right, total, f1 := 0.0, 0.0, []float64{}
	for c := range table {
		gold, pred := 0.0, 0.0
		for _, v := range table[c] {
			gold += v
		}
		for k := range table {
			pred += table[k][c]
		}
		right, total = right+table[c][c], total+gold
		if gold+pred > 0 {
			f1 = append(f1, 2*table[c][c]/(gold+pred))
		} else {
			f1 = append(f1, math.NaN()) // neither there nor predicted
		}
	}
	switch {
	case total == 0:
		return 0, false
	case name == "accuracy" || name == "micro_f1":
		return right / total, true
	case name == "f1":
		return f1[len(f1)-1], true
	case name == "macro_f1":
		f1 = slices.DeleteFunc(f1, math.IsNaN)
		sum := 0.0
		for _, v := range f1 {
			sum += v
		}
		return sum / float64(len(f1)), true
	}
	return 0, false
}
