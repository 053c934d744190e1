package stats

import "math"

// confusion counts gold class × predicted class, with a last column for rows
// without an answer (predicted −1), which belong to no class.
type confusion struct {
	classes int
	cells   []float64 // [gold*(classes+1) + pred]
	n       float64
}

// newConfusion counts the rows; ok is false unless gold and predicted are class
// indices below 2^12, or predicted is −1.
func newConfusion(r *Rows) (c *confusion, ok bool) {
	if len(r.Gold) != r.Len() || len(r.Pred) != r.Len() {
		return nil, false
	}
	top := 1.0
	for i := range r.Gold {
		g, p := r.Gold[i], r.Pred[i]
		if g != math.Trunc(g) || p != math.Trunc(p) || g < 0 || p < -1 || math.Max(g, p) >= 1<<12 {
			return nil, false
		}
		top = math.Max(top, math.Max(g, p))
	}
	c = &confusion{classes: int(top) + 1}
	c.cells = make([]float64, c.classes*(c.classes+1))
	for i := range r.Gold {
		c.cells[c.cell(r, i)]++
		c.n++
	}
	return c, true
}

func (c *confusion) cell(r *Rows, i int) int {
	pred := int(r.Pred[i])
	if pred < 0 {
		pred = c.classes
	}
	return int(r.Gold[i])*(c.classes+1) + pred
}

// margins returns the true positives, gold count and predicted count of a class.
func (c *confusion) margins(k int) (tp, gold, pred float64) {
	width := c.classes + 1
	for j := range width {
		gold += c.cells[k*width+j]
	}
	for j := range c.classes {
		pred += c.cells[j*width+k]
	}
	return c.cells[k*width+k], gold, pred
}

// f1 of a class; 0 when it is neither present nor predicted.
func (c *confusion) f1(k int) float64 {
	tp, gold, pred := c.margins(k)
	if gold+pred == 0 {
		return 0
	}
	return 2 * tp / (gold + pred)
}

// ofConfusion lifts a function of the confusion matrix to a functional. Rows of
// one cell are alike, so the jackknife leaves out one row per cell, not per row.
func ofConfusion(value func(c *confusion) float64) functional {
	return func(r *Rows) (float64, []float64, bool) {
		c, ok := newConfusion(r)
		if !ok {
			return 0, nil, false
		}
		theta := value(c)
		n := c.n
		pseudo := make(map[int]float64)
		values := make([]float64, r.Len())
		for i := range values {
			cell := c.cell(r, i)
			v, done := pseudo[cell]
			if !done {
				c.cells[cell]--
				c.n--
				v = n*theta - (n-1)*value(c)
				c.cells[cell]++
				c.n++
				pseudo[cell] = v
			}
			values[i] = v
		}
		return theta, values, true
	}
}

// f1OfEachClass are the F1 of class 1, the usual positive one, and then of the
// others up to ten.
func f1OfEachClass() []functional {
	var list []functional
	for _, k := range []int{1, 0, 2, 3, 4, 5, 6, 7, 8, 9} {
		list = append(list, ofConfusion(func(c *confusion) float64 {
			if k >= c.classes {
				return math.NaN()
			}
			return c.f1(k)
		}))
	}
	return list
}

// macroF1 is the mean F1 over the classes that occur in gold or predicted.
func macroF1(c *confusion) float64 {
	total, present := 0.0, 0.0
	for k := range c.classes {
		if _, gold, pred := c.margins(k); gold+pred > 0 {
			total += c.f1(k)
			present++
		}
	}
	if present == 0 {
		return 0
	}
	return total / present
}

// weightedF1 weighs each class by its gold count.
func weightedF1(c *confusion) float64 {
	total := 0.0
	for k := range c.classes {
		_, gold, _ := c.margins(k)
		total += gold * c.f1(k)
	}
	return total / math.Max(c.n, 1)
}

// balancedAccuracy is the mean recall over the classes that occur in gold.
func balancedAccuracy(c *confusion) float64 {
	total, present := 0.0, 0.0
	for k := range c.classes {
		if tp, gold, _ := c.margins(k); gold > 0 {
			total += tp / gold
			present++
		}
	}
	return total / math.Max(present, 1)
}

// mcc is Matthews' correlation for any number of classes, 0 where undefined.
// Rows without an answer count as predicted into a class of their own.
//
// Source: Gorodkin, Computational Biology and Chemistry 28 (2004).
func mcc(c *confusion) float64 {
	var hits, cross, gold2, pred2 float64
	for k := range c.classes {
		tp, gold, pred := c.margins(k)
		hits += tp
		cross += gold * pred
		gold2 += gold * gold
		pred2 += pred * pred
	}
	none := 0.0
	for k := range c.classes {
		none += c.cells[k*(c.classes+1)+c.classes]
	}
	pred2 += none * none
	d := math.Sqrt(c.n*c.n-gold2) * math.Sqrt(c.n*c.n-pred2)
	if d == 0 {
		return 0
	}
	return (c.n*hits - cross) / d
}

// kappa is Cohen's agreement beyond chance, 0 where undefined.
func kappa(c *confusion) float64 {
	var hits, cross float64
	for k := range c.classes {
		tp, gold, pred := c.margins(k)
		hits += tp
		cross += gold * pred
	}
	chance := cross / (c.n * c.n)
	if chance == 1 {
		return 0
	}
	return (hits/c.n - chance) / (1 - chance)
}
