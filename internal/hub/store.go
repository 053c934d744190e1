package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"
)

// store is one commit's place in the client's folder, laid out as
// models--org--name/snapshots/<commit>/<file>. Names come from the network, so
// everything goes through an os.Root, which nothing can leave.
type store struct {
	root   *os.Root
	ref    Ref
	commit string
}

// folder is where the commit's files are, as a path of the operating system.
func (s *store) folder(dir string) string {
	return filepath.Join(dir, s.ref.folder(), "snapshots", s.commit)
}

func (s *store) file(f File) string {
	return path.Join(s.ref.folder(), "snapshots", s.commit, f.Name)
}

// partial is where a file grows until it is whole. The name is hashed because it may hold slashes.
func (s *store) partial(f File) string {
	sum := sha256.Sum256([]byte(f.Name))
	return path.Join(s.ref.folder(), "partial", s.commit+"-"+hex.EncodeToString(sum[:8]))
}

// openPartial opens the growing file and tells how long it is.
func (s *store) openPartial(f File) (*os.File, int64, error) {
	name := s.partial(f)
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return nil, 0, err
	}
	out, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, 0, err
	}
	n, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		out.Close()
		return nil, 0, err
	}
	return out, n, nil
}

// place checks the whole partial file and moves it to its name.
func (s *store) place(f File) (sum string, err error) {
	if sum, err = s.checkAt(s.partial(f), f); err != nil {
		return "", err
	}
	name := s.file(f)
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return "", err
	}
	if err := s.root.Rename(s.partial(f), name); err != nil {
		return "", err
	}
	d, err := s.root.Open(path.Dir(name))
	if err != nil {
		return "", err
	}
	defer d.Close()
	return sum, d.Sync()
}

// check compares a stored file with what is known about it; the error of a
// file that is not there satisfies os.ErrNotExist.
func (s *store) check(f File) (sum string, err error) { return s.checkAt(s.file(f), f) }

func (s *store) checkAt(name string, f File) (string, error) {
	in, err := s.root.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	return verify(in, f)
}

func (s *store) remove(f File) error { return s.root.Remove(s.file(f)) }

// errChecksum is the cause of errors about contents that are not the expected ones.
var errChecksum = errors.New("wrong checksum")

// verify hashes a file and compares its size and the checksum that is known:
// SHA-256, or the one git gives to a file. It returns the SHA-256.
func verify(in *os.File, f File) (string, error) {
	st, err := in.Stat()
	if err != nil {
		return "", err
	}
	if st.Size() != f.Size {
		return "", fmt.Errorf("%w: %d bytes, want %d", errChecksum, st.Size(), f.Size)
	}
	long, git := sha256.New(), sha1.New()
	fmt.Fprintf(git, "blob %d\x00", f.Size)
	into := io.Writer(long)
	if f.SHA256 == "" {
		into = io.MultiWriter(long, git)
	}
	if _, err := io.Copy(into, in); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(long.Sum(nil))
	if f.SHA256 != "" && sum != f.SHA256 {
		return "", fmt.Errorf("%w: SHA-256 %s, want %s", errChecksum, sum, f.SHA256)
	}
	if got := hex.EncodeToString(git.Sum(nil)); f.SHA256 == "" && f.gitSHA1 != "" && got != f.gitSHA1 {
		return "", fmt.Errorf("%w: git's SHA-1 %s, want %s", errChecksum, got, f.gitSHA1)
	}
	return sum, nil
}

// hold keeps other processes from writing the same repository's files. The
// lock goes with the process, so a crash leaves none behind.
func (c *Client) hold(ctx context.Context, s *store) (release func(), err error) {
	if err := s.root.MkdirAll(s.ref.folder(), 0o755); err != nil {
		return nil, err
	}
	f, err := s.root.OpenFile(path.Join(s.ref.folder(), "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", s.ref.folder(), err)
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			f.Close()
			return nil, fmt.Errorf("wait for another process that fetches the same: %w", err)
		}
	}
}
