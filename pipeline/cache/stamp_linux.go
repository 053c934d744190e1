package cache

import (
	"io/fs"
	"syscall"
)

// stamp tells whether a file was touched: its time of change (ctime) moves with
// every write, chmod and rename, and no call can set it back.
type stamp struct {
	device, inode uint64
	size, changed int64
}

func stampOf(info fs.FileInfo) (stamp, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stamp{}, false
	}
	return stamp{uint64(st.Dev), st.Ino, st.Size, st.Ctim.Nano()}, true
}
