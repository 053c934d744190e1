// Package metric measures predictions against what was right.
//
// Each measure is a plain function of slices, gold first, whose rows stand for
// examples in the same order; sums run in the order of the rows, so that equal
// rows give equal bits. The registry in this package gives each measure its
// name, the tasks it is for, and whether more is better.
//
// A measure that is not defined for its rows (no rows, one class where two are
// needed, 0/0) still returns a finite number, the one that scikit-learn or
// common use returns, and says so in a flag. No function returns NaN.
//
// Slices of different lengths are a mistake of the caller and panic.
package metric

import (
	"fmt"
	"math"
)

// Value is the result of a measure.
type Value struct {
	V    float64 // always finite
	Flag string  // empty, or why V is a convention rather than a measurement
}

// Reasons why a value is a convention.
const (
	FlagNoRows    = "no rows"
	FlagOneClass  = "only one class occurs"
	FlagConstant  = "one side is constant"
	FlagNoneFound = "neither gold nor predictions hold any"
	FlagNotFinite = "a prediction is not finite"
)

// value guards the promise that no NaN leaves the package.
func value(v float64) Value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Value{Flag: FlagNotFinite}
	}
	return Value{V: v}
}

// mean is the sum in order divided by the count.
func mean(rows []float64) Value {
	if len(rows) == 0 {
		return Value{Flag: FlagNoRows}
	}
	sum := 0.0
	for _, r := range rows {
		sum += r
	}
	return value(sum / float64(len(rows)))
}

// sameLength panics in the name of the measure op unless gold and pred have equally many rows.
func sameLength(op string, gold, pred int) {
	if gold != pred {
		panic(fmt.Sprintf("metric: %s: gold has %d rows, predictions have %d", op, gold, pred))
	}
}

// rowsOf is the number of rows of a flat [n, columns] matrix.
func rowsOf(op string, length, columns int) int {
	if columns <= 0 || length%columns != 0 {
		panic(fmt.Sprintf("metric: %s: %d values do not make rows of %d", op, length, columns))
	}
	return length / columns
}
