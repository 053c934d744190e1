package metric

import "math"

// NoAnswer as a prediction means that none of the classes was chosen, as when
// a prompted model writes a word that is no label. It is always wrong.
const NoAnswer = -1

// CorrectRows is 1 for each row whose class was predicted and 0 for the others.
func CorrectRows(gold, pred []int) []float64 {
	sameLength("Accuracy", len(gold), len(pred))
	rows := make([]float64, len(gold))
	for i := range gold {
		if gold[i] == pred[i] {
			rows[i] = 1
		}
	}
	return rows
}

// counts holds what one-against-rest measures of a class need.
type counts struct{ hit, extra, missed int } // true positives, false positives, false negatives

// f1 is 2·TP / (2·TP + FP + FN), and 0 with false when that is 0/0.
func (c counts) f1() (float64, bool) {
	all := 2*c.hit + c.extra + c.missed
	if all == 0 {
		return 0, false
	}
	return 2 * float64(c.hit) / float64(all), true
}

// countClasses counts for every class up to the highest that occurs.
func countClasses(op string, gold, pred []int) []counts {
	sameLength(op, len(gold), len(pred))
	highest := -1
	for i := range gold {
		if gold[i] < 0 {
			panic("metric: " + op + ": a gold class is negative")
		}
		highest = max(highest, gold[i], pred[i])
	}
	c := make([]counts, highest+1)
	for i, g := range gold {
		switch p := pred[i]; {
		case p == g:
			c[g].hit++
		case p < 0:
			c[g].missed++
		default:
			c[g].missed++
			c[p].extra++
		}
	}
	return c
}

// F1 is the harmonic mean of precision and recall of the class positive.
// It is 0 with a flag when that class occurs on neither side.
func F1(gold, pred []int, positive int) Value {
	c := countClasses("F1", gold, pred)
	switch {
	case len(gold) == 0:
		return Value{Flag: FlagNoRows}
	case positive < 0 || positive >= len(c):
		return Value{Flag: FlagNoneFound}
	}
	v, defined := c[positive].f1()
	if !defined {
		return Value{Flag: FlagNoneFound}
	}
	return Value{V: v}
}

// MacroF1 is the mean of the classes' F1 over all classes that occur in gold
// or in the predictions, as scikit-learn's default does.
func MacroF1(gold, pred []int) Value {
	sum, classes := 0.0, 0
	for _, c := range countClasses("MacroF1", gold, pred) {
		if v, defined := c.f1(); defined {
			sum += v
			classes++
		}
	}
	if classes == 0 {
		return Value{Flag: FlagNoRows}
	}
	return Value{V: sum / float64(classes)}
}

// MicroF1 is F1 over the decisions of all classes taken together. It equals
// the accuracy when every row has an answer.
func MicroF1(gold, pred []int) Value {
	var all counts
	for _, c := range countClasses("MicroF1", gold, pred) {
		all.hit += c.hit
		all.extra += c.extra
		all.missed += c.missed
	}
	v, defined := all.f1()
	if !defined {
		return Value{Flag: FlagNoRows}
	}
	return Value{V: v}
}

// MCC is Matthews' correlation coefficient for any number of classes
// (Gorodkin's R_K); NoAnswer counts as a class of its own:
//
//	(c·n - Σ_k p_k·t_k) / √((n² - Σ p_k²)(n² - Σ t_k²))
//
// with c right rows of n, and class k predicted p_k and true t_k times. It is 0
// with a flag when one side holds a single class.
//
// Source: Gorodkin, Comput. Biol. Chem. 28 (2004) 367–374.
func MCC(gold, pred []int) Value {
	sameLength("MCC", len(gold), len(pred))
	if len(gold) == 0 {
		return Value{Flag: FlagNoRows}
	}
	// Whole numbers below 2⁵³ make the sums exact in any order.
	var right, cross, predSquares, goldSquares float64
	n := float64(len(gold))
	predicted, truly := map[int]float64{}, map[int]float64{}
	for i := range gold {
		predicted[pred[i]]++
		truly[gold[i]]++
		if gold[i] == pred[i] {
			right++
		}
	}
	for class, p := range predicted {
		predSquares += p * p
		cross += p * truly[class]
	}
	for _, t := range truly {
		goldSquares += t * t
	}
	spread := (n*n - predSquares) * (n*n - goldSquares)
	if spread == 0 {
		return Value{Flag: FlagOneClass}
	}
	return value((right*n - cross) / math.Sqrt(spread))
}
