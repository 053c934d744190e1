package cache

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// crashFS is a file system in memory that can lose power. What was not synced
// is then, at random, there, not there, or garbage: the content of a file by
// sectors, and the names in a folder one by one, so that even the two halves of
// a rename part ways. The method is that of SQLite's crash tests.
type crashFS struct {
	root   *inode
	random *rand.Rand
	sector int
	locks  map[string]bool
	ops    int // changes made so far
	limit  int // the change at which the power fails; 0: never
}

// powerCut is what a call panics with when the power fails.
type powerCut struct{}

// inode is a file or a folder, as it is and as the disk has it.
type inode struct {
	dir           bool
	data, onDisk  []byte
	names, listed map[string]*inode // of a folder: now, and on disk
	mode          fs.FileMode
	changed       time.Time
}

func newFolder() *inode {
	return &inode{dir: true, names: map[string]*inode{}, listed: map[string]*inode{}, mode: fs.ModeDir | 0o777}
}

func newCrashFS(random *rand.Rand) *crashFS {
	return &crashFS{root: newFolder(), random: random, sector: []int{512, 4096}[random.IntN(2)], locks: map[string]bool{}}
}

// change counts a change and fails the power when its turn has come.
func (c *crashFS) change() {
	if c.ops++; c.ops == c.limit {
		panic(powerCut{})
	}
}

// crash turns what is into what the disk has after the power failed.
func (c *crashFS) crash() {
	c.locks = map[string]bool{}
	done := map[*inode]bool{}
	var settle func(n *inode)
	settle = func(n *inode) {
		if done[n] {
			return
		}
		done[n] = true
		if !n.dir {
			n.data = c.torn(n.onDisk, n.data)
			n.onDisk = bytes.Clone(n.data)
			return
		}
		names := map[string]*inode{}
		for _, name := range slices.Sorted(maps.Keys(union(n.names, n.listed))) {
			kept := n.names[name]
			if kept != n.listed[name] && c.random.IntN(2) == 0 {
				kept = n.listed[name]
			}
			if kept != nil {
				names[name] = kept
			}
		}
		n.names, n.listed = names, maps.Clone(names)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			settle(names[name])
		}
	}
	settle(c.root)
	c.ops, c.limit = 0, 0
}

func union(a, b map[string]*inode) map[string]*inode {
	u := maps.Clone(a)
	maps.Copy(u, b)
	return u
}

// torn mixes old and new content sector by sector, with garbage in between.
func (c *crashFS) torn(old, data []byte) []byte {
	if bytes.Equal(old, data) {
		return data
	}
	size := [...]int{len(old), len(data), min(len(old), len(data)) + c.random.IntN(1+max(len(old), len(data))-min(len(old), len(data)))}[c.random.IntN(3)]
	mixed := make([]byte, size)
	for at := 0; at < size; at += c.sector {
		end := min(at+c.sector, size)
		switch c.random.IntN(4) {
		case 0:
			copy(mixed[at:end], old[min(at, len(old)):])
		case 1, 2:
			copy(mixed[at:end], data[min(at, len(data)):])
		case 3:
			for i := at; i < end; i++ {
				mixed[i] = byte(c.random.Uint32())
			}
		}
	}
	return mixed
}

// find returns the folder that holds a name, the last part of the name, and
// what it leads to, or nil.
func (c *crashFS) find(name string) (folder *inode, base string, n *inode, err error) {
	folder, n = c.root, c.root
	for rest := name; rest != "/"; {
		var part string
		part, rest = firstPart(rest)
		if n == nil {
			return nil, "", nil, &fs.PathError{Op: "find", Path: name, Err: syscall.ENOENT}
		}
		if !n.dir {
			return nil, "", nil, &fs.PathError{Op: "find", Path: name, Err: syscall.ENOTDIR}
		}
		folder, base, n = n, part, n.names[part]
	}
	return folder, base, n, nil
}

func firstPart(path string) (part, rest string) {
	path = path[1:]
	for i := range path {
		if path[i] == '/' {
			return path[:i], path[i:]
		}
	}
	return path, "/"
}

// existing is find for what has to be there.
func (c *crashFS) existing(op, name string) (*inode, error) {
	_, _, n, err := c.find(name)
	if err == nil && n == nil {
		err = &fs.PathError{Op: op, Path: name, Err: syscall.ENOENT}
	}
	return n, err
}

func (c *crashFS) Create(name string) (File, error) {
	folder, base, n, err := c.find(name)
	if err != nil {
		return nil, err
	}
	if n != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: syscall.EEXIST}
	}
	c.change()
	n = &inode{mode: 0o666, changed: time.Unix(int64(c.ops), 0)}
	folder.names[base] = n
	return &crashFile{fs: c, inode: n, name: base}, nil
}

func (c *crashFS) Open(name string) (File, error) {
	n, err := c.existing("open", name)
	if err != nil {
		return nil, err
	}
	return &crashFile{fs: c, inode: n, name: filepath.Base(name)}, nil
}

func (c *crashFS) Stat(name string) (fs.FileInfo, error) {
	n, err := c.existing("stat", name)
	if err != nil {
		return nil, err
	}
	return crashInfo{n, filepath.Base(name)}, nil
}

func (c *crashFS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := c.existing("list", name)
	if err != nil {
		return nil, err
	}
	var list []fs.DirEntry
	for _, base := range slices.Sorted(maps.Keys(n.names)) {
		list = append(list, fs.FileInfoToDirEntry(crashInfo{n.names[base], base}))
	}
	return list, nil
}

func (c *crashFS) Mkdir(name string) error {
	folder, base, n, err := c.find(name)
	if err != nil {
		return err
	}
	if n != nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: syscall.EEXIST}
	}
	c.change()
	folder.names[base] = newFolder()
	return nil
}

func (c *crashFS) Rename(from, to string) error {
	n, err := c.existing("rename", from)
	if err != nil {
		return err
	}
	fromFolder, fromBase, _, _ := c.find(from)
	toFolder, toBase, _, err := c.find(to)
	if err != nil {
		return err
	}
	c.change()
	delete(fromFolder.names, fromBase)
	toFolder.names[toBase] = n
	return nil
}

func (c *crashFS) Link(from, to string) error {
	n, err := c.existing("link", from)
	if err != nil {
		return err
	}
	folder, base, there, err := c.find(to)
	if err != nil {
		return err
	}
	if there != nil {
		return &fs.PathError{Op: "link", Path: to, Err: syscall.EEXIST}
	}
	c.change()
	folder.names[base] = n
	return nil
}

func (c *crashFS) Remove(name string) error {
	n, err := c.existing("remove", name)
	if err != nil {
		return err
	}
	if len(n.names) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
	}
	folder, base, _, _ := c.find(name)
	c.change()
	delete(folder.names, base)
	return nil
}

func (c *crashFS) Protect(name string) error {
	n, err := c.existing("chmod", name)
	if err == nil {
		n.mode &^= 0o222
	}
	return err
}

func (c *crashFS) Touch(name string, t time.Time) error {
	n, err := c.existing("touch", name)
	if err == nil {
		n.changed = t
	}
	return err
}

func (c *crashFS) Sync(name string) error {
	n, err := c.existing("sync", name)
	if err != nil {
		return err
	}
	return c.syncInode(n)
}

// syncInode fails the power before the sync takes effect, if it is its turn.
func (c *crashFS) syncInode(n *inode) error {
	c.change()
	n.onDisk = bytes.Clone(n.data)
	n.listed = maps.Clone(n.names)
	return nil
}

func (c *crashFS) Writable(string) bool { return true }

func (c *crashFS) TryLock(name, holder string) (Lock, string, error) {
	if c.locks[name] {
		return nil, "somebody", nil
	}
	c.locks[name] = true
	return crashLock{c, name}, "", nil
}

type crashLock struct {
	fs   *crashFS
	name string
}

func (l crashLock) Unlock() error { delete(l.fs.locks, l.name); return nil }
func (l crashLock) Remove() error { return l.Unlock() }

// crashFile is an open file.
type crashFile struct {
	fs    *crashFS
	inode *inode
	name  string
	at    int
}

func (f *crashFile) Read(p []byte) (int, error) {
	if f.at >= len(f.inode.data) {
		return 0, io.EOF
	}
	n := copy(p, f.inode.data[f.at:])
	f.at += n
	return n, nil
}

func (f *crashFile) Write(p []byte) (int, error) {
	f.fs.change()
	f.inode.data = append(f.inode.data, p...)
	return len(p), nil
}

func (f *crashFile) Sync() error                { return f.fs.syncInode(f.inode) }
func (f *crashFile) Close() error               { return nil }
func (f *crashFile) Stat() (fs.FileInfo, error) { return crashInfo{f.inode, f.name}, nil }

type crashInfo struct {
	n    *inode
	name string
}

func (i crashInfo) Name() string       { return i.name }
func (i crashInfo) Size() int64        { return int64(len(i.n.data)) }
func (i crashInfo) Mode() fs.FileMode  { return i.n.mode }
func (i crashInfo) ModTime() time.Time { return i.n.changed }
func (i crashInfo) IsDir() bool        { return i.n.dir }
func (i crashInfo) Sys() any           { return nil }
