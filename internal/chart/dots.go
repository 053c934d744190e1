package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dots compares named rows: one line per row, one dot with its interval per
// series, series of a row above one another.
type Dots struct {
	Title, X string
	Rows     []string // from top to bottom
	Series   []Series // X, Low and High by row; Y is not read
}

// Draw draws the chart.
func (d *Dots) Draw() (*Figure, error) {
	p := newPlot(d.Title, d.X, "")
	n := len(d.Rows)
	low, high := 0.0, 0.0
	var all [][]float64
	for k, s := range d.Series {
		var points plotter.XYs
		c := palette[k%len(palette)]
		for r := range n {
			y := float64(n-1-r) + 0.16*(float64(len(d.Series)-1)/2-float64(k))
			if s.Low != nil && finite(s.Low[r], s.High[r]) {
				line, err := plotter.NewLine(plotter.XYs{{X: s.Low[r], Y: y}, {X: s.High[r], Y: y}})
				if err != nil {
					return nil, err
				}
				line.Color, line.Width = c, vg.Points(1.5)
				p.Add(line)
			}
			if finite(s.X[r]) {
				points = append(points, plotter.XY{X: s.X[r], Y: y})
			}
		}
		all = append(all, s.X, s.Low, s.High)
		if len(points) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(3), Shape: shapes[k%len(shapes)]}
		p.Add(dots)
		p.Legend.Add(printable(s.Name), dots)
	}
	low, high = extent(all...)
	spread(&p.X, low, high)
	var ticks []plot.Tick
	for r, name := range d.Rows {
		ticks = append(ticks, plot.Tick{Value: float64(n - 1 - r), Label: printable(name) + "  "})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = -0.6, float64(n)-0.4+0.35*float64(len(d.Series)) // room for the legend
	return render(p, d.Title, vg.Points(560), vg.Points(float64(90+26*n+14*len(d.Series))))
}
