package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFormat(t *testing.T) {
	got, err := Format([]byte("\ufeffmodel \"m\"   {\r\npath=\"a\"\r\n  from   = model.x\r\n}"))
	if want := "model \"m\" {\n  path = \"a\"\n  from = model.x\n}"; err != nil || string(got) != want {
		t.Errorf("Format = %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{"model {", "x = \x00", "\xff"} {
		if got, err := Format([]byte(bad)); err == nil {
			t.Errorf("Format(%q) = %q, want an error", bad, got)
		}
	}
}

// TestFormatKeepsMeaning formats the examples that parse: the points stay as
// they are, the mistakes too, and a second time nothing changes.
func TestFormatKeepsMeaning(t *testing.T) {
	files, _ := filepath.Glob("testdata/*/*.hcl")
	formatted := 0
	for _, name := range append(files, write(t, "legal.hcl", legal)) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		once, err := Format(src)
		if err != nil {
			continue
		}
		formatted++
		twice, err := Format(once)
		if err != nil || string(twice) != string(once) {
			t.Errorf("%s: formatted twice it differs: %v", name, err)
		}
		before, d1 := load(t, string(src), Options{})
		after, d2 := load(t, string(once), Options{})
		if len(d1) != len(d2) {
			t.Errorf("%s: %d diagnostics before, %d after", name, len(d1), len(d2))
		}
		for i, b := range before.Blocks {
			for j, p := range b.Points {
				if got := after.Blocks[i].Points[j]; fingerprint(got.Config) != fingerprint(p.Config) {
					t.Errorf("%s: %s means something else", name, p.Name)
				}
			}
		}
	}
	if formatted < 10 {
		t.Errorf("only %d files could be formatted", formatted)
	}
}
