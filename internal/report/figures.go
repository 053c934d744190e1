package report

import (
	"fmt"
	"math"
	"slices"

	"runexp/internal/chart"
	"runexp/internal/stats"
)

// pareto shows score against trained parameters, and lists the methods that no
// other beats on every axis at once.
func (g *group) pareto(d *Document) {
	m := g.metric()
	front := g.front()
	factor, _ := scale(m)
	c := &chart.Points{Title: "Score and trained parameters, " + g.title, X: "trained parameters (0 drawn at 1)", Y: metricUnit(m) + ", " + splitName(g.main), LogX: true, Front: front}
	for _, e := range g.entries {
		v := stats.Estimate{Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}
		if s, ok := e.Score(g.main, allRows, m); ok {
			v = s.Estimate
		}
		c.Names = append(c.Names, g.label(e))
		c.At.X, c.At.Y = append(c.At.X, float64(e.Cost.TrainableParams)), append(c.At.Y, factor*v.Mean)
		c.At.Low, c.At.High = append(c.At.Low, factor*v.Low), append(c.At.High, factor*v.High)
	}
	g.sectionTitle(d)
	names := g.names(func(k int) bool { return front[k] })
	if len(names) > 0 {
		d.paragraph("Pareto front over scores under shift and in distribution, retention, trained parameters, stored bytes and training time: ", list(names), ". Every other method is matched or beaten on all of these by one of them.")
	}
	figure(d, g.fileName("pareto"), "Bars are 95 % intervals over seeds and rows; the front of the figure is over all axes named above.", c)
}

// front marks the entries that no other dominates.
func (g *group) front() []bool {
	axes := make([][]float64, len(g.entries)) // larger is better on all
	sign := 1.0
	if stats.LowerIsBetter(g.metric()) {
		sign = -1
	}
	for k, e := range g.entries {
		mean := func(split string) float64 {
			s, ok := e.Score(split, allRows, g.metric())
			if !ok || math.IsNaN(s.Mean) {
				return math.Inf(-1)
			}
			return sign * s.Mean
		}
		forgotten := retentionChange(e)
		if math.IsNaN(forgotten) {
			forgotten = 0
		}
		axes[k] = []float64{mean(shifted), mean(inDistribution), -forgotten, -float64(e.Cost.TrainableParams), -float64(e.Cost.StoredBytes), -e.Cost.TrainSeconds}
	}
	front := make([]bool, len(axes))
	for a := range axes {
		front[a] = !math.IsInf(axes[a][0], -1) || !math.IsInf(axes[a][1], -1)
		for b := range axes {
			if dominates(axes[b], axes[a]) {
				front[a] = false
			}
		}
	}
	return front
}

// dominates reports whether a is at least as good as b everywhere and better
// somewhere.
func dominates(a, b []float64) bool {
	better := false
	for k := range a {
		if a[k] < b[k] {
			return false
		}
		better = better || a[k] > b[k]
	}
	return better
}

// curves draws what is read along an axis: layers, training rows, steps, and
// confidence.
func curves(d *Document, groups []*group, s *stats.Study) {
	at := len(d.Blocks)
	for _, g := range groups {
		g.layers(d, s)
		g.learning(d, s)
		g.trainingFigure(d)
		g.reliability(d)
	}
	if len(d.Blocks) > at {
		d.Blocks = slices.Insert(d.Blocks, at, Block(Heading{2, "Curves"}))
	}
}

// trainingFigure draws the mean training loss of every entry that has one.
func (g *group) trainingFigure(d *Document) {
	c := &chart.Lines{Title: "Training loss, " + g.title, X: "optimiser steps", Y: "loss"}
	for _, e := range g.entries {
		s := meanCurve(e.Curves["train_loss"])
		if len(s.X) > 1 {
			s.Name = g.label(e)
			c.Series = append(c.Series, s)
		}
	}
	if len(c.Series) > 0 {
		figure(d, g.fileName("training"), "Training loss, mean over seeds.", c)
	}
}

// curvePoints bounds the points of a drawn curve: more do not show.
const curvePoints = 200

// meanCurve averages the seeds at the steps that all of them have, and thins
// the curve by averaging neighbours.
func meanCurve(curves []stats.Curve) chart.Series {
	var s chart.Series
	if len(curves) == 0 {
		return s
	}
	at := map[int64][]float64{}
	for _, c := range curves {
		for k, step := range c.Steps {
			at[step] = append(at[step], c.Values[k])
		}
	}
	var steps []int64
	for _, step := range curves[0].Steps {
		if len(at[step]) == len(curves) {
			steps = append(steps, step)
		}
	}
	// Bins of equal size, but for one step: a part of one at the end would stand out.
	bins := min(len(steps), curvePoints)
	for bin := range bins {
		from, to := bin*len(steps)/bins, (bin+1)*len(steps)/bins
		var values []float64
		for _, step := range steps[from:to] {
			values = append(values, at[step]...)
		}
		s.X, s.Y = append(s.X, float64(steps[to-1])), append(s.Y, finiteMean(values))
	}
	return s
}

// reliabilityBins of the reliability diagram; 10 are readable, the ECE has 15.
const reliabilityBins = 10

// reliability draws the share of right answers against the confidence, pooled
// over seeds, for the entries that keep probabilities.
func (g *group) reliability(d *Document) {
	c := &chart.Lines{Title: "Reliability, " + g.title, X: "confidence", Y: "share right", Diagonal: true}
	for _, e := range g.entries {
		s := chart.Series{Name: g.label(e)}
		var confidence, right, n [reliabilityBins]float64
		for _, rows := range e.Outcomes[g.main] {
			if rows == nil || len(rows.Probs) != rows.Len() || len(rows.Gold) != rows.Len() {
				continue
			}
			for i, p := range rows.Probs {
				if len(p) == 0 {
					continue
				}
				top := 0
				for k := range p {
					if p[k] > p[top] {
						top = k
					}
				}
				bin := min(int(float64(p[top])*reliabilityBins), reliabilityBins-1)
				confidence[bin] += float64(p[top])
				n[bin]++
				if float64(top) == rows.Gold[i] {
					right[bin]++
				}
			}
		}
		for b := range n {
			if n[b] >= 10 { // fewer say nothing
				s.X, s.Y = append(s.X, confidence[b]/n[b]), append(s.Y, right[b]/n[b])
			}
		}
		if len(s.X) > 1 {
			c.Series = append(c.Series, s)
		}
	}
	if len(c.Series) > 0 {
		figure(d, g.fileName("reliability"), fmt.Sprintf("Share of right answers by confidence %s, seeds pooled, bins of ten rows or more; on the diagonal a model is calibrated.", splitName(g.main)), c)
	}
}
