package chart

import (
	"strings"

	"gonum.org/v1/plot"
)

// shortTicks are the usual marks without decimals that all of them have as zeros.
type shortTicks struct{}

// Ticks marks an axis.
func (shortTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for allEndIn(ticks, "0") {
		cut(ticks)
	}
	if allEndIn(ticks, ".") {
		cut(ticks)
	}
	return ticks
}

// allEndIn reports whether every label has decimals, or a point, and ends so.
func allEndIn(ticks []plot.Tick, end string) bool {
	some := false
	for _, t := range ticks {
		if t.Label == "" {
			continue
		}
		if !strings.Contains(t.Label, ".") || !strings.HasSuffix(t.Label, end) {
			return false
		}
		some = true
	}
	return some
}

func cut(ticks []plot.Tick) {
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = t.Label[:len(t.Label)-1]
		}
	}
}
