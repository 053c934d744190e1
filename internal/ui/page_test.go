package ui

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// drawing is a figure in a page; package chart has golden files of its own.
var drawing = regexp.MustCompile(`(?s)<svg.*?<title>(.*?)</title>.*?</svg>`)

func TestPagesAreGolden(t *testing.T) {
	r := local(t, database(t, plainNames()))
	for name, path := range pages("legal-1", "legal") {
		got := r.page(path)
		if again := r.page(path); again != got {
			t.Errorf("%s: asked twice, the answers differ", name)
		}
		if name == "report" || name == "changes" || name == "history" {
			continue // package report has golden files of its own
		}
		got = drawing.ReplaceAllString(got, "<svg>$1</svg>")
		file := filepath.Join("testdata", name+".html")
		if *update {
			os.MkdirAll("testdata", 0o777)
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s; run go test -update and look at the change:\n%s", path, file, got)
		}
	}
}
