package chart

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Lines joins the points of each series, with intervals as a band.
type Lines struct {
	Title, X, Y string
	LogX        bool     // a logarithmic axis; values below 1 are drawn at 1
	Names       []string // names of x = 0, 1, …; nil: x is a number
	Diagonal    bool     // a thin line y = x
	Series      []Series
}

// Draw draws the chart.
func (l *Lines) Draw() (*Figure, error) {
	p := newPlot(l.Title, l.X, l.Y)
	var xs, ys [][]float64
	for k, s := range l.Series {
		c := palette[k%len(palette)]
		points, band := s.trace(l.LogX)
		if len(points) == 0 {
			continue
		}
		if len(band) > 2 {
			polygon, err := plotter.NewPolygon(band)
			if err != nil {
				return nil, err
			}
			polygon.Color = color.NRGBA{c.R, c.G, c.B, 0x28}
			polygon.LineStyle.Width = 0
			p.Add(polygon)
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = c, vg.Points(1.5)
		if s.Dashed {
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		}
		p.Add(line)
		thumbs := []plot.Thumbnailer{line}
		if len(points) <= 40 {
			dots, err := plotter.NewScatter(points)
			if err != nil {
				return nil, err
			}
			dots.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(2.5), Shape: shapes[k%len(shapes)]}
			p.Add(dots)
			thumbs = append(thumbs, dots)
		}
		p.Legend.Add(printable(s.Name), thumbs...)
		for _, at := range [2]plotter.XYs{points, band} {
			x, y := split(at)
			xs, ys = append(xs, x), append(ys, y)
		}
	}
	low, high := extent(xs...)
	if l.LogX && low < high {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticksAt(xs)
		p.X.Min, p.X.Max = low, high
	} else {
		spread(&p.X, low, high)
	}
	low, high = extent(ys...)
	spread(&p.Y, low, high)
	p.Y.Max += 0.06 * float64(len(l.Series)) * (p.Y.Max - p.Y.Min) // room for the legend
	if l.Names != nil {
		p.NominalX(printables(l.Names)...)
	}
	if l.Diagonal {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.Legend.Top = false // curves end in the upper corner
		diagonal := plotter.NewFunction(func(x float64) float64 { return x })
		diagonal.Color, diagonal.Samples = gridColor, 2
		p.Add(diagonal)
	}
	return render(p, l.Title, vg.Points(560), vg.Points(320))
}

// ticksAt marks the values that a logarithmic axis has points at, or powers of ten
// where these are too many to read.
func ticksAt(values [][]float64) plot.Ticker {
	all := slices.Concat(values...)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > 10 {
		return plot.LogTicks{Prec: -1}
	}
	var ticks plot.ConstantTicks
	for _, v := range all {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
	}
	return ticks
}

// trace returns the finite points of a series and the outline of its band.
func (s *Series) trace(logX bool) (points, band plotter.XYs) {
	var upper plotter.XYs
	for i := range s.X {
		x := s.X[i]
		if logX {
			x = math.Max(x, 1)
		}
		if !finite(x, s.Y[i]) {
			continue
		}
		points = append(points, plotter.XY{X: x, Y: s.Y[i]})
		if s.Low != nil && finite(s.Low[i], s.High[i]) {
			band = append(band, plotter.XY{X: x, Y: s.Low[i]})
			upper = append(upper, plotter.XY{X: x, Y: s.High[i]})
		}
	}
	for i := len(upper) - 1; i >= 0; i-- {
		band = append(band, upper[i])
	}
	return points, band
}

func split(at plotter.XYs) (x, y []float64) {
	for _, p := range at {
		x, y = append(x, p.X), append(y, p.Y)
	}
	return x, y
}

func printables(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = printable(n)
	}
	return out
}
