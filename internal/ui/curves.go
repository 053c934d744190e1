package ui

import (
	"math"
	"slices"

	"runexp/internal/chart"
	"runexp/internal/show"
	"runexp/results"
)

// curvePoints bounds the points of a drawn curve: more do not show.
const curvePoints = 300

// curve is one named curve of a run.
type curve struct {
	name   string
	series chart.Series
	lost   int // values that are not finite
}

// curves draws every training curve of a run, each by itself.
func (r *request) curves(one *run) ([]any, error) {
	all, err := r.readCurves(one)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	blocks := []any{heading{"Training"}}
	drawn := figures{}
	for _, c := range all {
		caption := c.name + " by optimiser step."
		if c.lost > 0 {
			blocks = append(blocks, warning{show.Plural(c.lost, "value") + " of " + c.name + " not finite and not drawn."})
		}
		f, err := (&chart.Lines{Title: c.name, X: "optimiser steps", Y: c.name, Series: []chart.Series{c.series}}).Draw()
		if err != nil {
			blocks = append(blocks, warning{"The curve " + c.name + " could not be drawn: " + err.Error() + "."})
			continue
		}
		drawn.Figures = append(drawn.Figures, figure{caption, f})
	}
	return append(blocks, drawn), nil
}

func (r *request) readCurves(one *run) ([]curve, error) {
	points, err := r.db.Curve(r, one.Action, one.Seed)
	if err != nil {
		return nil, err
	}
	var all []curve
	for from := 0; from < len(points); {
		to := from
		for to < len(points) && points[to].Name == points[from].Name {
			to++
		}
		c := curve{name: points[from].Name}
		c.series.Name = c.name
		for _, p := range thin(points[from:to]) {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				c.lost++
			}
			c.series.X, c.series.Y = append(c.series.X, float64(p.Step)), append(c.series.Y, p.Value)
		}
		all = append(all, c)
		from = to
	}
	// What was set comes after what was measured.
	slices.SortStableFunc(all, func(a, b curve) int { return compareBool(a.name == "learning_rate", b.name == "learning_rate") })
	return all, nil
}

// thin averages neighbours until the points can be drawn; what is not finite
// stays so.
func thin(points []results.Point) []results.Point {
	width := (len(points) + curvePoints - 1) / curvePoints
	if width < 2 {
		return points
	}
	var out []results.Point
	for from := 0; from < len(points); from += width {
		some := points[from:min(from+width, len(points))]
		sum := 0.0
		for _, p := range some {
			sum += p.Value
		}
		out = append(out, results.Point{Name: some[0].Name, Step: some[len(some)-1].Step, Value: sum / float64(len(some))})
	}
	return out
}
