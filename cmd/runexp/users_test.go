package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFaultUmask: files that only their owner may read are as good as others.
func TestFaultUmask(t *testing.T) {
	t.Parallel()
	args := []string{"-only", "method.tfidf"}
	want := newSiteOf(t, "every").complete(args...)
	s := newSiteOf(t, "every")
	for _, ran := range []bool{true, false} {
		cmd := exec.Command("sh", append([]string{"-c", `umask 077; exec runexp -progress none every.hcl "$@"`, "sh"}, args...)...)
		cmd.Dir = s.dir
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "nodes: 0 ran") == ran {
			t.Fatalf("under umask 077: %v\n%s", err, out)
		}
	}
	if got := s.digest(); got != want {
		t.Errorf("under umask 077 the digest is %s, else %s", got, want)
	}
	for _, folder := range []string{".runexp", "results"} {
		s.eachFile(folder, func(path string, info fs.FileInfo) {
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v under umask 077", path, info.Mode())
			}
		})
	}
}

func (s *site) eachFile(folder string, do func(path string, info fs.FileInfo)) {
	s.t.Helper()
	n := 0
	if err := filepath.WalkDir(filepath.Join(s.dir, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		n++
		do(path, info)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	if n < 2 {
		s.t.Errorf("%s holds nothing", folder)
	}
}

// TestFaultUsers: two users of one group share a cache in a folder of the group;
// what the one has computed the other takes. Who may not read it is told so.
func TestFaultUsers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be several users")
	}
	const group, anna, bert, carl = 61000, 61001, 61002, 61003
	s := newSiteOf(t, "every")
	program := s.programForAll()
	shared := filepath.Join(s.dir, "shared")
	for _, err := range []error{os.Mkdir(shared, 0o777), os.Chown(shared, anna, group), os.Chmod(shared, 0o770|fs.ModeSetgid)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	as := func(user, group uint32, args ...string) (string, int) {
		home := t.TempDir()
		if err := os.Chown(home, int(user), -1); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", append([]string{"-c", `umask 002; exec "$@"`, "sh", program}, args...)...)
		cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "HOME="+home)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user, Groups: []uint32{group}}}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	run := func(user uint32) []string {
		results := filepath.Join(shared, fmt.Sprint("results", user))
		return []string{"-progress", "none", "-only", "method.tfidf", "-cache", filepath.Join(shared, "cache"), "-results", results, "every.hcl"}
	}
	if out, status := as(anna, group, run(anna)...); status != 0 || strings.Contains(out, "nodes: 0 ran") {
		t.Fatalf("the first user: status %d\n%s", status, out)
	}
	s.eachFile("shared/cache", func(path string, info fs.FileInfo) {
		if owner := info.Sys().(*syscall.Stat_t); owner.Gid != group {
			t.Errorf("%s belongs to the group %d, its folder to %d", path, owner.Gid, group)
		}
	})
	if out, status := as(bert, group, run(bert)...); status != 0 || !strings.Contains(out, "nodes: 0 ran") {
		t.Errorf("the second user: status %d\n%s", status, out)
	}
	if out, status := as(bert, group, "cache", "verify", "-cache", filepath.Join(shared, "cache")); status != 0 {
		t.Errorf("the second user verifies: status %d\n%s", status, out)
	}
	out, status := as(carl, carl, run(carl)...)
	if status == 0 || !strings.Contains(out, "shared") || !strings.Contains(out, "permission denied") || strings.Contains(out, "goroutine") {
		t.Errorf("a user who may not read it: status %d\n%s", status, out)
	}
}

// programForAll is the program where every user may run it.
func (s *site) programForAll() string {
	s.t.Helper()
	path, err := exec.LookPath("runexp")
	if err != nil {
		s.t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	copied := filepath.Join(s.dir, "runexp")
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(s.dir), 0o755); err != nil { // TempDir's own
		s.t.Fatal(err)
	}
	return copied
}
