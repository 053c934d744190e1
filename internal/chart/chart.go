// Package chart draws the figures of a report as SVG.
//
// What goes in is a description in terms of the figure (Dots, Lines, Points),
// what comes out is a Figure: bytes that depend on the description alone, so
// that a report can be compared with a golden file. A Figure is written as a
// file (on white) or inline into a page, where it takes the page's colours.
//
// Values that are not finite are left out; intervals are drawn where both ends
// are finite. Text is escaped and loses its control characters, so that names
// from data are inert.
package chart

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Series is one set of points; Low and High are nil or as long as X.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64 // interval around Y (around X in Dots)
	Dashed    bool
}

// Figure is a drawn chart.
type Figure struct {
	title string
	body  string // what lies between <svg …> and </svg>
	w, h  vg.Length
}

// The palette of Okabe and Ito is distinguishable with every common kind of
// colour vision, and on white as on black.
var palette = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x88, 0x88, 0x88, 0xff},
}

var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{}, draw.CrossGlyph{},
}

var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

// newPlot is an empty plot in our style: sans-serif, no background.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = printable(title), printable(x), printable(y)
	p.Title.TextStyle.Font = font.From(sans, 13)
	p.Title.Padding = vg.Points(6)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = font.From(sans, 11)
		axis.Tick.Label.Font = font.From(sans, 10)
		axis.Tick.Marker = shortTicks{}
	}
	p.Legend.TextStyle.Font = font.From(sans, 10)
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(2)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor, gridColor
	p.Add(grid)
	return p
}

var gridColor = color.NRGBA{0x88, 0x88, 0x88, 0x50}

// printable drops what XML does not allow in text, shows other control and
// direction characters as a replacement mark, and shortens what is too long to
// draw.
func printable(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0xfffe || r == 0xffff:
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	const most = 60
	if runes := []rune(clean); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return clean
}

// fontFamily finds the attributes that vgsvg writes for fonts.
var fontFamily = regexp.MustCompile(`font-family:Liberation Sans;font-variant:[a-z-]+;font-weight:normal;font-style:normal`)

// textElement finds a text, its size and its words.
var textElement = regexp.MustCompile(`<text ([^>]*font-size:([0-9.]+)px">)([^<]+)</text>`)

// fixWidth gives a text the width that the plot was laid out for, because the
// reader may have another font, such as one a sixth wider.
func fixWidth(element string) string {
	parts := textElement.FindStringSubmatch(element)
	size, err := strconv.ParseFloat(parts[2], 64)
	if err != nil {
		return element
	}
	face := font.DefaultCache.Lookup(sans, vg.Points(size))
	words := strings.TrimRight(parts[3], " ") // readers drop spaces at the end
	width := face.Width(html.UnescapeString(words)).Points()
	return fmt.Sprintf(`<text textLength="%.5g" lengthAdjust="spacingAndGlyphs" %s%s</text>`, width, parts[1], words)
}

// render draws a plot of the given size.
func render(p *plot.Plot, title string, w, h vg.Length) (*Figure, error) {
	canvas := vgsvg.New(w, h)
	// A margin, because the reader's fonts may be wider than those measured.
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(14), -vg.Points(14), vg.Points(6), -vg.Points(6)))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("draw figure %q: %w", title, err)
	}
	text := b.String()
	start := strings.Index(text, "<svg")
	from := start + strings.Index(text[start:], ">") + 1
	body := strings.TrimSpace(text[from:strings.LastIndex(text, "</svg>")])
	body = fontFamily.ReplaceAllString(body, "font-family:'Liberation Sans',Arial,Helvetica,sans-serif")
	body = textElement.ReplaceAllStringFunc(body, fixWidth)
	return &Figure{title: title, body: body, w: w, h: h}, nil
}

// File is the figure as an SVG file on a white ground.
func (f *Figure) File() []byte {
	return fmt.Appendf(nil, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %[1]g %[2]g\" role=\"img\">\n<title>%[3]s</title>\n<rect width=\"%[1]g\" height=\"%[2]g\" fill=\"#ffffff\"/>\n%[4]s\n</svg>\n",
		f.w.Points(), f.h.Points(), html.EscapeString(printable(f.title)), f.body)
}

// Inline is the figure as an element of an HTML page: no ground of its own, and
// black becomes the colour of the page's text.
func (f *Figure) Inline() string {
	body := strings.ReplaceAll(f.body, "stroke:#000000", "stroke:currentColor")
	body = strings.ReplaceAll(body, "fill:#000000", "fill:currentColor")
	// Text in vgsvg's default colour carries no fill at all.
	body = strings.ReplaceAll(body, "<text ", "<text fill=\"currentColor\" ")
	return fmt.Sprintf("<svg viewBox=\"0 0 %g %g\" role=\"img\">\n<title>%s</title>\n%s\n</svg>", f.w.Points(), f.h.Points(), html.EscapeString(printable(f.title)), body)
}

// Title is the figure's title, as given.
func (f *Figure) Title() string { return f.title }

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// extent widens the axes to all finite values of a series.
func extent(values ...[]float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, list := range values {
		for _, v := range list {
			if finite(v) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
	}
	return low, high
}

// spread sets an axis to an extent with a margin; an empty extent becomes 0…1.
func spread(axis *plot.Axis, low, high float64) {
	if low > high {
		low, high = 0, 1
	}
	margin := 0.04 * (high - low)
	if margin == 0 {
		margin = math.Max(math.Abs(low)*0.04, 0.5)
	}
	axis.Min, axis.Max = low-margin, high+margin
}
