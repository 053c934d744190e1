package report

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"runexp/internal/show"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// FuzzText puts any text into every kind of block: neither the page's tags nor
// the markdown's blocks, in two dialects, may differ from those of a harmless word.
func FuzzText(f *testing.F) {
	for _, payload := range payloads {
		f.Add(payload)
	}
	engines := []goldmark.Markdown{
		goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList)), goldmark.New(),
	}
	structure := func(t *testing.T, text string) [][]string {
		d := &Document{Title: "t", Blocks: []Block{
			Heading{2, "a " + text}, Paragraph{plain("a " + text + " z")}, Paragraph{plain(text)}, Paragraph{write("a ", name(text), " z")},
			Table{Head: []Column{{text, false}, {"n", true}}, Rows: [][]Text{{write(text), write("1")}, {write("a ", name(text)), write("2")}}, Notes: []string{text}},
			List{[]Text{plain(text), write(Span{text, Strong})}}, Warning{plain(text)}, Code{text},
		}}
		var page, md bytes.Buffer
		if err := HTML(&page, d); err != nil {
			t.Fatal(err)
		}
		if err := Markdown(&md, d); err != nil {
			t.Fatal(err)
		}
		found := [][]string{ours.Tags(t, strconv.Quote(text), page.String())}
		for _, engine := range engines {
			found = append(found, outline(t, text, engine, md.Bytes()))
		}
		return found
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(show.Visible(text)) == "" {
			t.Skip("markdown leaves empty texts out")
		}
		want := structure(t, "word")
		for i, got := range structure(t, text) {
			if !slices.Equal(got, want[i]) {
				t.Errorf("%q changes the structure:\n%v\n%v", text, got, want[i])
			}
		}
	})
}
