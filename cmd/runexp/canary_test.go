package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const canary = "hf_CANARYfeedbead0123456789abcdefghij"

// canaryForms are the canary as it is, in hexadecimal and in base64, where what
// stands before it decides between three spellings.
func canaryForms() []string {
	forms := []string{canary, hex.EncodeToString([]byte(canary)), strings.ToUpper(hex.EncodeToString([]byte(canary)))}
	for shift := range 3 {
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + canary))
		forms = append(forms, text[4:len(text)-4])
	}
	return forms
}

// privateHub serves one model to who shows the canary.
func privateHub(t *testing.T) *httptest.Server {
	dir, commit := t.TempDir(), strings.Repeat("7", 40)
	if err := tinyCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+canary {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch name, isFile := strings.CutPrefix(r.URL.Path, "/org/tiny/resolve/"+commit+"/"); {
		case isFile:
			http.ServeFile(w, r, filepath.Join(dir, filepath.Base(name)))
		case strings.HasPrefix(r.URL.Path, "/api/models/org/tiny/revision/"):
			fmt.Fprintf(w, `{"sha": %q}`, commit)
		case strings.HasPrefix(r.URL.Path, "/api/models/org/tiny/tree/"):
			var list []string
			files, _ := os.ReadDir(dir)
			for _, f := range files {
				content, err := os.ReadFile(filepath.Join(dir, f.Name()))
				if err != nil {
					t.Error(err)
				}
				list = append(list, fmt.Sprintf(`{"type": "file", "path": %q, "size": %d, "oid": "0000000000000000000000000000000000000000", "lfs": {"oid": "%x", "size": %d}}`,
					f.Name(), len(content), sha256.Sum256(content), len(content)))
			}
			fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

const canaryExperiment = `
experiment "canary" {
  seeds = [1]
}
model "base" {
  hub = "org/tiny@main"
}
dataset "clauses" {
  generator "clauses" {
    rows = 120
  }
  input {
    text = "clause"
  }
  label = "kind"
}
method "majority" "majority" {}
method "lora" "lora" {
  rank  = 2
  steps = 3
}
method "external" "curious" {
  command = ["sh", "-c", "env >&2; env > env.txt; exit 1"]
}
`

// TestTokenAppearsNowhere runs an experiment over a private model and whatever
// prints or writes something afterwards; then it looks for the token in all that
// was printed, served and written, the cache, the database and the lock included.
func TestTokenAppearsNowhere(t *testing.T) {
	hub := privateHub(t)
	s := newSite(t)
	s.write("canary.hcl", canaryExperiment)
	home := t.TempDir()
	s.env = append(s.env, "HF_ENDPOINT="+hub.URL, "HF_TOKEN="+canary, "HF_HOME="+filepath.Join(home, "hf"), "HOME="+home)
	var printed bytes.Buffer
	call := func(want int, env []string, args ...string) {
		t.Helper()
		p := s.start(env, args...)
		status, by := p.wait(t)
		fmt.Fprintf(&printed, "%v\n%s%s\n", args, p.out.String(), p.err.String())
		if status != want {
			t.Errorf("%v: exit status %d (%v), want %d\n%s", args, status, by, want, p.err.String())
		}
	}
	const file = "canary.hcl"
	call(exitFailed, nil, "-progress", "plain", file) // the curious method fails
	if !strings.Contains(printed.String(), "PATH=") {
		t.Errorf("the environment of the external method is not shown, so that nothing is tested:\n%s", printed.String())
	}
	for _, args := range [][]string{
		{"validate", file}, {"plan", file, "-json"}, {"why", file, "method.lora"}, {"params", file}, {"history", "canary"}, {"compare", "-json", "canary", "canary"},
		{"report", "canary"}, {"report", "canary", "-format", "latex"}, {"report", "canary", "-format", "csv"}, {"report", "canary", "-format", "json"}, {"report", "canary", "-format", "html"},
		{"results", "export"}, {"results", "export", "-format", "jsonl"}, {"results", "export", "-format", "mlflow"}, {"results", "digest", "canary"},
		{"export", file, "method.lora", "exported"}, {"predict", file, "method.lora"}, {"cache", "stats"}, {"cache", "verify"}, {"results", "rebuild"},
	} {
		call(exitOK, nil, args...)
	}
	// A hub that refuses, addresses with the token in them, and a variable that holds it.
	s.clear()
	call(exitInvalid, []string{"HF_ENDPOINT=" + hub.URL + "/nowhere"}, "-only", "method.lora", file, "-cache", "other")
	for _, endpoint := range []string{"https://user:" + canary + "@127.0.0.1:1", "http://127.0.0.1:1/" + canary, "http://127.0.0.1:1/?token=" + canary} {
		p := s.start([]string{"HF_ENDPOINT=" + endpoint}, "validate", file, "-cache", "other")
		if status, _ := p.wait(t); status == exitOK && strings.Contains(endpoint, "@") {
			t.Errorf("HF_ENDPOINT=%s is accepted", endpoint)
		}
		if !strings.Contains(endpoint, "1/") { // who puts a token into a path is shown the path
			fmt.Fprintln(&printed, p.out.String(), p.err.String())
		}
	}
	// What Go prints of a process that is told to die with all it knows.
	p := s.start(nil, "-progress", "plain", "-var", "steps=100000", "-only", "method.full", "tiny.hcl")
	if p.waitFor(t, "msg=start") {
		p.Process.Signal(syscall.SIGQUIT)
	}
	p.wait(t)
	fmt.Fprintln(&printed, p.out.String(), p.err.String())

	served := s.start(nil, "ui")
	page := served.shown(t)
	for _, path := range []string{"/", "/experiment?name=canary", "/report?id=canary"} {
		_, text := fetch(t, strings.TrimSuffix(page, "/")+path)
		printed.WriteString(text)
	}
	served.Process.Signal(syscall.SIGINT)
	served.wait(t)
	fmt.Fprintln(&printed, served.out.String(), served.err.String())

	look := func(where string, content []byte) {
		for _, form := range canaryForms() {
			if at := bytes.Index(content, []byte(form)); at >= 0 {
				t.Errorf("%s holds the token: …%q…", where, content[max(0, at-80):min(len(content), at+len(form)+20)])
			}
		}
	}
	look("the output", printed.Bytes())
	files := 0
	for _, root := range []string{s.dir, home} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			look("the name "+path, []byte(path))
			content, err := os.ReadFile(path)
			look(path, content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d bytes of output and %d files", printed.Len(), files)
}
