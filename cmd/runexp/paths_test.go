package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFaultPaths: where the experiment, its cache and its results lie changes no
// result, however the folders are called, and a cache that was moved is used.
func TestFaultPaths(t *testing.T) {
	t.Parallel()
	args := []string{"-only", "method.tfidf"}
	want := newSiteOf(t, "every").complete(args...)
	for _, name := range []string{"a b", "-rf", "it's", `"q"`, "new\nline", "$HOME;#", "%41", "名前", "\xff\xfe", strings.Repeat("long", 30), "a?b=c"} {
		s := newSiteOf(t, "every")
		for _, folder := range []string{s.dir + "/" + name, s.dir + "/" + name + "/" + name} {
			if err := os.Mkdir(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			s.dir = folder
		}
		text, err := os.ReadFile("testdata/every.hcl")
		if err != nil {
			t.Fatal(err)
		}
		s.write("every.hcl", string(text))
		places := []string{"-cache", filepath.Join(s.dir, "cache"), "-results", filepath.Join(s.dir, "results")}
		s.run(append(append([]string{"-progress", "none", "every.hcl"}, args...), places...)...)
		if got := strings.TrimSpace(s.run("results", "digest", "every", "-results", "results")); got != want {
			t.Errorf("in %q the digest is %s, elsewhere %s", name, got, want)
		}
		if err := os.Rename(filepath.Join(s.dir, "cache"), filepath.Join(s.dir, ".runexp")); err != nil {
			t.Fatal(err)
		}
		if out := s.run(append([]string{"every.hcl"}, args...)...); !strings.Contains(out, "nodes: 0 ran") {
			t.Errorf("in %q a cache that was moved is not used:\n%s", name, out)
		}
	}
	s := newSiteOf(t, "every")
	if err := os.Mkdir(filepath.Join(s.dir, strings.Repeat("x", 255)), 0o777); err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat(strings.Repeat("x", 255)+"/", 17)
	p := s.start(nil, append([]string{"-cache", deep, "every.hcl"}, args...)...)
	if status, _ := p.wait(t); status != exitFailed || !strings.Contains(p.err.String(), syscall.ENAMETOOLONG.Error()) {
		t.Errorf("a path of %d bytes: exit status %d\n%s", len(deep), status, p.err.String())
	}
}

// TestFaultNoNetwork: a run asks for nothing outside.
func TestFaultNoNetwork(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "-n", "true").Run(); err != nil {
		t.Skipf("this user cannot have a network of its own: %v", err)
	}
	args := []string{"-only", "method.tfidf"}
	want := newSiteOf(t, "every").complete(args...)
	s := newSiteOf(t, "every")
	alone := exec.Command("unshare", append([]string{"-n", "runexp", "-progress", "none", "every.hcl"}, args...)...)
	alone.Dir = s.dir
	if out, err := alone.CombinedOutput(); err != nil {
		t.Fatalf("without a network: %v\n%s", err, out)
	}
	if got := s.digest(); got != want {
		t.Errorf("without a network the digest is %s, with one %s", got, want)
	}
}
