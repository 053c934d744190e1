package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A site is a folder with an experiment in it, where the program is started as
// a process of its own.
type site struct {
	t    *testing.T
	dir  string
	name string   // of the experiment; its file is name.hcl
	env  []string // of all processes
}

// newSite has the experiment tiny.
func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteOf(t, "tiny")
}

// newSiteOf has an experiment of testdata.
func newSiteOf(t *testing.T, name string) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), name: name}
	text, err := os.ReadFile(filepath.Join("testdata", name+".hcl"))
	if err != nil {
		t.Fatal(err)
	}
	s.write(name+".hcl", string(text))
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// clear removes the cache and the results.
func (s *site) clear() {
	s.t.Helper()
	for _, name := range []string{".runexp", "results"} {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// process is the program at work, and what it has said.
type process struct {
	*exec.Cmd
	out, err syncBuffer
	ended    chan error
}

// command prepares a process; env is added to the environment.
func (s *site) command(env []string, args ...string) *process {
	p := &process{Cmd: exec.Command("runexp", args...), ended: make(chan error, 1)}
	p.Dir, p.Env = s.dir, slices.Concat(os.Environ(), s.env, env)
	p.Stdout, p.Stderr = &p.out, &p.err
	return p
}

func (p *process) begin(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
}

func (s *site) start(env []string, args ...string) *process {
	s.t.Helper()
	p := s.command(env, args...)
	p.begin(s.t)
	return p
}

// wait returns the exit status, -1 for a process that a signal ended, and the
// signal.
func (p *process) wait(t *testing.T) (status int, by syscall.Signal) {
	t.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Minute):
		p.Process.Kill()
		t.Fatalf("runexp %v hangs:\n%s", p.Args, p.err.String())
	}
	ws := p.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return -1, ws.Signal()
	}
	return ws.ExitStatus(), 0
}

// waitFor waits until the process has written text to standard error; false
// says that it ended before.
func (p *process) waitFor(t *testing.T, text string) bool {
	t.Helper()
	for strings.Count(p.err.String(), text) == 0 {
		select {
		case err := <-p.ended:
			p.ended <- err
			return strings.Contains(p.err.String(), text)
		case <-time.After(time.Millisecond):
		}
	}
	return true
}

// run runs the program to its end, which must be good, and returns what it
// printed.
func (s *site) run(args ...string) string {
	s.t.Helper()
	p := s.start(nil, args...)
	if status, by := p.wait(s.t); status != 0 {
		s.t.Fatalf("runexp %v: exit status %d, signal %v\n%s", args, status, by, p.err.String())
	}
	return p.out.String()
}

// digest is the hash of all metric rows of the experiment.
func (s *site) digest() string {
	s.t.Helper()
	return strings.TrimSpace(s.run("results", "digest", s.name))
}

// complete runs the experiment to its end and returns the digest.
func (s *site) complete(args ...string) string {
	s.t.Helper()
	s.run(append([]string{"-progress", "none", s.name + ".hcl"}, args...)...)
	return s.digest()
}

// mustEqual runs the experiment to its end and compares the digest.
func (s *site) mustEqual(want, after string, args ...string) {
	s.t.Helper()
	if got := s.complete(args...); got != want {
		s.t.Fatalf("after %s the digest is %s; undisturbed it is %s", after, got, want)
	}
}

// undisturbed is the digest of a run of tiny that nothing disturbs, and how
// long it takes.
func undisturbed(t *testing.T, args ...string) (digest string, took time.Duration) {
	t.Helper()
	s := newSite(t)
	began := time.Now()
	digest = s.complete(args...)
	return digest, time.Since(began)
}

// nodes lists the nodes of log lines with a message: start or done.
func nodes(log, message string) []string {
	var list []string
	for line := range strings.SplitSeq(log, "\n") {
		if _, rest, ok := strings.Cut(line, " msg="+message+" node="); ok {
			if strings.HasPrefix(rest, `"`) {
				rest, _, _ = strings.Cut(rest[1:], `"`)
			} else {
				rest, _, _ = strings.Cut(rest, " ")
			}
			list = append(list, rest)
		}
	}
	return list
}

// syncBuffer may be read while a process writes it.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
