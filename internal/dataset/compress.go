package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Limits on what a compressed file may unpack to: a small file that grows without
// end is an attack or a mistake.
const (
	maxUnpacked  = 16 << 30
	maxExpansion = 200
	freeUnpacked = 16 << 20 // allowed whatever the ratio
)

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// openStream opens a file and unpacks gzip and zstd. Which it is, the first bytes
// say; a name that ends in .gz or .zst over other content is an error.
func openStream(path string) (io.Reader, func() error, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	in := bufio.NewReaderSize(file, 1<<16)
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	limit := min(maxUnpacked, max(freeUnpacked, maxExpansion*info.Size()))
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, errors.Join(mistake(Position{File: path}, "%v", err), file.Close())
		}
		return &capped{in: unpacked, left: limit, limit: limit}, file.Close, nil
	case bytes.HasPrefix(head, zstdMagic):
		unpacked, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<28))
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
		}
		closeBoth := func() error {
			unpacked.Close()
			return file.Close()
		}
		return &capped{in: unpacked, left: limit, limit: limit}, closeBoth, nil
	case strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".zst"):
		return nil, nil, errors.Join(mistake(Position{File: path}, "the content is neither gzip nor zstd"), file.Close())
	}
	return in, file.Close, nil
}

// capped fails when more is unpacked than the limit.
type capped struct {
	in          io.Reader
	left, limit int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("the file unpacks to more than %d bytes, %d times its size", c.limit, maxExpansion)
	}
	return n, err
}
