package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// programBytes is what the program takes on top of what its runs are predicted
// to need: garbage that is not yet collected, rows, stacks.
const programBytes = 64 << 20

// softLimit interrupts runs that take more memory than they may, before the
// system kills the process: training writes a checkpoint, and a later run with
// more memory goes on from there.
type softLimit struct {
	limit int64
	over  atomic.Int64 // what was in use when it was too much
	stop  context.CancelFunc
}

// watchMemory returns a context that ends when the process has grown by more
// than limit; a limit of 0 is none.
func watchMemory(ctx context.Context, limit int64) (context.Context, *softLimit) {
	l := &softLimit{limit: limit}
	ctx, l.stop = context.WithCancel(ctx)
	if before := anonymousMemory(); limit > 0 && before > 0 {
		go l.watch(ctx, before)
	}
	return ctx, l
}

func (l *softLimit) watch(ctx context.Context, before int64) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if used := anonymousMemory() - before; used > l.limit+programBytes {
			l.over.Store(used)
			l.stop()
			return
		}
	}
}

// anonymousMemory is what this process has of its own, outside of files that it
// maps: Go's heap, the arenas and what C allocated; 0 where the system does not
// say. Tests answer instead.
var anonymousMemory = func() int64 { return kilobytesOf("/proc/self/status", "RssAnon:") }

// kilobytesOf reads a line such as "RssAnon:  12 kB" and returns bytes; 0 if
// there is none.
func kilobytesOf(path, name string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kB int64
		if rest, ok := strings.CutPrefix(s.Text(), name); ok {
			if _, err := fmt.Sscan(rest, &kB); err == nil {
				return kB * 1024
			}
		}
	}
	return 0
}
