package report

import "runexp/internal/chart"

// Document is a report before it is drawn: it knows nothing of markdown or
// HTML. All its text is plain; drawing it escapes what needs escaping.
type Document struct {
	Title  string
	Blocks []Block
}

// Block is a Heading, Paragraph, List, Table, Figure, Warning or Code.
type Block interface{ block() }

// Heading opens a section; level 2 is the highest below the title.
type Heading struct {
	Level int
	Text  string
}

// Paragraph is running text.
type Paragraph struct{ Text Text }

// List is an unordered list.
type List struct{ Items []Text }

// Table is a table; all rows have as many cells as the head.
type Table struct {
	Caption string
	Head    []Column
	Rows    [][]Text
	Notes   []string // below the table
}

// Column heads a table's column.
type Column struct {
	Name   string
	Number bool // aligned to the right
}

// Figure is a drawn chart; Name becomes a file name.
type Figure struct {
	Name    string
	Caption string
	Chart   *chart.Figure
}

// Warning is something that the reader must know before trusting a number.
type Warning struct{ Text Text }

// Code is text to be copied as it stands.
type Code struct{ Text string }

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Table) block()     {}
func (Figure) block()    {}
func (Warning) block()   {}
func (Code) block()      {}

// Text is a sequence of spans.
type Text []Span

// Span is a piece of text in one style.
type Span struct {
	Text  string
	Style Style
}

// Style of a span.
type Style int

// Styles.
const (
	Plain Style = iota
	Strong
	Name // a name from the experiment or the data: set in a fixed-width font
)

// plain is text of one plain span.
func plain(text string) Text { return Text{{Text: text}} }

// name is a name from the experiment or the data.
func name(text string) Span { return Span{text, Name} }

// write joins strings, spans and texts.
func write(parts ...any) Text {
	var t Text
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			t = append(t, Span{Text: v})
		case Span:
			t = append(t, v)
		case Text:
			t = append(t, v...)
		default:
			panic("report: write takes strings, spans and texts")
		}
	}
	return t
}

// list joins texts as "a, b and c".
func list(items []Text) Text {
	var t Text
	for k, item := range items {
		switch {
		case k > 0 && k == len(items)-1:
			t = write(t, " and ", item)
		case k > 0:
			t = write(t, ", ", item)
		default:
			t = write(item)
		}
	}
	return t
}

func (d *Document) add(blocks ...Block) { d.Blocks = append(d.Blocks, blocks...) }

func (d *Document) heading(level int, text string) { d.add(Heading{level, text}) }

func (d *Document) paragraph(parts ...any) { d.add(Paragraph{write(parts...)}) }

func (d *Document) warn(parts ...any) { d.add(Warning{write(parts...)}) }
