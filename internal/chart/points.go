package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Points shows named things by two numbers; those on the front stand out.
type Points struct {
	Title, X, Y string
	LogX        bool
	Names       []string
	At          Series // one point per name; Low and High around Y
	Front       []bool // on the Pareto front
}

// Draw draws the chart.
func (c *Points) Draw() (*Figure, error) {
	p := newPlot(c.Title, c.X, c.Y)
	var front, rest plotter.XYs
	var xs, ys []float64
	var names []string
	for i := range c.At.X {
		x, y := c.At.X[i], c.At.Y[i]
		if c.LogX {
			x = math.Max(x, 1)
		}
		if !finite(x, y) {
			continue
		}
		if c.Front[i] {
			front = append(front, plotter.XY{X: x, Y: y})
		} else {
			rest = append(rest, plotter.XY{X: x, Y: y})
		}
		xs, ys, names = append(xs, x), append(ys, y), append(names, printable(c.Names[i]))
		if c.At.Low != nil && finite(c.At.Low[i], c.At.High[i]) {
			bar, err := plotter.NewLine(plotter.XYs{{X: x, Y: c.At.Low[i]}, {X: x, Y: c.At.High[i]}})
			if err != nil {
				return nil, err
			}
			bar.Color, bar.Width = gridColor, vg.Points(1.5)
			p.Add(bar)
		}
	}
	low, high := extent(xs)
	if c.LogX && low < high {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		p.X.Min, p.X.Max = low/1.5, high*1.5
	} else {
		spread(&p.X, low, high)
	}
	low, high = extent(ys, c.At.Low, c.At.High)
	spread(&p.Y, low, high)
	p.Y.Max += 0.15 * (p.Y.Max - p.Y.Min) // room for the legend
	for _, kind := range []struct {
		name   string
		points plotter.XYs
		color  color.NRGBA
	}{{"Pareto front", front, palette[1]}, {"dominated", rest, palette[0]}} {
		if len(kind.points) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(kind.points)
		if err != nil {
			return nil, err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: kind.color, Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
		p.Add(dots)
		p.Legend.Add(kind.name, dots)
	}
	if err := nameDots(p, xs, ys, names); err != nil {
		return nil, err
	}
	return render(p, c.Title, vg.Points(560), vg.Points(340))
}

// lineHeight is what the names of neighbouring dots keep between them.
const lineHeight = 11.0

// nameDots writes the names beside their dots: to the right of those in the left
// half of the plot, to the left of the others. Names that would lie on each other
// move apart, upwards.
func nameDots(p *plot.Plot, xs, ys []float64, names []string) error {
	const height = 270.0 // of the axes in points, about
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ys[a], ys[b]) })
	type place struct{ x, y float64 } // of names that were written, in shares of the width and in points
	var taken [2][]place
	for _, i := range order {
		text, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: xs[i], Y: ys[i]}}, Labels: []string{names[i]}})
		if err != nil {
			return err
		}
		x, y := p.X.Scale.Normalize(p.X.Min, p.X.Max, xs[i]), height*p.Y.Scale.Normalize(p.Y.Min, p.Y.Max, ys[i])
		side, at := 0, y
		if x > 0.5 {
			side = 1
		}
		for _, t := range taken[side] {
			if math.Abs(t.x-x) < 0.25 && at < t.y+lineHeight {
				at = t.y + lineHeight
			}
		}
		taken[side] = append(taken[side], place{x, at})
		text.Offset = vg.Point{X: vg.Points(6), Y: vg.Points(3 + at - y)}
		text.TextStyle[0].Font = p.Legend.TextStyle.Font
		if side == 1 {
			text.TextStyle[0].XAlign = draw.XRight
			text.Offset.X = -text.Offset.X
		}
		p.Add(text)
	}
	return nil
}
