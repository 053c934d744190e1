package ui

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// start serves a database on a free port and returns the page's address.
func start(t *testing.T, database string) string {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, database, "127.0.0.1:0", "") }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// TestClickThrough uses every part of the pages in a real browser. With
// RUNEXP_SHOTS it keeps pictures, and RUNEXP_DATABASE shows another database.
func TestClickThrough(t *testing.T) {
	b := openBrowser(t)
	second := plainNames()
	second.invocation = "legal-2"
	site := start(t, database(t, plainNames(), second))

	b.window(1200)
	b.open(site)
	b.follow(`document.querySelector("a[href='/invocation?id=legal-1']")`)
	if got := b.eval(`document.querySelector(".tabs [aria-current]").textContent`); got != "Comparison" {
		t.Errorf("the tab is %q", got)
	}

	// Sort the comparison by trained parameters, twice.
	trained := `[...document.querySelectorAll("#comparison th button")].find(b => b.textContent == "trained")`
	configurations := `[...document.querySelectorAll("#comparison tbody tr")].filter(r => !r.hidden).map(r => r.cells[0].querySelector("code").textContent).join(" ")`
	b.click(trained)
	if got, want := b.eval(configurations), "lora[rank=8] lora[rank=8]2 words full"; got != want {
		t.Errorf("sorted by parameters: %v, want %v", got, want)
	}
	b.click(trained)
	if got, want := b.eval(configurations), "words lora[rank=8]2 lora[rank=8] full"; got != want {
		t.Errorf("sorted the other way: %v, want %v (what has no value comes last)", got, want)
	}
	// Filter it; all words must occur.
	b.click(`document.querySelector(".filter input")`)
	b.write("LORA ok")
	if got, want := b.eval(configurations), "lora[rank=8]2 lora[rank=8]"; got != want {
		t.Errorf("filtered: %v, want %v", got, want)
	}
	if got := b.eval(`document.querySelector(".filter output").textContent`); got != "2 of 4 rows" {
		t.Errorf("the filter says %q", got)
	}
	// Other rows by the server: the choice takes effect at once.
	b.loaded(func() {
		b.eval(`(() => { const s = document.querySelector("select[name=slice]"); s.value = "domain=contracts"; s.dispatchEvent(new Event("change", {bubbles: true})) })()`)
	})
	if got := b.eval(`document.querySelector("select[name=slice]").value`); got != "domain=contracts" {
		t.Errorf("the slice is %v after choosing", got)
	}
	// Only selected configurations.
	b.follow(`document.querySelector("input[name=selected]")`)
	if got, want := b.eval(configurations), "words lora[rank=8]"; got != want {
		t.Errorf("selected: %v, want %v", got, want)
	}

	// One run, from a seed of the comparison.
	b.follow(`document.querySelector("#comparison tbody tr:nth-child(2) td:last-child a")`)
	if got := b.eval(`document.querySelectorAll("figure svg").length`); got != 1.0 {
		t.Errorf("a run shows %v curves, want 1", got)
	}
	wrong := b.eval(`[...document.querySelectorAll("#mistakes tbody tr")].every(r => r.cells[1].textContent != r.cells[2].textContent)`)
	if n := b.eval(`document.querySelectorAll("#mistakes tbody tr").length`); wrong != true || n == 0.0 {
		t.Errorf("%v rows that it got wrong; all wrong: %v", n, wrong)
	}
	// Compare it with the choice that is offered first.
	b.follow(`document.querySelector("form[action='/pair'] button")`)
	if got := fmt.Sprint(b.eval(`location.pathname`)); got != "/pair" {
		t.Errorf("the button leads to %s", got)
	}

	// Two runs, marked in the table.
	b.open(site + address("/invocation", "id", "legal-1"))
	b.click(`document.querySelectorAll("#runs input[name=a]")[2]`)
	b.click(`document.querySelectorAll("#runs input[name=b]")[4]`)
	b.follow(`document.querySelector("form[action='/pair'] button:not([type=button])")`)
	if got := b.eval(`document.querySelectorAll("#differences tbody tr").length`); got != 3.0 {
		t.Errorf("%v differences, want 3", got)
	}
	if differ := b.eval(`[...document.querySelectorAll("#rows tbody tr")].every(r => r.cells[2].querySelector("code").textContent != r.cells[3].querySelector("code").textContent)`); differ != true {
		t.Error("a row is listed that both answered alike")
	}

	// Two invocations, the report and the figures.
	b.open(site)
	b.follow(`document.querySelector("form[action='/changes'] button:not([type=button])")`)
	if got := fmt.Sprint(b.eval(`document.querySelector("h1").textContent`)); got != "Comparison of two invocations" {
		t.Errorf("the comparison of invocations is titled %q", got)
	}
	b.open(site + address("/figures", "id", "legal-1"))
	if got := b.eval(`document.querySelectorAll("figure svg").length`).(float64); got < 2 {
		t.Errorf("%v figures", got)
	}
	b.follow(`[...document.querySelectorAll(".tabs a")].find(a => a.textContent == "Report")`)
	if got := fmt.Sprint(b.eval(`document.body.textContent`)); !strings.Contains(got, "Verdict") {
		t.Error("the report has no verdict")
	}
	b.follow(`document.querySelector("a[href^='/invocation']")`)
	b.none("clicking through")

	shown, id, experiment := site, "legal-1", "legal"
	if other := os.Getenv("RUNEXP_DATABASE"); other != "" {
		shown = start(t, other)
		b.open(shown)
		id = fmt.Sprint(b.eval(`new URLSearchParams(document.querySelector("a[href^='/invocation']").search).get("id")`))
		experiment = fmt.Sprint(b.eval(`document.querySelector("h2").textContent`))
	}
	// No page is wider than its window, on a phone or a desk.
	for _, width := range []int{390, 1200} {
		b.window(width)
		for name, path := range pages(id, experiment) {
			b.open(shown + path)
			if got := b.eval(`document.documentElement.scrollWidth`).(float64); got > float64(width) {
				t.Errorf("%s is %v wide in a window of %d", name, got, width)
			}
			b.shot(fmt.Sprintf("%s-%d", name, width))
			if name == "invocation" {
				b.follow(`[...document.querySelectorAll("#runs tbody a")].at(-2)`)
				b.shot(fmt.Sprintf("run-last-%d", width))
			}
		}
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}})
	b.open(shown + address("/invocation", "id", id))
	b.shot("dark")
	if ground := b.eval(`getComputedStyle(document.body).backgroundColor`); ground == "rgb(255, 255, 255)" {
		t.Error("the page stays white where dark is preferred")
	}
	b.none("looking at every page")
}
