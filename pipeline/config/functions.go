package config

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A builtin is a function of the language. There is none that reads files,
// the environment or the clock: a file means the same everywhere.
type builtin struct {
	usage string
	min   int // arguments
	max   int // arguments; 0 means any number
	run   func(b *budget, args []cty.Value) (cty.Value, error)
}

// An argumentError is about one argument of a call.
type argumentError struct {
	index int
	text  string
}

func (e *argumentError) Error() string { return e.text }

func badArgument(index int, format string, args ...any) error {
	return &argumentError{index, fmt.Sprintf(format, args...)}
}

var functions = map[string]builtin{
	"range":       {"range(limit), range(start, limit) or range(start, limit, step), without the limit itself", 1, 3, rangeOf},
	"concat":      {"concat(list, …)", 1, 0, concat},
	"min":         {"min(number, …)", 1, 0, extreme(-1)},
	"max":         {"max(number, …)", 1, 0, extreme(1)},
	"format":      {"format(\"… %s %d %g …\", value, …)", 1, 0, formatText},
	"join":        {"join(separator, list)", 2, 2, joinTexts},
	"split":       {"split(separator, text)", 2, 2, splitText},
	"lower":       {"lower(text)", 1, 1, mapText(strings.ToLower)},
	"upper":       {"upper(text)", 1, 1, mapText(strings.ToUpper)},
	"log_uniform": {"log_uniform(low, high), for a sweep under random search", 2, 2, logUniform},
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

func (f builtin) call(b *budget, args []cty.Value) (cty.Value, error) {
	if len(args) < f.min || f.max > 0 && len(args) > f.max {
		return cty.NilVal, badArgument(math.MaxInt, "It got %d arguments.", len(args))
	}
	for i, a := range args {
		if a.IsNull() {
			return cty.NilVal, badArgument(i, "An argument is null.")
		}
	}
	return f.run(b, args)
}

func numberArg(args []cty.Value, i int) (*big.Float, error) {
	if args[i].Type() != cty.Number {
		return nil, badArgument(i, "A number is needed; this is %s.", describe(args[i]))
	}
	return args[i].AsBigFloat(), nil
}

func textArg(args []cty.Value, i int) (string, error) {
	if args[i].Type() != cty.String {
		return "", badArgument(i, "A text is needed; this is %s.", describe(args[i]))
	}
	return args[i].AsString(), nil
}

func listArg(args []cty.Value, i int) ([]cty.Value, error) {
	t := args[i].Type()
	_, values, ok := elements(args[i])
	if !ok || t.IsObjectType() || t.IsMapType() {
		return nil, badArgument(i, "A list is needed; this is %s.", describe(args[i]))
	}
	return values, nil
}

// rangeOf lists start, start+step, … below limit (above it for a negative
// step). Each number is start + i·step, so that errors do not add up.
func rangeOf(b *budget, args []cty.Value) (cty.Value, error) {
	var n [3]*big.Float
	for i := range args {
		f, err := numberArg(args, i)
		if err != nil {
			return cty.NilVal, err
		}
		n[i] = f
	}
	start, limit, step := new(big.Float), n[0], n[2]
	if len(args) > 1 {
		start, limit = n[0], n[1]
	}
	if step == nil {
		step = big.NewFloat(1)
	}
	if step.Sign() == 0 {
		return cty.NilVal, badArgument(2, "The step must not be zero.")
	}
	span := new(big.Float).SetPrec(512).Sub(limit, start)
	count := span.Quo(span, step)
	if count.Sign() <= 0 {
		return cty.EmptyTupleVal, nil
	}
	if count.Cmp(big.NewFloat(maxElements)) > 0 {
		return cty.NilVal, b.spend(maxElements+1, 0)
	}
	// A step such as 0.1 has no finite binary form: a quotient that is a
	// whole number but for the last of its 512 bits is that whole number.
	exact, _ := count.Float64()
	total := int(math.Ceil(exact))
	if r := math.Round(exact); math.Abs(exact-r) < 1e-9 {
		total = int(r)
	}
	if err := b.spend(total, 0); err != nil {
		return cty.NilVal, err
	}
	out := make([]cty.Value, total)
	for i := range out {
		x := new(big.Float).SetPrec(512).SetInt64(int64(i))
		out[i] = cty.NumberVal(x.Add(start, x.Mul(x, step)))
	}
	return cty.TupleVal(out), nil
}

func concat(b *budget, args []cty.Value) (cty.Value, error) {
	var out []cty.Value
	for i := range args {
		values, err := listArg(args, i)
		if err != nil {
			return cty.NilVal, err
		}
		if err := b.spend(len(values), 0); err != nil {
			return cty.NilVal, err
		}
		out = append(out, values...)
	}
	return cty.TupleVal(out), nil
}

// extreme makes min (sign -1) and max (sign 1).
func extreme(sign int) func(*budget, []cty.Value) (cty.Value, error) {
	return func(_ *budget, args []cty.Value) (cty.Value, error) {
		best := 0
		for i := range args {
			f, err := numberArg(args, i)
			if err != nil {
				return cty.NilVal, err
			}
			if f.Cmp(args[best].AsBigFloat())*sign > 0 {
				best = i
			}
		}
		return args[best], nil
	}
}

// printable turns a primitive value into text, as a template does.
func printable(args []cty.Value, i int) (string, error) {
	s, err := convert.Convert(args[i], cty.String)
	if err != nil || s.IsNull() || !s.IsKnown() {
		return "", badArgument(i, "A text, number or boolean is needed; this is %s.", describe(args[i]))
	}
	return s.AsString(), nil
}

func joinTexts(b *budget, args []cty.Value) (cty.Value, error) {
	separator, err := textArg(args, 0)
	if err != nil {
		return cty.NilVal, err
	}
	values, err := listArg(args, 1)
	if err != nil {
		return cty.NilVal, err
	}
	texts := make([]string, len(values))
	size := 0
	for i := range values {
		if texts[i], err = printable(values, i); err != nil || values[i].IsNull() {
			return cty.NilVal, badArgument(1, "Element %d of the list is %s; texts, numbers and booleans can be joined.", i, describe(values[i]))
		}
		size += len(texts[i]) + len(separator)
	}
	if err := b.spend(0, size); err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(strings.Join(texts, separator)), nil
}

func splitText(b *budget, args []cty.Value) (cty.Value, error) {
	separator, err := textArg(args, 0)
	if err != nil {
		return cty.NilVal, err
	}
	text, err := textArg(args, 1)
	if err != nil {
		return cty.NilVal, err
	}
	if err := b.spend(strings.Count(text, separator)+1, len(text)); err != nil {
		return cty.NilVal, err
	}
	var out []cty.Value
	for _, part := range strings.Split(text, separator) {
		out = append(out, cty.StringVal(part))
	}
	return cty.TupleVal(out), nil
}

func mapText(f func(string) string) func(*budget, []cty.Value) (cty.Value, error) {
	return func(_ *budget, args []cty.Value) (cty.Value, error) {
		text, err := textArg(args, 0)
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(f(text)), nil
	}
}

// formatText fills %s, %q, %d, %g, %f, %e and %% with a width and precision of
// at most two digits each, which bounds the size of the result.
func formatText(b *budget, args []cty.Value) (cty.Value, error) {
	pattern, err := textArg(args, 0)
	if err != nil {
		return cty.NilVal, err
	}
	var out strings.Builder
	next := 1
	for {
		before, after, found := strings.Cut(pattern, "%")
		out.WriteString(before)
		if !found {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return !strings.ContainsRune("0123456789.+- #", r) })
		if end < 0 {
			return cty.NilVal, badArgument(0, "The %% at the end has no verb; write %%%% for a percent sign.")
		}
		flags, verb := after[:end], after[end]
		pattern = after[end+1:]
		if verb == '%' && flags == "" {
			out.WriteByte('%')
			continue
		}
		if err := checkFlags(flags); err != nil {
			return cty.NilVal, err
		}
		if next >= len(args) {
			return cty.NilVal, badArgument(0, "There is no value for %%%s%c.", flags, verb)
		}
		text, err := formatOne(flags, verb, args, next)
		if err != nil {
			return cty.NilVal, err
		}
		if err := b.spend(0, len(text)); err != nil {
			return cty.NilVal, err
		}
		out.WriteString(text)
		next++
	}
	if next < len(args) {
		return cty.NilVal, badArgument(next, "The pattern has no place for this value.")
	}
	return cty.StringVal(out.String()), nil
}

func checkFlags(flags string) error {
	digits := 0
	for _, r := range flags {
		if '0' <= r && r <= '9' {
			digits++
		} else {
			digits = 0
		}
		if digits > 2 {
			return badArgument(0, "Width and precision have at most two digits.")
		}
	}
	return nil
}

func formatOne(flags string, verb byte, args []cty.Value, i int) (string, error) {
	switch verb {
	case 's', 'q':
		text, err := printable(args, i)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%"+flags+string(verb), text), nil
	case 'd':
		f, err := numberArg(args, i)
		if err != nil {
			return "", err
		}
		whole, accuracy := f.Int(nil)
		if accuracy != big.Exact {
			return "", badArgument(i, "%%d needs a whole number; this is %s.", describe(args[i]))
		}
		return fmt.Sprintf("%"+flags+"d", whole), nil
	case 'g', 'f', 'e':
		f, err := numberArg(args, i)
		if err != nil {
			return "", err
		}
		x, _ := f.Float64()
		return fmt.Sprintf("%"+flags+string(verb), x), nil
	}
	return "", badArgument(0, "The verb %%%c is unknown; %%s, %%q, %%d, %%g, %%f, %%e and %%%% are known.", verb)
}
