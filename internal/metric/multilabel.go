package metric

import "fmt"

// The measures of this file take for each row a set of labels, as a flat
// [n, labels] matrix of booleans or, for scores, of numbers.

// countLabels counts hits and misses of each label.
func countLabels(op string, gold, pred []bool, labels int) []counts {
	sameLength(op, len(gold), len(pred))
	rowsOf(op, len(gold), labels)
	c := make([]counts, labels)
	for i, g := range gold {
		switch k := i % labels; {
		case g && pred[i]:
			c[k].hit++
		case g:
			c[k].missed++
		case pred[i]:
			c[k].extra++
		}
	}
	return c
}

// LabelMacroF1 is the mean of the labels' F1 over all labels. A label that
// occurs on neither side counts as 0, with a flag, as in scikit-learn.
func LabelMacroF1(gold, pred []bool, labels int) Value {
	c := countLabels("LabelMacroF1", gold, pred, labels)
	if len(gold) == 0 {
		return Value{Flag: FlagNoRows}
	}
	sum, absent := 0.0, 0
	for _, k := range c {
		v, defined := k.f1()
		sum += v
		if !defined {
			absent++
		}
	}
	result := Value{V: sum / float64(labels)}
	if absent > 0 {
		result.Flag = fmt.Sprintf("%d of %d labels occur on neither side and count as 0", absent, labels)
	}
	return result
}

// LabelMicroF1 is F1 over the decisions for all labels taken together, 0 with
// a flag when there is no label on either side.
func LabelMicroF1(gold, pred []bool, labels int) Value {
	var all counts
	for _, c := range countLabels("LabelMicroF1", gold, pred, labels) {
		all.hit += c.hit
		all.extra += c.extra
		all.missed += c.missed
	}
	v, defined := all.f1()
	switch {
	case len(gold) == 0:
		return Value{Flag: FlagNoRows}
	case !defined:
		return Value{Flag: FlagNoneFound}
	}
	return Value{V: v}
}

// LabelMatchRows is 1 for each row whose whole set of labels is right and 0 for the others.
func LabelMatchRows(gold, pred []bool, labels int) []float64 {
	sameLength("LabelMatch", len(gold), len(pred))
	rows := make([]float64, rowsOf("LabelMatch", len(gold), labels))
	for i := range rows {
		rows[i] = 1
		for k := i * labels; k < (i+1)*labels; k++ {
			if gold[k] != pred[k] {
				rows[i] = 0
			}
		}
	}
	return rows
}

// LabelAveragePrecision is the mean over the labels of their average precision
// (the area under the precision-recall curve, in steps). A label that no row
// has counts as 0, with a flag.
func LabelAveragePrecision(gold []bool, scores []float64, labels int) Value {
	sameLength("LabelAveragePrecision", len(gold), len(scores))
	n := rowsOf("LabelAveragePrecision", len(gold), labels)
	if n == 0 {
		return Value{Flag: FlagNoRows}
	}
	sum, absent := 0.0, 0
	column, positive := make([]float64, n), make([]bool, n)
	for k := range labels {
		for i := range n {
			column[i], positive[i] = scores[i*labels+k], gold[i*labels+k]
		}
		v := averagePrecision(positive, column)
		sum += v.V
		switch v.Flag {
		case "":
		case FlagNotFinite:
			return v
		default:
			absent++
		}
	}
	result := Value{V: sum / float64(labels)}
	if absent > 0 {
		result.Flag = fmt.Sprintf("%d of %d labels occur in no row and count as 0", absent, labels)
	}
	return result
}
