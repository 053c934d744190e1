// Package syscalls lets a test decide over every call by which a process
// changes a file: it may go on, fail with an error that the test chooses, or be
// the last thing that the process does.
//
// The process under test is a test binary that plays the program. It calls Join
// first, which installs a seccomp filter over all its threads and hands the
// filter's listener to the test. From then on the kernel asks the test about
// each call of the list (man seccomp_unotify). The calls are counted over the
// whole process, which strace cannot do.
package syscalls

import (
	"errors"
	"fmt"
	"syscall"
)

// variable names the file descriptor, in the process, by which Join sends the
// listener.
const variable = "RUNEXP_TEST_SYSCALLS"

// ErrUnsupported says that this machine cannot do it.
var ErrUnsupported = errors.New("system calls cannot be watched here")

// Call is a call that changes a file, a folder or a lock, or opens one.
type Call struct {
	Name string // such as "openat"
	File string // what it is about: an absolute path, or as the process wrote it
}

func (c Call) String() string { return fmt.Sprintf("%s %s", c.Name, c.File) }

// Reading is the name of an openat that can change nothing.
const Reading = "open for reading"

// A Judge says what becomes of a call: 0 lets it happen, an error number fails
// it in its place, and Kill ends the process before it.
type Judge func(Call) syscall.Errno

// Kill is no error: the process gets SIGKILL.
const Kill = syscall.Errno(1 << 20)
