package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with a file; a mismatch leaves name.got beside it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		os.WriteFile(name+".got", got, 0o644)
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestWriteDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/render/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		p := NewParser()
		_, diags := p.Load([]string{name}, testKinds(), Options{Vars: map[string]string{"row": "3"}})
		var plain, color bytes.Buffer
		if err := p.WriteDiagnostics(&plain, diags, false); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteDiagnostics(&color, diags, true); err != nil {
			t.Fatal(err)
		}
		golden(t, strings.TrimSuffix(name, ".hcl")+".golden", plain.Bytes())
		for _, c := range plain.String() {
			if c != '\n' && (c < ' ' || c == 0x7f || c == '\u202e') {
				t.Errorf("%s: the control character %U is written as it is", name, c)
			}
		}
		stripped := strings.NewReplacer(styleBold, "", styleRed, "", styleFaint, "", styleReset, "").Replace(color.String())
		if stripped != plain.String() {
			t.Errorf("%s: with colour the text differs:\n%s", name, stripped)
		}
		if color.String() == plain.String() && len(diags) > 0 {
			t.Errorf("%s: no colour although asked for", name)
		}
	}
}

// TestCarets checks that carets stand under what they mark, for every width.
func TestCarets(t *testing.T) {
	for _, before := range []string{"", "abc", "\t", "a\tb", "日本", "é", "\x1b[0m", "​x"} {
		for _, marked := range []string{"x", "xyz", "語", "a\tb", ""} {
			p := NewParser()
			src := before + marked + " = 3"
			p.sources["f"] = []byte(src)
			rng := hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Column: 1, Byte: len(before)}, End: hcl.Pos{Line: 1, Column: 9, Byte: len(before) + len(marked)}}
			line, carets, ok := p.excerpt(rng)
			if !ok {
				t.Fatalf("%q: no excerpt", src)
			}
			left := strings.Index(carets, "^")
			width := runewidth.StringWidth(carets) - left
			if got := runewidth.TruncateLeft(line, left, ""); !strings.HasPrefix(got, showLine([]byte(marked), left)) {
				t.Errorf("%q: carets start under %q, want %q", line, got, marked)
			}
			if want := max(1, runewidth.StringWidth(showLine([]byte(marked), left))); width != want {
				t.Errorf("%q: %d carets, want %d", line, width, want)
			}
		}
	}
}

func TestManyDiagnosticsAreCounted(t *testing.T) {
	var all hcl.Diagnostics
	for range 150 {
		all = append(all, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: fmt.Sprint("Mistake ", len(all))})
	}
	var out bytes.Buffer
	if err := NewParser().WriteDiagnostics(&out, all, false); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "Mistake "); n != 100 || !strings.HasSuffix(out.String(), "\n… and 50 more\n") {
		t.Errorf("%d of 150 diagnostics are shown:\n%s", n, out.String())
	}
}
