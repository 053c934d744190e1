package lm

import (
	"encoding/json"
	"fmt"
	"math"
)

// fields reads typed values out of a configuration and remembers the first
// thing that is wrong.
type fields struct {
	raw map[string]any
	err error
}

func (f *fields) fail(name, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
}

func (f *fields) float(name string, def float64) float64 {
	v, ok := f.raw[name]
	if !ok || v == nil {
		return def
	}
	n, ok := v.(json.Number)
	if !ok {
		f.fail(name, "%v is not a number", v)
		return def
	}
	x, err := n.Float64()
	if err != nil || math.IsInf(x, 0) {
		f.fail(name, "%s is out of range", n)
		return def
	}
	return x
}

func (f *fields) int(name string, def, low, high int) int {
	x := f.float(name, float64(def))
	if x != math.Trunc(x) || x < float64(low) || x > float64(high) {
		f.fail(name, "%v is not a whole number from %d to %d", x, low, high)
		return def
	}
	return int(x)
}

// required is int for a value that has no default.
func (f *fields) required(name string, high int) int {
	if f.raw[name] == nil {
		f.fail(name, "missing")
		return 1
	}
	return f.int(name, 1, 1, high)
}

func (f *fields) string(name, def string) string {
	v, ok := f.raw[name]
	if !ok || v == nil {
		return def
	}
	s, ok := v.(string)
	if !ok {
		f.fail(name, "%v is not a string", v)
	}
	return s
}

func (f *fields) bool(name string, def bool) bool {
	v, ok := f.raw[name]
	if !ok || v == nil {
		return def
	}
	b, ok := v.(bool)
	if !ok {
		f.fail(name, "%v is not true or false", v)
	}
	return b
}

// token reads a token id; some configurations give a list, of which the first
// counts.
func (f *fields) token(name string, def int) int32 {
	if list, ok := f.raw[name].([]any); ok && len(list) > 0 {
		f.raw[name] = list[0]
	}
	return int32(f.int(name, def, -1, maxVocabulary))
}
