package stages

import (
	"fmt"
	"strconv"
	"strings"
)

// An Address names runs: method.lora[rank=8]@base/clauses#2, of which
// configuration, place and seed may be left out.
type Address struct {
	Method        string
	Configuration string // "[rank=8]" with its brackets, or ""
	Model         string
	Dataset       string
	Condition     string
	Placed        bool // model and data set are given
	Seed          int  // -1: not given
}

// ParseAddress reads an address.
func ParseAddress(text string) (Address, error) {
	a := Address{Seed: -1}
	rest, ok := strings.CutPrefix(text, "method.")
	if !ok {
		return a, fmt.Errorf("address %q: an address starts with \"method.\", as in method.lora[rank=8]@base/clauses#2", text)
	}
	if i := strings.LastIndex(rest, "#"); i >= 0 {
		seed, err := strconv.Atoi(rest[i+1:])
		if err != nil || seed < 0 {
			return a, fmt.Errorf("address %q: %q is not a seed", text, rest[i+1:])
		}
		a.Seed, rest = seed, rest[:i]
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		place := strings.Split(rest[i+1:], "/")
		a.Placed, rest = true, rest[:i]
		switch len(place) {
		case 1:
			a.Dataset = place[0]
		case 2:
			a.Model, a.Dataset = place[0], place[1]
		case 3:
			a.Model, a.Dataset, a.Condition = place[0], place[1], place[2]
		default:
			return a, fmt.Errorf("address %q: the part after @ is model/dataset or model/dataset/condition", text)
		}
	}
	if i := strings.Index(rest, "["); i >= 0 {
		if !strings.HasSuffix(rest, "]") {
			return a, fmt.Errorf("address %q: the configuration is not closed with ]", text)
		}
		a.Configuration, rest = rest[i:], rest[:i]
	}
	a.Method = rest
	return a, nil
}

// String writes the address as it is typed.
func (a Address) String() string {
	text := "method." + a.Method + a.Configuration
	if a.Placed {
		text = RunGroup(a.Method+a.Configuration, a.Model, a.Dataset, a.Condition)
	}
	if a.Seed >= 0 {
		text += "#" + strconv.Itoa(a.Seed)
	}
	return text
}

// names reports whether r is one of the runs that the address names.
func (a Address) names(r *Run) bool {
	switch {
	case a.Method != r.Method.Name:
		return false
	case a.Configuration != "" && a.Method+a.Configuration != r.Point.Name:
		return false
	case a.Placed && (a.Dataset != r.Dataset.Name || a.Model != r.ModelName()):
		return false
	case a.Condition != "" && a.Condition != r.Condition:
		return false
	}
	return a.Seed < 0 || a.Seed == r.Seed
}
