package testkit

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which packages of the project each part may import. A part is a
// folder with all that lies below it, unless a longer entry covers it.
var arrows = map[string][]string{
	"cmd":                     {"*"},
	"stages":                  {"stages/block", "stages/work", "pipeline", "methods", "internal"},
	"stages/block":            {"pipeline/config", "pipeline/slurm", "methods", "internal"},
	"stages/work":             {"stages/block", "pipeline", "methods", "internal"},
	"stages/record":           {"stages", "pipeline", "results", "internal"},
	"stages/adapted":          {"stages", "pipeline", "methods", "internal"},
	"methods":                 {"internal/lm", "internal/metric", "internal/prompt"},
	"pipeline":                {"pipeline"},
	"pipeline/cache":          {"pipeline/cache"},
	"pipeline/config":         {},
	"pipeline/slurm":          {"pipeline"},
	"results":                 {"internal/stats"},
	"internal/lm":             {"internal/lm"},
	"internal/lm/tensor":      {},
	"internal/lm/tokenizer":   {},
	"internal/lm/safetensors": {},
	"internal/lm/torchbin":    {"internal/lm/safetensors"},
	"internal/train":          {"internal/lm"},
	"internal/dataset":        {"internal/synth"},
	"internal/synth":          {},
	"internal/metric":         {},
	"internal/stats":          {},
	"internal/chart":          {},
	"internal/show":           {},
	"internal/report":         {"internal/stats", "internal/chart", "internal/show"},
	"internal/shift":          {"internal/stats", "internal/lm"},
	"internal/prompt":         {"internal/lm"},
	"internal/peft":           {"internal/lm"},
	"internal/hub":            {},
	"internal/ui":             {"results", "internal/stats", "internal/report", "internal/chart", "internal/show"},
	"internal/ui/progress":    {"pipeline"},
	"internal/testkit":        {},
}

// only says which outside packages have one room alone.
var only = map[string][]string{
	"C":                           {"internal/lm/tensor"},
	"unsafe":                      {"internal/lm/tensor", "internal/testkit/syscalls"},
	"github.com/mattn/go-sqlite3": {"results"},
	"github.com/hashicorp/hcl/v2": {"pipeline/config", "stages", "cmd"},
	"github.com/zclconf/go-cty":   {"pipeline/config"},
	"github.com/spf13/cobra":      {"cmd"},
	"github.com/parquet-go":       {"internal/dataset"},
	"gonum.org/v1/plot":           {"internal/chart"},
}

func TestImportsFollowTheArrows(t *testing.T) {
	root := Root(t)
	count := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		count++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		part := filepath.ToSlash(rel)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, path, part, imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 100 {
		t.Errorf("only %d files were read; the walk is wrong", count)
	}
}

func checkImport(t *testing.T, path, part, imported string) {
	t.Helper()
	for outside, rooms := range only {
		if under(imported, outside) && !slices.ContainsFunc(rooms, func(r string) bool { return under(part, r) }) {
			t.Errorf("%s imports %s, which belongs to %s alone", path, imported, strings.Join(rooms, ", "))
		}
	}
	inside, ok := strings.CutPrefix(imported, "runexp/")
	if !ok {
		return
	}
	rule, found := longest(part)
	if !found {
		t.Errorf("%s: no rule for package %s; say in arrows_test.go what it may import", path, part)
		return
	}
	allowed := arrows[rule]
	if under(inside, rule) || slices.Contains(allowed, "*") {
		return
	}
	if !slices.ContainsFunc(allowed, func(a string) bool { return under(inside, a) }) {
		t.Errorf("%s: %s must not import %s", path, part, inside)
	}
}

// longest finds the entry of arrows that covers a package most closely.
func longest(part string) (string, bool) {
	best, found := "", false
	for entry := range arrows {
		if under(part, entry) && len(entry) >= len(best) {
			best, found = entry, true
		}
	}
	return best, found
}

func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func TestEveryPackageHasOneComment(t *testing.T) {
	root := Root(t)
	comments := map[string][]string{}
	packages := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		packages[filepath.Dir(path)] = true
		if file.Doc != nil {
			comments[filepath.Dir(path)] = append(comments[filepath.Dir(path)], filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range packages {
		if n := len(comments[dir]); n != 1 {
			t.Errorf("%s has %d package comments (%v), want 1", dir, n, comments[dir])
		}
	}
}
