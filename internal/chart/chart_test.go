package chart

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

func examples() map[string]interface{ Draw() (*Figure, error) } {
	nan := math.NaN()
	return map[string]interface{ Draw() (*Figure, error) }{
		"dots": &Dots{Title: "Scores", X: "macro-F1", Rows: []string{"majority", "lora[rank=8]", "full"}, Series: []Series{
			{Name: "in distribution", X: []float64{0.2, 0.71, 0.73}, Low: []float64{nan, 0.69, 0.70}, High: []float64{nan, 0.73, 0.76}},
			{Name: "shifted", X: []float64{0.19, 0.62, nan}, Low: []float64{0.18, 0.6, nan}, High: []float64{0.2, 0.65, nan}},
		}},
		"lines": &Lines{Title: "Score per period", X: "year", Y: "accuracy", Series: []Series{
			{Name: "full", X: []float64{2001, 2002, 2003}, Y: []float64{0.8, 0.75, nan}, Low: []float64{0.78, 0.7, nan}, High: []float64{0.82, 0.8, nan}},
			{Name: "frozen", X: []float64{2001, 2002, 2003}, Y: []float64{0.7, 0.69, 0.68}, Dashed: true},
		}},
		"reliability": &Lines{Title: "Reliability", X: "confidence", Y: "share right", Diagonal: true, Series: []Series{{Name: "full", X: []float64{0.5, 0.7, 0.9}, Y: []float64{0.45, 0.6, 0.7}}}},
		"pareto": &Points{Title: "Cost", X: "trained parameters", Y: "macro-F1, shifted", LogX: true, Names: []string{"probe", "lora", "full"},
			At:    Series{X: []float64{0, 3e5, 1e8}, Y: []float64{0.6, 0.7, 0.69}, Low: []float64{0.58, 0.67, 0.6}, High: []float64{0.62, 0.73, 0.74}},
			Front: []bool{true, true, false}},
		"empty": &Lines{Title: "Nothing", X: "x", Y: "y"},
	}
}

func TestFiguresAreGolden(t *testing.T) {
	for name, c := range examples() {
		f, err := c.Draw()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, _ := c.Draw()
		if !bytes.Equal(f.File(), again.File()) {
			t.Errorf("%s: drawn twice, the bytes differ", name)
		}
		path := filepath.Join("testdata", name+".svg")
		if *update {
			os.MkdirAll("testdata", 0o777)
			if err := os.WriteFile(path, f.File(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.File(), want) {
			os.WriteFile(path+".got", f.File(), 0o666)
			t.Errorf("%s differs from its golden file; see %s.got, or run go test -update", name, path)
		}
	}
}

// TestFiguresAreInertXML draws hostile names and checks that nothing but the
// elements of a drawing comes out.
func TestFiguresAreInertXML(t *testing.T) {
	names := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "a\x00b\x1b[31m", "]]>", "&lt;", "\u202eevil", "\xff\xfe", strings.Repeat("long ", 100)}
	for _, name := range names {
		for _, c := range []interface{ Draw() (*Figure, error) }{
			&Dots{Title: name, X: name, Rows: []string{name}, Series: []Series{{Name: name, X: []float64{1}}}},
			&Lines{Title: name, X: name, Y: name, Names: []string{name, name}, Series: []Series{{Name: name, X: []float64{0, 1}, Y: []float64{1, 2}}}},
			&Points{Title: name, X: name, Y: name, Names: []string{name}, At: Series{X: []float64{1}, Y: []float64{1}}, Front: []bool{true}},
		} {
			f, err := c.Draw()
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			for _, text := range []string{string(f.File()), f.Inline()} {
				checkInert(t, name, text)
			}
		}
	}
}

func checkInert(t *testing.T, name, text string) {
	t.Helper()
	allowed := map[string]bool{"svg": true, "title": true, "rect": true, "g": true, "path": true, "text": true}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if e, ok := token.(xml.StartElement); ok {
			if !allowed[e.Name.Local] {
				t.Errorf("%q: element <%s>", name, e.Name.Local)
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(a.Name.Local, "href") {
					t.Errorf("%q: attribute %s", name, a.Name.Local)
				}
			}
		}
	}
}

// Names of dots at one place are written on lines of their own.
func TestNamesOfDotsKeepApart(t *testing.T) {
	c := &Points{Names: []string{"first", "second", "third"}, At: Series{X: []float64{1, 1, 100}, Y: []float64{50, 50, 80}}, Front: make([]bool, 3), LogX: true}
	f, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) float64 {
		m := regexp.MustCompile(`<text [^>]*\by="(-?[0-9.]+)"[^>]*>` + name).FindStringSubmatch(string(f.File()))
		if m == nil {
			t.Fatalf("%s is not written:\n%s", name, f.File())
		}
		y, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	if apart := math.Abs(at("first") - at("second")); apart < 10 {
		t.Errorf("names at one place are %.1f points apart", apart)
	}
}
