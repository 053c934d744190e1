package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxFooterBytes = 64 << 20
	maxFooterDepth = 32 // the format itself needs about ten
)

// checkFooter looks at what the parquet library trusts: it allocates the length
// that the end of a file tells, and descends as deep as the footer is nested.
func checkFooter(file io.ReaderAt, size int64) error {
	var head, tail [8]byte
	if size < 12 {
		return fmt.Errorf("%d bytes are no parquet file", size)
	}
	if _, err := file.ReadAt(head[:4], 0); err != nil {
		return err
	}
	if _, err := file.ReadAt(tail[:], size-8); err != nil {
		return err
	}
	if string(head[:4]) != "PAR1" || string(tail[4:]) != "PAR1" {
		return errors.New("no parquet file: it does not begin and end with PAR1")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if length > min(size-12, maxFooterBytes) {
		return fmt.Errorf("the footer is said to have %d bytes, of at most %d", length, min(size-12, maxFooterBytes))
	}
	footer := make([]byte, length)
	if _, err := file.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	c := &compact{rest: footer}
	c.structure(0)
	if c.err != nil {
		return fmt.Errorf("damaged footer, at its byte %d: %w", length-int64(len(c.rest)), c.err)
	}
	return nil
}

// compact walks over a value in Thrift's compact protocol, the form of the footer.
type compact struct {
	rest []byte
	err  error
}

func (c *compact) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *compact) byte() byte {
	if len(c.rest) == 0 {
		c.fail("it ends within a value")
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

func (c *compact) skip(n uint64) {
	if n > uint64(len(c.rest)) {
		c.fail("%d bytes where %d are left", n, len(c.rest))
		return
	}
	c.rest = c.rest[n:]
}

func (c *compact) varint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.fail("a number that does not end")
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// structure skips fields up to the one that ends them.
func (c *compact) structure(depth int) {
	for c.err == nil {
		b := c.byte()
		if b == 0 {
			return
		}
		if b>>4 == 0 {
			c.varint() // the field's number in full
		}
		if kind := b & 15; kind > 2 { // the truth values are kinds of their own
			c.value(kind, depth)
		}
	}
}

func (c *compact) value(kind byte, depth int) {
	if depth > maxFooterDepth {
		c.fail("values nested deeper than %d", maxFooterDepth)
		return
	}
	switch kind {
	case 1, 2, 3: // in lists truth values take a byte
		c.byte()
	case 4, 5, 6:
		c.varint()
	case 7:
		c.skip(8)
	case 8:
		c.skip(c.varint())
	case 9, 10:
		b := c.byte()
		n := uint64(b >> 4)
		if n == 15 {
			n = c.varint()
		}
		c.values(n, depth, b&15)
	case 11:
		if n := c.varint(); n > 0 {
			b := c.byte()
			c.values(n, depth, b>>4, b&15)
		}
	case 12:
		c.structure(depth + 1)
	default:
		c.fail("a value of the unknown kind %d", kind)
	}
}

// values skips n elements, each of which takes a byte or more.
func (c *compact) values(n uint64, depth int, kinds ...byte) {
	if n > uint64(len(c.rest)) {
		c.fail("%d elements where %d bytes are left", n, len(c.rest))
	}
	for ; n > 0 && c.err == nil; n-- {
		for _, kind := range kinds {
			c.value(kind, depth+1)
		}
	}
}
