package cache

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// SumFile returns the size of a regular file and the hash of its content. What
// is no regular file is not opened: a pipe would wait for a writer.
func SumFile(path string) (size int64, sum ID, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, sum, err
	}
	if !info.Mode().IsRegular() {
		return 0, sum, fmt.Errorf("read %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, sum, err
	}
	defer f.Close()
	return SumReader(f)
}

// SumReader is SumFile of what is left of a reader.
func SumReader(r io.Reader) (size int64, sum ID, err error) {
	h := sha256.New()
	size, err = io.Copy(h, r)
	return size, ID(h.Sum(nil)), err
}
