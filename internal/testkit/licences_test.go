package testkit

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// direct lists what go.mod may ask for, each module with its licence. ARCHITECTURE
// says what it is for.
var direct = map[string]string{
	"github.com/clipperhouse/uax29/v2": "MIT",
	"github.com/dlclark/regexp2/v2":    "MIT",
	"github.com/google/go-cmp":         "BSD",
	"github.com/google/renameio/v2":    "Apache",
	"github.com/hashicorp/hcl/v2":      "MPL",
	"github.com/jedib0t/go-pretty/v6":  "MIT",
	"github.com/klauspost/compress":    "BSD",
	"github.com/mattn/go-runewidth":    "MIT",
	"github.com/mattn/go-sqlite3":      "MIT",
	"github.com/parquet-go/parquet-go": "Apache",
	"github.com/rogpeppe/go-internal":  "BSD",
	"github.com/spf13/cobra":           "Apache",
	"github.com/spf13/pflag":           "BSD",
	"github.com/vbauerster/mpb/v8":     "Unlicense",
	"github.com/yuin/goldmark":         "MIT",
	"github.com/zclconf/go-cty":        "MIT",
	"golang.org/x/sys":                 "BSD",
	"golang.org/x/term":                "BSD",
	"golang.org/x/text":                "BSD",
	"gonum.org/v1/gonum":               "BSD",
	"gonum.org/v1/plot":                "BSD",
	"pgregory.net/rapid":               "MPL",
}

// licences are known by a sentence each; none of them asks anything of the licence
// of a program that uses the module as it is.
var licences = map[string]string{
	"MIT":       "Permission is hereby granted, free of charge, to any person obtaining a copy",
	"BSD":       "Redistribution and use in source and binary forms, with or without modification",
	"Apache":    "Apache License Version 2.0",
	"MPL":       "Mozilla Public License",
	"ISC":       "Permission to use, copy, modify, and/or distribute this software for any purpose",
	"Unlicense": "This is free and unencumbered software released into the public domain",
	"CC BY":     "Creative Commons Attribution 4.0 International Public License",
	"FreeType":  "The FreeType Project LICENSE",
}

// licencesIn names the known licences in a module's folder.
func licencesIn(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"LICEN*", "Licen*", "licen*", "COPYING*", "UNLICENSE*", "licenses/*"} {
		matches, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matches...)
	}
	found := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		plain := strings.ToLower(strings.Join(strings.Fields(string(text)), " "))
		for licence, sentence := range licences {
			if strings.Contains(plain, strings.ToLower(sentence)) {
				found[licence] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestDependenciesAreThoseThatWeChose: go.mod asks for the modules of the list, and
// every module of which something is built in, direct or not, has a licence that we
// know.
func TestDependenciesAreThoseThatWeChose(t *testing.T) {
	root := Root(t)
	goCommand := func(args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Dir = root
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, stderr.String())
		}
		return string(out)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal([]byte(goCommand("mod", "edit", "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		asked++
		if direct[r.Path] == "" {
			t.Errorf("go.mod asks for %s, which is on no list: say in ARCHITECTURE.md what it saves, and here which licence it has", r.Path)
		}
	}
	if asked != len(direct) {
		t.Errorf("go.mod asks for %d modules, %d are listed here", asked, len(direct))
	}
	dirs := map[string]string{}
	for line := range strings.Lines(goCommand("list", "-deps", "-test", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./...")) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			dirs[path] = dir
		}
	}
	if len(dirs) < len(direct) {
		t.Errorf("only %d modules are built in", len(dirs))
	}
	for path, dir := range dirs {
		found := licencesIn(t, dir)
		if len(found) == 0 {
			t.Errorf("%s has no licence that we know, in %s", path, dir)
		}
		if want := direct[path]; want != "" && !slices.Contains(found, want) {
			t.Errorf("%s has the licences %v, %s is listed", path, found, want)
		}
	}
}
