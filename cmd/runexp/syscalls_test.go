package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"runexp/internal/testkit/syscalls"
)

// faults are what a system call may answer, the calls that may answer so, and
// the statuses that the program may then end with. What it can do without
// succeeds.
var faults = []struct {
	name     string
	errno    syscall.Errno
	calls    string
	statuses []int
}{
	{"kill", syscalls.Kill, "openat write pwrite64 fsync fdatasync ftruncate rename renameat linkat unlink unlinkat mkdir mkdirat fchmod fchmodat utimensat flock fcntl", []int{-1}},
	{"EIO", syscall.EIO, "openat write pwrite64 fsync fdatasync ftruncate rename renameat linkat unlink unlinkat mkdir mkdirat fchmod fchmodat utimensat flock", []int{exitIntegrity}},
	{"ENOSPC", syscall.ENOSPC, "openat write pwrite64 fsync fdatasync ftruncate rename renameat linkat mkdir mkdirat", []int{exitResources}},
	{"EDQUOT", syscall.EDQUOT, "openat write pwrite64 fsync fdatasync rename renameat linkat mkdir mkdirat", []int{exitResources}},
	{"EFBIG", syscall.EFBIG, "write pwrite64 ftruncate", []int{exitResources}},
	{"EMFILE", syscall.EMFILE, "openat", []int{exitResources}},
	{"EROFS", syscall.EROFS, "openat rename renameat linkat unlink unlinkat mkdir mkdirat fchmod fchmodat utimensat", []int{exitResources}},
	{"ESTALE", syscall.ESTALE, "openat write fsync rename renameat linkat unlink unlinkat mkdir mkdirat fchmod fchmodat utimensat", []int{exitFailed, exitIntegrity}},
	{"ENOLCK", syscall.ENOLCK, "flock fcntl", []int{exitFailed, exitBusy}},
	{"EIO of a lock", syscall.EIO, "fcntl", []int{exitFailed, exitIntegrity, exitBusy}}, // SQLite says "locking protocol" or the error
}

// TestFaultEverySyscall fails every call by which a run changes a file, one at
// a time, and ends the process before each. The run ends with a status of its
// own and a sentence, or does without. Run again, it gives the digest of an
// undisturbed run, and the cache is whole. RUNEXP_LONG=1 takes every call, else
// one of many.
func TestFaultEverySyscall(t *testing.T) {
	t.Parallel()
	args := []string{"-only", "method.fine_tuning"}
	want := newSiteOf(t, "every").complete(args...)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSiteOf(t, "every")
			stride := 150
			if long() {
				stride = 1
			}
			hit, ended := map[string]int{}, 0
			for k := 1; ; k += stride {
				s.clear()
				call, status, text := s.disturbed(k, f.errno, strings.Fields(f.calls), args)
				if call.Name == "" {
					break // there is no k-th call
				}
				hit[call.Name]++
				if status != 0 {
					ended++
					// SQLite then tries to open for reading, which hides the cause: the database is gone, or read-only.
					hidden := call.Name == "openat" && strings.Contains(call.File, "runexp.db") && (status == exitFailed || status == exitResources)
					if !slices.Contains(f.statuses, status) && !hidden {
						t.Errorf("%s at call %d, %v: exit status %d, want one of %v\n%s", f.name, k, call, status, f.statuses, text)
					}
					if f.errno != syscalls.Kill && !strings.Contains(text, "runexp: ") || strings.Contains(text, "goroutine ") {
						t.Errorf("%s at call %d, %v: exit status %d, and no sentence about it\n%s", f.name, k, call, status, text)
					}
				}
				s.mustRecover(want, fmt.Sprintf("%s at call %d, %v", f.name, k, call), args)
			}
			t.Logf("%s: %d calls, %d ended the run; %s", f.name, total(hit), ended, counted(hit))
		})
	}
}

// TestFaultEveryRead fails, one at a time, every opening of a file for reading
// while everything is cached. What cannot be read may be computed again, or end
// the run with a sentence; the digest stays. RUNEXP_LONG=1 takes every file.
func TestFaultEveryRead(t *testing.T) {
	t.Parallel()
	args := []string{"-only", "method.fine_tuning"}
	s := newSiteOf(t, "every")
	want := s.complete(args...)
	stride := 20
	if long() {
		stride = 1
	}
	for _, errno := range []syscall.Errno{syscall.EIO, syscall.ESTALE, syscall.EMFILE} {
		tried, ended := 0, 0
		for k := 1; ; k += stride {
			call, status, text := s.disturbed(k, errno, []string{syscalls.Reading}, args)
			if call.Name == "" {
				break
			}
			tried++
			if status != 0 {
				ended++
			}
			if status < 0 || status != 0 && !strings.Contains(text, "every.hcl") && !strings.Contains(text, "runexp: ") || strings.Contains(text, "goroutine ") {
				t.Errorf("%v at %v: exit status %d, and no sentence about it\n%s", errno, call, status, text)
			}
			s.mustRecover(want, fmt.Sprintf("%v at %v", errno, call), args)
		}
		t.Logf("%v: %d files, %d ended the run", errno, tried, ended)
	}
}

// TestFaultCheckpoint fails each call by which the second checkpoint of a
// training is written, and kills the process there: the first one is whole, and
// what goes on from it gives the digest of an undisturbed run. RUNEXP_LONG=1
// takes every call.
func TestFaultCheckpoint(t *testing.T) {
	t.Parallel()
	args := []string{"-var", "steps=1200", "-only", "method.full", "-seeds", "1"}
	want, _ := undisturbed(t, args...)
	stride := 5
	if long() {
		stride = 1
	}
	for _, f := range faults[:2] { // kill, EIO
		hit, ended := map[string]int{}, 0
		for k := 1; ; k += stride {
			s := newSite(t)
			s.interrupted(0, 0, args)
			call, status, text := s.interrupted(k, f.errno, args)
			if call.Name == "" {
				break // there is no k-th call
			}
			hit[call.Name]++
			switch status {
			case f.statuses[0]:
				ended++
			case exitInterrupted: // it did without
			default:
				t.Errorf("%s at %v: exit status %d, want %d\n%s", f.name, call, status, f.statuses[0], text)
			}
			s.mustRecover(want, fmt.Sprintf("%s at %v", f.name, call), args)
		}
		if ended < 2 {
			t.Errorf("%s was tried at %s, and noticed %d times", f.name, counted(hit), ended)
		}
		t.Logf("%s: %d calls of a checkpoint, %d ended the run; %s", f.name, total(hit), ended, counted(hit))
	}
}

// interrupted interrupts the experiment when it trains; the k-th call that
// writes the checkpoint fails.
func (s *site) interrupted(k int, errno syscall.Errno, args []string) (hit syscalls.Call, status int, text string) {
	s.t.Helper()
	judge := func(c syscalls.Call) syscall.Errno {
		if !strings.Contains(c.File, "checkpoint-") {
			return 0
		}
		if k--; k != 0 {
			return 0
		}
		hit = c
		return errno
	}
	p := s.watch(judge, append([]string{"-progress", "plain", s.name + ".hcl"}, args...))
	if !p.waitFor(s.t, `msg=start node="pretrain base"`) {
		s.t.Fatalf("ended too early:\n%s", p.err.String())
	}
	p.Process.Signal(syscall.SIGINT)
	if status, _ = p.wait(s.t); status == 0 {
		s.t.Fatalf("ended before it was interrupted:\n%s", p.err.String())
	}
	return hit, status, p.err.String()
}

// disturbed runs the experiment; the k-th of the named calls fails. It returns
// that call, how the run ended, and what it said.
func (s *site) disturbed(k int, errno syscall.Errno, names, args []string) (hit syscalls.Call, status int, text string) {
	s.t.Helper()
	judge := func(c syscalls.Call) syscall.Errno {
		if !slices.Contains(names, c.Name) {
			return 0
		}
		if k--; k != 0 {
			return 0
		}
		hit = c
		return errno
	}
	p := s.watch(judge, append([]string{"-progress", "none", s.name + ".hcl"}, args...))
	status, _ = p.wait(s.t)
	return hit, status, p.err.String()
}

// watch starts the program under the eyes of a judge.
func (s *site) watch(judge syscalls.Judge, args []string) *process {
	s.t.Helper()
	p := s.command(nil, args...)
	if err := syscalls.Start(p.Cmd, judge); errors.Is(err, syscalls.ErrUnsupported) {
		s.t.Skip(err)
	} else if err != nil {
		s.t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

// mustRecover runs the experiment to its end, compares the digest and looks
// over the cache.
func (s *site) mustRecover(want, after string, args []string) {
	s.t.Helper()
	p := s.start(nil, append([]string{"-progress", "none", s.name + ".hcl"}, args...)...)
	if status, by := p.wait(s.t); status != 0 {
		s.t.Errorf("after %s: exit status %d, signal %v\n%s", after, status, by, p.err.String())
		return
	}
	if got := s.digest(); got != want {
		s.t.Errorf("after %s the digest is %s; undisturbed it is %s", after, got, want)
	}
	s.run("cache", "verify")
}

func total(counts map[string]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}

// counted writes counts by name.
func counted(counts map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(list, ", ")
}
