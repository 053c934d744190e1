package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"runexp/internal/show"
	"runexp/internal/testkit/markup"
)

// payloads are names and texts that must stay text.
var payloads = slices.Concat(markup.HTML, markup.Markdown, markup.Characters)

// hostile is the fixture with a payload in every place that a user, a data set
// or an error can fill. It has few rows, for there are many payloads and each makes
// all tests of the report anew.
func hostile(payload string) *Document {
	f, s := fixtureOf(6)

	f.Question, f.Search = payload, payload
	f.Warnings, s.Warnings = []string{payload}, []string{payload}
	f.Models = []ModelFacts{{payload, payload, 1, 1}}
	d := &f.Datasets[0]
	d.Name, d.Source, d.Labels, d.Warnings = payload, payload, []string{payload, payload, payload}, []string{payload}
	d.Rejected, d.Dropped, d.Leakage = []Count{{payload, 3}}, []Count{{payload, 7}}, []Count{{payload, 1}}
	d.Shift = &ShiftFacts{payload, payload}
	for k := range d.Splits[:1] {
		d.Splits[k].Name = payload
	}
	f.Methods = []MethodFacts{{payload, payload, payload}}
	f.Selection = []Selection{{payload, payload, payload, payload, payload, 2, 0.8, []string{payload}, []string{payload}}}
	f.Budgets = []Budget{{Name: payload, StoredBytes: 1e6}}
	one := 1.0
	f.Diagnosis = []Diagnosis{{payload, payload, payload, []Measure{{payload, payload, 1, &one, &one, &one, payload, payload}}}}
	f.Reproduce = Reproduce{payload, payload, payload, payload, []File{{payload, payload}}, payload, []string{payload}}
	s.Experiment, s.Invocation = payload, payload
	for k, e := range s.Entries {
		e.Dataset = payload
		if e.Model != "" {
			e.Model = payload
		}
		e.Block = payload
		if k != 3 && k != 2 { // these keep the layer that draws a curve
			e.Configuration = payload
		}
		for i := range e.Scores {
			if key, value, found := strings.Cut(e.Scores[i].Slice, "="); found && key == "domain" {
				e.Scores[i].Slice = "domain=" + map[string]string{"contracts": payload, "statutes": "statutes"}[value]
			}
			if i == 0 {
				e.Scores[i].Warnings = []string{payload}
			}
		}
		for i := range e.Runs {
			if e.Runs[i].Status != "ok" {
				e.Runs[i].Detail, e.Runs[i].Status = payload, payload
			}
		}
	}
	return Build(f, s)
}

func TestPayloadCount(t *testing.T) {
	if len(payloads) < 100 {
		t.Errorf("%d payloads, want at least 100", len(payloads))
	}
}

// ours is what a report's page may hold: nothing that leads anywhere.
var ours = markup.Page{
	Elements: strings.Fields(`!doctype html head meta title style body main h1 h2 h3 p strong code ul li div table
		caption thead tbody tr th td figure figcaption pre svg g path text rect`),
	Leads: func(string) bool { return false },
	Names: regexp.MustCompile(` class="w"`), // long cells are kept from becoming narrow
}

// TestStructureIsOurs compares the tags of a page, and the blocks of a markdown
// text in two dialects, full of a payload with those full of a harmless word.
func TestStructureIsOurs(t *testing.T) {
	engines := map[string]goldmark.Markdown{
		"GitHub":     goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList)),
		"CommonMark": goldmark.New(),
	}
	structure := func(payload string) map[string][]string {
		d := hostile(payload)
		var page, md bytes.Buffer
		if err := HTML(&page, d); err != nil {
			t.Fatal(err)
		}
		if err := Markdown(&md, d); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), `content="default-src 'none'; style-src 'unsafe-inline'"`) {
			t.Error("the page has no content security policy")
		}
		if !strings.Contains(html.UnescapeString(page.String()), show.Visible(payload)) {
			t.Errorf("%q does not show as text", payload)
		}
		for _, bad := range []string{"\x00", "\x1b", "\u202e", "\u2066"} {
			if strings.Contains(page.String()+md.String(), bad) {
				t.Errorf("%q: a control or direction character gets through", payload)
			}
		}
		found := map[string][]string{"page": ours.Tags(t, strconv.Quote(payload), page.String())}
		for name, engine := range engines {
			if strings.TrimSpace(show.Visible(payload)) != "" { // markdown leaves empty names out
				found[name] = outline(t, payload, engine, md.Bytes())
			}
		}
		return found
	}
	want := structure("word")
	for _, payload := range payloads {
		for where, got := range structure(payload) {
			if !slices.Equal(got, want[where]) {
				t.Errorf("%q changes the structure of the report (%s)", payload, where)
			}
		}
	}
}

// outline lists the blocks of a parsed markdown text, and fails on inline nodes
// that a report never has.
func outline(t *testing.T, what string, markdown goldmark.Markdown, source []byte) (blocks []string) {
	t.Helper()
	err := ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch v := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.RawHTML, *ast.HTMLBlock, *east.FootnoteLink, *east.TaskCheckBox, *east.Strikethrough, *east.Footnote:
			t.Errorf("%q: %s in the report", what, n.Kind())
		case *ast.Image:
			if !strings.HasPrefix(string(v.Destination), "figures/") {
				t.Errorf("%q: an image from %s", what, v.Destination)
			}
			return ast.WalkSkipChildren, nil
		case *ast.Heading:
			blocks = append(blocks, fmt.Sprint("heading", v.Level))
		default:
			if n.Type() == ast.TypeBlock {
				blocks = append(blocks, n.Kind().String())
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// TestMarkdownShowsTextAsItIs renders each payload alone, as running text and in
// a table's cell, and reads the text back.
func TestMarkdownShowsTextAsItIs(t *testing.T) {
	engine := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))
	tags := regexp.MustCompile(`<[^>]*>`)
	for _, payload := range payloads {
		want := strings.Join(strings.Fields(show.Visible(payload)), " ")
		if want == "" {
			continue
		}
		for where, block := range map[string]Block{
			"paragraph": Paragraph{plain("a " + payload + " z")}, "start": Paragraph{plain(payload)}, "name": Paragraph{write("a ", name(payload), " z")},
			"cell": Table{Head: []Column{{"h", false}}, Rows: [][]Text{{write("a ", payload, " z")}}},
			"list": List{[]Text{plain(payload)}},
		} {
			var md, rendered bytes.Buffer
			if err := Markdown(&md, &Document{Title: "t", Blocks: []Block{block}}); err != nil {
				t.Fatal(err)
			}
			if err := engine.Convert(md.Bytes(), &rendered); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(rendered.String(), ""))), " ")
			switch where {
			case "paragraph", "name":
				got = strings.TrimSuffix(strings.TrimPrefix(got, "t a "), " z")
			case "cell":
				got = strings.TrimSuffix(strings.TrimPrefix(got, "t h a "), " z")
			default:
				got = strings.TrimPrefix(got, "t ")
			}
			if got != want {
				t.Errorf("%s: %q renders as %q, want %q\n%s", where, payload, got, want, md.String())
			}
		}
	}
}

func TestFactsAreJSONWhateverTheyHold(t *testing.T) {
	for _, payload := range payloads {
		f := Facts{Question: payload}
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back Facts
		if err := json.Unmarshal(raw, &back); err != nil || back.Question != strings.ToValidUTF8(payload, "\ufffd") && back.Question != strings.ReplaceAll(strings.ReplaceAll(payload, "\xff", "\ufffd"), "\xfe", "\ufffd") {
			t.Errorf("%q comes back as %q, %v", payload, back.Question, err)
		}
	}
}
