package stats

import "math"

// maxLabels is the number of labels whose sets a float64 holds exactly, as the
// sum of 2^k over the labels k of a row.
const maxLabels = 52

// labelCounts are the hits, the extra and the missed decisions of one label.
type labelCounts struct{ hit, extra, missed float64 }

func (c labelCounts) f1() float64 {
	if c.hit+c.extra+c.missed == 0 {
		return 0
	}
	return 2 * c.hit / (2*c.hit + c.extra + c.missed)
}

func (c *labelCounts) add(gold, pred uint64, k int, sign float64) {
	g, p := gold>>k&1 == 1, pred>>k&1 == 1
	switch {
	case g && p:
		c.hit += sign
	case p:
		c.extra += sign
	case g:
		c.missed += sign
	}
}

// ofLabelSets lifts a function of the counts by label to a functional over rows
// whose gold and predicted columns are sets of labels. The number of labels is
// the width of the probabilities, or else the highest label that occurs.
func ofLabelSets(value func(c []labelCounts) float64) functional {
	return func(r *Rows) (float64, []float64, bool) {
		n := r.Len()
		if len(r.Gold) != n || len(r.Pred) != n || n == 0 {
			return 0, nil, false
		}
		labels := 1
		for i := range n {
			for _, v := range [2]float64{r.Gold[i], r.Pred[i]} {
				if v != math.Trunc(v) || v < 0 || v >= 1<<maxLabels {
					return 0, nil, false
				}
				labels = max(labels, int(math.Floor(math.Log2(math.Max(v, 1))))+1)
			}
		}
		if len(r.Probs) == n {
			labels = max(labels, len(r.Probs[0]))
		}
		counts := make([]labelCounts, labels)
		change := func(i int, sign float64) {
			for k := range min(labels, maxLabels) {
				counts[k].add(uint64(r.Gold[i]), uint64(r.Pred[i]), k, sign)
			}
		}
		for i := range n {
			change(i, 1)
		}
		theta := value(counts)
		values := make([]float64, n)
		for i := range n {
			change(i, -1)
			values[i] = float64(n)*theta - float64(n-1)*value(counts)
			change(i, 1)
		}
		return theta, values, true
	}
}

// labelMacroF1 is the mean F1 over all labels; one that occurs nowhere counts as 0.
func labelMacroF1(c []labelCounts) float64 {
	total := 0.0
	for _, k := range c {
		total += k.f1()
	}
	return total / float64(len(c))
}

// labelMicroF1 is F1 over the decisions for all labels together.
func labelMicroF1(c []labelCounts) float64 {
	var all labelCounts
	for _, k := range c {
		all.hit += k.hit
		all.extra += k.extra
		all.missed += k.missed
	}
	return all.f1()
}
