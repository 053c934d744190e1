// Package markup reads pages that we wrote as strictly as we write them, so that
// a test sees at once where the text of others became markup.
package markup

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Page says what a page may hold.
type Page struct {
	Elements []string
	// Leads reports whether the target of href, action or src may stand there.
	Leads func(target string) bool
	// Names match what names fill into tags; it is left out of what Tags returns.
	Names *regexp.Regexp
}

var (
	// tag is what a tag of our pages may look like.
	tag       = regexp.MustCompile(`^<(?:!doctype html|/?[a-z][a-z0-9]*(?: [a-zA-Z-]+(?:="[^"<>]*")?|\n\t[a-z]+="[^"<>]*")*(?: /)?)>`)
	attribute = regexp.MustCompile(`[ \t]([a-zA-Z-]+)="([^"]*)"`)
	entity    = regexp.MustCompile(`^&(?:amp|lt|gt|quot|#34|#39|#43);`)
)

// Tags checks a page, which where names in messages, and returns its tags without
// those inside drawings.
func (p Page) Tags(t *testing.T, where, page string) []string {
	t.Helper()
	var found []string
	drawing := false
	for at := 0; at < len(page); {
		switch page[at] {
		case '<':
			m := tag.FindString(page[at:])
			if m == "" {
				t.Fatalf("%s: malformed tag at %.60q", where, page[at:])
			}
			name := strings.TrimLeft(strings.FieldsFunc(m, func(r rune) bool { return strings.ContainsRune("<> \n", r) })[0], "/")
			if !slices.Contains(p.Elements, name) {
				t.Errorf("%s: element %s", where, m)
			}
			p.attributes(t, where, m)
			if drawing = drawing && name != "svg" || strings.HasPrefix(m, "<svg"); !drawing {
				found = append(found, p.Names.ReplaceAllString(m, ""))
			}
			at += len(m)
			if name == "style" && m[1] != '/' {
				at += strings.Index(page[at:], "</style>")
			}
		case '&':
			m := entity.FindString(page[at:])
			if m == "" {
				t.Fatalf("%s: bare ampersand at %.40q", where, page[at:])
			}
			at += len(m)
		case '>':
			t.Fatalf("%s: bare > at %.40q", where, page[at:])
		default:
			at++
		}
	}
	return found
}

// attributes refuses those of a tag that run something or lead away.
func (p Page) attributes(t *testing.T, where, m string) {
	t.Helper()
	for _, a := range attribute.FindAllStringSubmatch(m, -1) {
		switch key, target := strings.ToLower(a[1]), html.UnescapeString(a[2]); {
		case strings.HasPrefix(key, "on"), key == "srcdoc", key == "formaction":
			t.Errorf("%s: attribute %s", where, m)
		case key == "href", key == "action", key == "src":
			if !p.Leads(target) {
				t.Errorf("%s: %s leads away", where, m)
			}
		}
	}
}
