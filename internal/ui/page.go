package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"runexp/internal/chart"
	"runexp/internal/show"
)

// page is what the template draws: a trail of links that leads here, the tabs
// of an invocation, and blocks. All its text is plain; the template escapes it.
type page struct {
	Title  string
	Trail  []link
	Tabs   []tab
	Blocks []any // of the types below
}

type (
	link struct{ Text, Href string }
	tab  struct {
		link
		Here bool
	}
	heading struct{ Text string }
	note    struct{ Text string }
	warning struct{ Text string }
	// list is a list of names and what belongs to them.
	list struct{ Items []item }
	item struct {
		What string
		cell
	}
	// form asks for other numbers on the same page.
	form struct {
		Action  string
		Hidden  []field
		Selects []choice
		Checks  []check
		Button  string
	}
	field  struct{ Name, Value string }
	choice struct {
		Name, Label string
		Options     []option
	}
	option struct {
		Value, Text string
		Chosen      bool
	}
	check struct {
		Name, Label string
		On          bool
	}
	// grid is a table that the reader can sort and filter.
	grid struct {
		ID     string // of the element, unique in the page
		Head   []column
		Rows   []line
		Fold   string // when not empty, the table is folded away under this line
		Filter bool   // with a field to filter by
		Pick   *pick
		Empty  string // said instead of a table without rows
		Notes  []string
	}
	column struct {
		Name   string
		Number bool
	}
	line struct {
		Cells []cell
		Dim   bool // less important than the others
	}
	// cell is text; the other fields are optional.
	cell struct {
		Text  string
		Small string // said after it in smaller letters
		Sort  string // what to sort by instead of the text
		Hint  string // shown when pointed at
		Href  string
		Links []link
		Name  bool   // set in a fixed-width font
		Radio string // a radio button of this name …
		Value string // … and value
		On    bool
		Alarm bool
	}
	// pick lets the reader mark two lines of a grid, A and B, and go on with them.
	pick   struct{ Action, Button string }
	figure struct {
		Caption string
		Chart   *chart.Figure
	}
	// figures stand side by side where there is room.
	figures struct{ Figures []figure }
)

//go:embed assets
var assetFiles embed.FS

var pageTemplate = template.Must(template.New("page.html.tmpl").Funcs(template.FuncMap{
	"kind":    kind,
	"visible": show.Visible,
	"inline":  func(f figure) template.HTML { return template.HTML(f.Chart.Inline()) }, // drawn and escaped by package chart
}).ParseFS(assetFiles, "assets/page.html.tmpl"))

// kind names the type of a block for the template.
func kind(block any) string {
	return strings.TrimPrefix(strings.TrimPrefix(fmt.Sprintf("%T", block), "*"), "ui.")
}

// serve sends a page; it is drawn before anything is sent, so that a fault in
// the middle is an error and not half a page.
func (p *page) serve(w http.ResponseWriter, status int) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		http.Error(w, "the page cannot be drawn: "+show.Visible(err.Error()), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	send(w, status, "text/html; charset=utf-8", b.Bytes())
}

// fail answers with a page that says what went wrong.
func fail(w http.ResponseWriter, status int, err error) {
	p := &page{Title: http.StatusText(status), Trail: []link{homeLink}, Blocks: []any{warning{sentence(err)}}}
	p.serve(w, status)
}

func send(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // a reader who has gone away is no fault of ours
}

// asset is a file that the pages load.
type asset struct {
	kind string
	body []byte
}

var assets = map[string]asset{
	"/style.css": {"text/css; charset=utf-8", mustRead("assets/style.css")},
	"/table.js":  {"text/javascript; charset=utf-8", mustRead("assets/table.js")},
	"/icon.svg":  {"image/svg+xml", mustRead("assets/icon.svg")},
}

func mustRead(name string) []byte {
	body, err := assetFiles.ReadFile(name)
	if err != nil {
		panic(err) // the binary was built without its own files
	}
	return body
}

func (a asset) serve(w http.ResponseWriter) { send(w, http.StatusOK, a.kind, a.body) }
