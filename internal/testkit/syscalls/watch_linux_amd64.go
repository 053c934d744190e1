package syscalls

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// question and answer are the kernel's seccomp_notif and seccomp_notif_resp.
type question struct {
	id    uint64
	pid   uint32
	flags uint32
	call  int32
	arch  uint32
	at    uint64
	args  [6]uint64
}

type answer struct {
	id    uint64
	value int64
	err   int32
	flags uint32
}

// Start starts a command whose program calls Join, and has judge decide over
// its calls, one at a time, until it ends.
func Start(c *exec.Cmd, judge Judge) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "socket"), os.NewFile(uintptr(pair[1]), "socket")
	defer ours.Close()
	c.ExtraFiles = append(c.ExtraFiles, theirs)
	c.Env = append(c.Environ(), fmt.Sprintf("%s=%d", variable, 2+len(c.ExtraFiles)))
	err = c.Start()
	theirs.Close()
	if err != nil {
		return err
	}
	listener, err := receive(int(ours.Fd()))
	if err != nil {
		c.Process.Kill()
		c.Wait()
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	go serve(listener, c.Process, judge)
	return nil
}

// receive returns the file descriptor that Join sends.
func receive(socket int) (int, error) {
	rights := make([]byte, unix.CmsgSpace(4))
	n, m, _, _, err := unix.Recvmsg(socket, make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil || n == 0 {
		return 0, errors.Join(err, errors.New("the process has sent no listener"))
	}
	messages, err := unix.ParseSocketControlMessage(rights[:m])
	if err != nil || len(messages) != 1 {
		return 0, fmt.Errorf("%d messages, %w", len(messages), err)
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, err
	}
	return descriptors[0], nil
}

// serve answers until the process is gone.
func serve(listener int, p *os.Process, judge Judge) {
	defer unix.Close(listener)
	for {
		ready := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, -1); err != nil && err != unix.EINTR {
			return
		}
		if ready[0].Revents&unix.POLLIN == 0 {
			if ready[0].Revents != 0 {
				return
			}
			continue
		}
		var q question
		if control(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&q)) != 0 {
			continue // a signal, or the process was killed meanwhile
		}
		a := answer{id: q.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if call, ok := q.describe(); ok {
			switch verdict := judge(call); verdict {
			case 0:
			case Kill:
				p.Kill()
				continue
			default:
				a.err, a.flags = -int32(verdict), 0
			}
		}
		control(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&a))
	}
}

func control(listener int, request uint, arg unsafe.Pointer) syscall.Errno {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), uintptr(request), uintptr(arg))
	return errno
}

// describe says what a call is about, and whether a judge is asked: not about
// pipes, and not about what the system itself keeps.
func (q *question) describe() (Call, bool) {
	c := Call{Name: watched[q.call]}
	switch q.call {
	case unix.SYS_OPENAT:
		c.File = q.text(q.args[1])
		if q.args[2]&(unix.O_WRONLY|unix.O_RDWR|unix.O_CREAT) == 0 {
			c.Name = Reading
		}
		return c, c.File != os.DevNull && !system.MatchString(c.File)
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT:
		c.File = q.text(q.args[3])
		return c, true
	case unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_FCHMODAT, unix.SYS_UTIMENSAT:
		c.File = q.text(q.args[1])
		return c, true
	case unix.SYS_RENAME:
		c.File = q.text(q.args[1])
		return c, true
	case unix.SYS_UNLINK, unix.SYS_MKDIR:
		c.File = q.text(q.args[0])
		return c, true
	case unix.SYS_FCNTL:
		switch q.args[1] {
		case unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_SETLK, unix.F_OFD_SETLKW:
		default:
			return c, false
		}
	}
	file, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", q.pid, int32(q.args[0])))
	c.File = file
	return c, err == nil && strings.HasPrefix(file, "/") && file != os.DevNull // a pipe is "pipe:[7]"
}

var system = regexp.MustCompile(`^/(proc|sys|etc|usr|lib)`)

// text reads a string of the process, as far as its page goes.
func (q *question) text(address uint64) string {
	page := make([]byte, 4096-address%4096)
	local := []unix.Iovec{{Base: &page[0], Len: uint64(len(page))}}
	n, err := unix.ProcessVMReadv(int(q.pid), local, []unix.RemoteIovec{{Base: uintptr(address), Len: len(page)}}, 0)
	if err != nil {
		return "?"
	}
	text, _, _ := bytes.Cut(page[:n], []byte{0})
	return string(text)
}
