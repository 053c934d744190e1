package ui

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"runexp/internal/show"
	"runexp/internal/testkit/markup"
)

// payloads are texts that must stay text.
var payloads = slices.Concat(markup.HTML, markup.Characters)

// ofForms is sent back as it is, shown to nobody.
var ofForms = regexp.MustCompile(` value="[^"]*"`)

// ours is what our pages may hold.
var ours = markup.Page{
	Elements: strings.Fields(`!doctype html head meta title link script style body header nav main h1 h2 h3 p strong code small ul li dl dt dd div form label input select option button
		table caption thead tbody tr th td figure figcaption details summary pre a svg g path text rect`),
	Leads: func(target string) bool { return strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "//") },
	Names: regexp.MustCompile(`(?:href|value|title|data-sort)="[^"]*"| class="w"`), // long cells are class w
}

// TestNamesAreInert records an experiment for each payload with the payload in
// every place, and compares the tags of every page with those of an experiment
// that is full of a harmless word.
func TestNamesAreInert(t *testing.T) {
	if len(payloads) < 100 {
		t.Errorf("%d payloads, want at least 100", len(payloads))
	}
	all := []names{every("word")}
	for _, p := range payloads {
		all = append(all, every(p))
	}
	r := local(t, database(t, all...))
	outline := func(text string, all bool) map[string][]string {
		found := map[string][]string{}
		for name, path := range pages(text, text) {
			if name == "home" || name == "figures" && !all {
				continue // home shows all payloads at once, below; figures are those of the report
			}
			page := r.page(path)
			found[name] = ours.Tags(t, fmt.Sprintf("%s of %.40q", name, text), page)
			if shown := show.Visible(text); name == "invocation" && !strings.Contains(html.UnescapeString(page), shown) {
				t.Errorf("%s: %.40q does not show as text", name, shown)
			}
			for _, bad := range []string{"\x00", "\x1b", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\r"} {
				if strings.Contains(ofForms.ReplaceAllString(page, ""), bad) {
					t.Errorf("%s of %.40q: %q gets through", name, text, bad)
				}
			}
		}
		return found
	}
	want := outline("word", true)
	for k, p := range payloads {
		for name, got := range outline(p, k%8 == 0) {
			// Facts are JSON, which has no such bytes; they name other data sets then.
			if !slices.Equal(got, want[name]) && utf8.ValidString(p) {
				t.Errorf("%.60q changes the structure of %s", p, name)
			}
		}
	}
	ours.Tags(t, "home", r.page("/"))
	// Names in the address come back in messages.
	for _, p := range payloads {
		for _, path := range []string{address("/run", "r", p), address("/invocation", "id", "no"+p), address("/history", "experiment", "no"+p), address("/invocation", "id", "word", "slice", p, "metric", p)} {
			ours.Tags(t, fmt.Sprintf("%.80s", path), r.get(path).Body.String())
		}
	}
}

// TestNothingIsLoadedFromElsewhere reads what a browser would fetch.
func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	for name, a := range assets {
		text := strings.ReplaceAll(string(a.body), "http://www.w3.org/2000/svg", "") // a name, never fetched
		for _, bad := range []string{"http:", "https:", "//", "@import", "url(", "eval", "innerHTML", "document.write", "fetch(", "XMLHttpRequest", "import("} {
			if bad == "//" {
				text = regexp.MustCompile(`(?m)(^|\s)// .*$`).ReplaceAllString(text, "") // comments
			}
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}
