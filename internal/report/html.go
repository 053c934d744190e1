package report

import (
	_ "embed"
	"html/template"
	"io"
	"unicode/utf8"

	"runexp/internal/show"
)

//go:embed page.html.tmpl
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"kind":    kind,
	"visible": show.Visible,
	"lines":   show.VisibleLines,
	"wide":    wide,
	"strong":  func(s Span) bool { return s.Style == Strong },
	"isname":  func(s Span) bool { return s.Style == Name },
	"inline":  func(f Figure) template.HTML { return template.HTML(f.Chart.Inline()) }, // drawn and escaped by package chart
}).Parse(pageSource))

// HTML draws a document as one page that needs nothing else: no script, no
// link, no font from elsewhere. Its content security policy forbids all but its
// own styles; it follows the reader's light or dark setting and fits a phone.
func HTML(w io.Writer, d *Document) error { return page.Execute(w, d) }

// wide reports whether a cell holds sentences, which a narrow window would otherwise
// squeeze to a word a line.
func wide(cell Text) bool {
	n := 0
	for _, s := range cell {
		n += utf8.RuneCountInString(s.Text)
	}
	return n > 60
}

func kind(b Block) string {
	switch b.(type) {
	case Heading:
		return "heading"
	case Paragraph:
		return "paragraph"
	case List:
		return "list"
	case Table:
		return "table"
	case Figure:
		return "figure"
	case Warning:
		return "warning"
	}
	return "code"
}
