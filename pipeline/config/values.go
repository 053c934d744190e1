package config

import (
	"fmt"
	"math/big"
	"reflect"
	"strconv"

	"github.com/zclconf/go-cty/cty"
)

// A target is what a reference evaluates to: the name of a block, without the
// place where it is used.
type target struct{ kind, name string }

var (
	refType          = cty.Capsule("reference", reflect.TypeFor[target]())
	distributionType = cty.Capsule("distribution", reflect.TypeFor[distribution]())
)

// A distribution is a range to draw from under random search: the logarithm
// of the value is uniform between those of low and high.
type distribution struct{ low, high float64 }

func (d distribution) String() string {
	return fmt.Sprintf("log_uniform(%s, %s)", decimal(d.low), decimal(d.high))
}

func logUniform(_ *budget, args []cty.Value) (cty.Value, error) {
	var ends [2]float64
	for i := range ends {
		f, err := numberArg(args, i)
		if err != nil {
			return cty.NilVal, err
		}
		if ends[i], _ = f.Float64(); !(ends[i] > 0) {
			return cty.NilVal, badArgument(i, "Both ends must be above zero.")
		}
	}
	if !(ends[0] < ends[1]) {
		return cty.NilVal, badArgument(1, "The high end must be above the low one.")
	}
	return cty.CapsuleVal(distributionType, &distribution{ends[0], ends[1]}), nil
}

// describe says what a value is, for messages about values of a wrong type.
func describe(v cty.Value) string {
	t := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case !v.IsKnown():
		return "an unknown value"
	case t == refType:
		r := v.EncapsulatedValue().(*target)
		return fmt.Sprintf("the reference %s.%s", r.kind, r.name)
	case t == distributionType:
		return "the distribution " + v.EncapsulatedValue().(*distribution).String()
	case t == cty.String:
		return "the text " + quoteShort(v.AsString())
	case t == cty.Number:
		return "the number " + bigDecimal(v.AsBigFloat())
	case t == cty.Bool:
		return strconv.FormatBool(v.True())
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		return fmt.Sprintf("a list of %d", v.LengthInt())
	}
	return "a map"
}

func quoteShort(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		s = string(runes[:40]) + "…"
	}
	return strconv.Quote(s)
}

func bigDecimal(f *big.Float) string {
	if i, accuracy := f.Int64(); accuracy == big.Exact {
		return strconv.FormatInt(i, 10)
	}
	return f.Text('g', 17)
}

// decimal returns the shortest decimal that reads back as x: plain from 1e-6
// up to 1e21, with an exponent beyond, as JSON writes numbers.
func decimal(x float64) string {
	if x == 0 {
		return "0" // also for -0
	}
	size := x
	if size < 0 {
		size = -size
	}
	if size >= 1e-6 && size < 1e21 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	s := strconv.FormatFloat(x, 'e', -1, 64)
	// Go writes at least two digits of exponent: 1e-09 becomes 1e-9.
	if n := len(s); s[n-2] == '0' && (s[n-3] == '-' || s[n-3] == '+') {
		s = s[:n-2] + s[n-1:]
	}
	return s
}
