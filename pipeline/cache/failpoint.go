package cache

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// failpoints holds what RUNEXP_FAILPOINT asks for: "name:count" ends the
// process with SIGKILL when it passes the point of that name the count-th time.
var failpoints = sync.OnceValue(func() *failpoint {
	name, count, ok := strings.Cut(os.Getenv("RUNEXP_FAILPOINT"), ":")
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return nil
	}
	return &failpoint{name: name, left: n}
})

type failpoint struct {
	sync.Mutex
	name string
	left int
}

// Failpoint marks a place where a crash test may kill the process as kill -9
// would. Without RUNEXP_FAILPOINT in the environment it does nothing.
func Failpoint(name string) {
	p := failpoints()
	if p == nil || p.name != name {
		return
	}
	p.Lock()
	defer p.Unlock()
	if p.left--; p.left == 0 {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal may arrive a moment later; nothing more may happen
	}
}
