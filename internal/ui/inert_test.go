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

// payloads are names and texts that data could hold and that must stay text.
var payloads = []string{
	`<script>alert(1)</script>`, `<script src=/table.js></script>`, `<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `'><b>`, `</title><script>alert(1)</script>`, `</script><script>alert(1)</script>`,
	`</style><script>alert(1)</script>`, `</td></tr></table><h1>x`, `</select><script>alert(1)</script>`, `</option><option selected>x`, `</code></a><a href=//evil.example>`, `<iframe src="javascript:alert(1)">`, `<a href="javascript:alert(1)">x</a>`,
	`<details open ontoggle=alert(1)>`, `<math><mi xlink:href="data:x,<script>alert(1)</script>">`, `<svg><script>alert(1)</script></svg>`, `<template><script>alert(1)</script></template>`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<!--`, `-->`, `<!-- --><script>`, `<![CDATA[x]]>`, `]]>`, `<?php echo 1 ?>`, `<!doctype html>`, `<base href="//evil.example">`, `<meta http-equiv=refresh content=0>`,
	`<link rel=stylesheet href=//evil.example>`, `<style>*{color:red}</style>`, `<input onfocus=alert(1) autofocus>`, `<form action=//evil.example>`, `<button formaction=javascript:alert(1)>`,
	`<marquee onstart=alert(1)>`, `<video><source onerror=alert(1)>`, `<object data=x>`, `<embed src=x>`, `<body onload=alert(1)>`, `<x onclick=alert(1)>`, `<a name=x id=comparison>`, `<input name=b>`,
	`&lt;script&gt;`, `&#60;script&#62;`, `&#x3c;script&#x3e;`, `&amp;lt;`, `&nbsp;`, `&copy`, `& `, `&`, `<`, `>`, `"`, `'`, "`", `=`, `/`, `\`, `{{.}}`, `{{template "cell"}}`, `${7*7}`, `{%raw%}`, `%`, `%3Cscript%3E`, `%00`, `%s%n`,
	`" onmouseover="alert(1)`, `' onmouseover='alert(1)`, `" autofocus onfocus=alert(1) x="`, `x" checked x="`, `javascript:alert(1)`, `JaVaScRiPt:alert(1)`, `data:text/html,<script>alert(1)</script>`, `vbscript:x`, `//evil.example`, `https://evil.example`, `url(javascript:alert(1))`, `expression(alert(1))`,
	`?id=x&r=y`, `a&b=c`, `a#b`, `a;b`, `a+b`, `a b`, `../../x`, `..`, `.`, `0:x`, `a:b`, `constructor`, `__proto__`, `null`, `NaN`, `1e999`, `-0`, `;alert(1)//`, `</table>`, `<td>`, `<tr`, `<th onclick=`,
	"a\x00b", "\x1b[31mred\x1b[0m", "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07", "\u202egnp.exe", "\u2066a\u2069", "\ufeffa", "a\u200bb", "a\xff\xfe", "a\u2028b", "a\u2029b", "a\rb", "a\r\nSet-Cookie: x=y", "\x7f", "a\u0085b", "名前", "é", "🙂", "\u00a0", strings.Repeat("long", 400),
}

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
