package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// addSeeds gives a fuzz target every text that the other tests use.
func addSeeds(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.hcl")
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, text := range nested {
		f.Add([]byte(text(20)))
	}
	for _, text := range long {
		f.Add([]byte(text(100)))
	}
	f.Add([]byte(legal))
	f.Add([]byte(drawn))
	f.Add([]byte(searched))
}

// FuzzPrescan checks that what passes the limits can be given to HCL's parser,
// and that no tree it makes is deeper than the limits say.
func FuzzPrescan(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		text, diags := normalise("f", src)
		if text == nil || diags.HasErrors() || prescan("f", text).HasErrors() {
			return
		}
		file, _ := hclsyntax.ParseConfig(text, "f", hcl.InitialPos)
		w := &depthWalker{}
		if body, ok := file.Body.(*hclsyntax.Body); ok {
			hclsyntax.Walk(body, w)
		}
		// Each level of the text makes at most a handful of nodes, and each
		// operator one.
		if most := 8*maxDepth + 4*maxOperators; w.deepest > most {
			t.Errorf("the tree is %d deep, want at most %d", w.deepest, most)
		}
	})
}

type depthWalker struct{ depth, deepest int }

func (w *depthWalker) Enter(hclsyntax.Node) hcl.Diagnostics {
	w.depth++
	w.deepest = max(w.deepest, w.depth)
	return nil
}

func (w *depthWalker) Exit(hclsyntax.Node) hcl.Diagnostics { w.depth--; return nil }

// FuzzLoad loads any text: no panic, a bounded time, positions inside the
// file, printable messages, and points whenever there is no error.
func FuzzLoad(f *testing.F) {
	addSeeds(f)
	name := filepath.Join(f.TempDir(), "f.hcl") // of this worker: a folder for each text costs more than loading it
	f.Fuzz(func(t *testing.T, src []byte) {
		if err := os.WriteFile(name, src, 0o644); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		p := NewParser()
		e, diags := p.Load([]string{name}, testKinds(), Options{Vars: map[string]string{"rows": "1"}, MaxRuns: 200})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %v", took)
		}
		for _, d := range diags {
			if d.Summary == "Cannot evaluate this expression" {
				t.Errorf("the evaluator panicked: %s", d.Detail)
			}
			if d.Subject != nil && (d.Subject.Filename == name && d.Subject.Start.Byte > len(src) || d.Subject.Start.Line < 1) {
				t.Errorf("%s stands outside of the file: %v", d.Summary, d.Subject)
			}
		}
		var out bytes.Buffer
		if err := p.WriteDiagnostics(&out, diags, false); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && showRune(r) != string(r) }); i >= 0 {
			t.Errorf("an unprintable character is written: %q", out.String()[i:])
		}
		if diags.HasErrors() {
			return
		}
		for _, b := range e.Blocks {
			if len(b.Points) == 0 {
				t.Errorf("%s has no points", b.Name)
			}
			for _, dep := range b.Deps {
				if e.Find(dep) == nil {
					t.Errorf("%s needs %s, which does not exist", b.Name, dep)
				}
			}
			e.Sample(b, 3, 1)
		}
	})
}

// FuzzFormat checks that formatting is idempotent and keeps the tokens.
func FuzzFormat(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		once, err := Format(src)
		if err != nil {
			return
		}
		twice, err := Format(once)
		if err != nil {
			t.Fatalf("formatted text does not parse: %v\n%s", err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("formatted twice it differs:\n%q\n%q", once, twice)
		}
	})
}
