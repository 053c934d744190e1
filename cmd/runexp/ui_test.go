package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shown reads the address that runexp ui prints.
func (p *process) shown(t *testing.T) string {
	t.Helper()
	for range 600 {
		if m := regexp.MustCompile(`(http://\S+) shows`).FindStringSubmatch(p.out.String()); m != nil {
			return m[1]
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no address was printed: %s%s", p.out.String(), p.err.String())
	return ""
}

func fetch(t *testing.T, page string) (int, string) {
	t.Helper()
	answer, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestPageUntilInterrupted serves a folder without results on this machine, and
// ends well at Ctrl-C and at SIGTERM.
func TestPageUntilInterrupted(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		p := newSite(t).start(nil, "ui", "-results", "nothing")
		page := p.shown(t)
		if !strings.HasPrefix(page, "http://127.0.0.1:") {
			t.Errorf("it serves on %s", page)
		}
		if status, text := fetch(t, page); status != http.StatusNotFound || !strings.Contains(text, "nothing") {
			t.Errorf("without results: status %d\n%s", status, text)
		}
		if err := p.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if status, by := p.wait(t); status != exitOK {
			t.Errorf("%v: status %d (%v), %s", signal, status, by, p.err.String())
		}
	}
}

// TestPageForTheNetwork needs a token, which the address that is printed holds.
func TestPageForTheNetwork(t *testing.T) {
	for _, args := range [][]string{{"ui", "-addr", "0.0.0.0:0"}, {"ui", "-addr", ":0"}, {"ui", "-addr", "[::]:0"}, {"ui", "-addr", "nonsense"}, {"ui", "-open", "-token"}, {"ui", "x"}} {
		p := newSite(t).start(nil, args...)
		if status, _ := p.wait(t); status != exitUsage {
			t.Errorf("%v: status %d, want %d\n%s", args, status, exitUsage, p.err.String())
		}
	}
	p := newSite(t).start(nil, "ui", "-addr", "127.0.0.1:0", "-token")
	page := p.shown(t)
	bare, token, ok := strings.Cut(page, "?token=")
	if !ok || len(token) < 20 {
		t.Errorf("the address %s holds no token", page)
	}
	if status, _ := fetch(t, bare); status != http.StatusUnauthorized {
		t.Errorf("without the token: status %d", status)
	}
	p.Process.Signal(syscall.SIGINT)
	if status, _ := p.wait(t); status != exitOK {
		t.Errorf("status %d, %s", status, p.err.String())
	}
}
