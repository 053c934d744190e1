package cache

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// stamp tells whether a file was touched: its time of change (ctime) moves with
// every write, chmod and rename, and no call can set it back.
type stamp struct {
	device, inode uint64
	size, changed int64
}

func stampOf(info fs.FileInfo) (stamp, bool) {
	switch st := info.Sys().(type) {
	case *syscall.Stat_t: // of the os package
		return stamp{uint64(st.Dev), st.Ino, st.Size, st.Ctim.Nano()}, true
	case *unix.Stat_t: // of a plainFile
		return stamp{uint64(st.Dev), st.Ino, st.Size, st.Ctim.Nano()}, true
	}
	return stamp{}, false
}

// ownerOf is the user to whom a file belongs.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}
