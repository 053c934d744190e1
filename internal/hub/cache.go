package hub

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The cache of Hugging Face's tools has for each repository a folder with
// refs/<revision> (a text: the commit), blobs/<checksum>, and
// snapshots/<commit>/<file>, links to the blobs. It is only ever read.

// openCached opens a repository's folder in a cache, confined to it; nil when there is none.
func openCached(dir string, ref Ref) (*os.Root, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(filepath.Join(dir, ref.folder()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return root, err
}

// fromCache copies a file that another tool has downloaded, if its content is the wanted one.
func (c *Client) fromCache(s *store, f File) (sum string, found bool, err error) {
	cached, err := openCached(c.cacheDir, s.ref)
	if err != nil || cached == nil {
		return "", false, err
	}
	defer cached.Close()
	in, err := cached.Open(path.Join("snapshots", s.commit, f.Name))
	if err != nil {
		return "", false, nil // not there, or a link to nowhere: as good as not cached
	}
	defer in.Close()
	if st, err := in.Stat(); err != nil || !st.Mode().IsRegular() || st.Size() != f.Size {
		return "", false, err
	}
	out, _, err := s.openPartial(f)
	if err != nil {
		return "", false, err
	}
	defer out.Close()
	if err := out.Truncate(0); err != nil {
		return "", false, err
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return "", false, err
	}
	if _, err := io.Copy(out, in); err != nil {
		return "", false, err
	}
	if err := out.Sync(); err != nil {
		return "", false, err
	}
	sum, err = s.place(f)
	if errors.Is(err, errChecksum) {
		// Damaged in the cache: the hub has a good one.
		return "", false, out.Truncate(0)
	}
	return sum, err == nil, err
}

// listCached lists what the cache, or our own store, holds of a commit; an
// empty commit is looked up by the revision's name.
func (c *Client) listCached(ref Ref, commit string) (string, []File, error) {
	for _, dir := range []string{c.cacheDir, c.dir} {
		root, err := openCached(dir, ref)
		if err != nil {
			return "", nil, err
		}
		if root == nil {
			continue
		}
		defer root.Close()
		at := commit
		if at == "" {
			text, err := root.ReadFile(path.Join("refs", ref.Revision))
			if err != nil {
				continue
			}
			at = strings.TrimSpace(string(text))
		}
		if !commitPattern.MatchString(at) {
			continue
		}
		files, err := listSnapshot(root, at)
		if err != nil {
			return "", nil, err
		}
		if len(files) > 0 {
			return at, files, nil
		}
	}
	return "", nil, fmt.Errorf("not in the cache, and %w", ErrOffline)
}

// listSnapshot walks over the files of a snapshot. The name of a blob is its
// checksum: SHA-256 for large files and git's SHA-1 for the others.
func listSnapshot(root *os.Root, commit string) ([]File, error) {
	var files []File
	top := path.Join("snapshots", commit)
	err := fs.WalkDir(root.FS(), top, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == top {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() {
			return err
		}
		st, err := root.Stat(name)
		if err != nil || !st.Mode().IsRegular() {
			return nil // a link to a blob that is gone
		}
		f := File{Name: strings.TrimPrefix(name, top+"/"), Size: st.Size()}
		if checkName(f.Name) != nil {
			return nil
		}
		if target, err := root.Readlink(name); err == nil {
			switch blob := filepath.Base(target); {
			case sha256Pattern.MatchString(blob):
				f.SHA256 = blob
			case commitPattern.MatchString(blob):
				f.gitSHA1 = blob
			}
		}
		files = append(files, f)
		return nil
	})
	return files, err
}
