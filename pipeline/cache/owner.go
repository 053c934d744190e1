package cache

import (
	"io/fs"
	"os"
	"slices"
)

// guard notes whether records of other users have to be refused: others may
// write to the folder, and nobody has said that it is shared (chmod g+s, the
// mark of Git's shared repositories). Objects need no guard, their names are
// their hashes; but who can write a record says what a recipe gives.
func (s *Store) guard(folder fs.FileInfo) {
	if folder.Mode().Perm()&0o022 == 0 || folder.Mode()&fs.ModeSetgid != 0 {
		return
	}
	if owner, ok := ownerOf(folder); ok {
		s.believed = []int{0, os.Geteuid(), owner}
	}
}

// trusted refuses a record that was written by another user than this one, root
// and the one to whom the folder belongs.
func (s *Store) trusted(name string) error {
	if s.believed == nil {
		return nil
	}
	info, err := s.fs.Stat(name)
	if err != nil {
		return err
	}
	if uid, ok := ownerOf(info); ok && !slices.Contains(s.believed, uid) {
		return miss("its record was written by user %d, and the cache is not marked as shared (chmod g+s %s)", uid, s.dir)
	}
	return nil
}
