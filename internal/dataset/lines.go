package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// lineReader reads lines of text with their numbers. A line ends at LF or CRLF;
// nothing else ends one, whatever Unicode says. The order mark at the beginning
// is skipped.
type lineReader struct {
	in     *bufio.Reader
	path   string
	number int // of the line last read
	limit  int
	latin1 bool
	buffer []byte
}

func newLineReader(in io.Reader, path string, f *Files) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, 1<<16), path: path, limit: f.MaxLine, latin1: f.Encoding == "latin-1"}
}

// next returns a line without its end, and its end: "\n", "\r\n" or "" at the end
// of the file. The line is valid until the next call. After the last: io.EOF.
func (r *lineReader) next() (line []byte, end string, err error) {
	r.buffer = r.buffer[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.buffer = append(r.buffer, part...)
		if len(r.buffer) > r.limit+2 {
			return nil, "", mistake(Position{r.path, r.number + 1, 0},
				"the line is longer than %d bytes; max_line_bytes sets the limit", r.limit)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == io.EOF && len(r.buffer) == 0 {
			return nil, "", io.EOF
		}
		if err != nil && err != io.EOF {
			return nil, "", mistake(Position{r.path, r.number + 1, 0}, "reading: %v", err)
		}
		break
	}
	r.number++
	line, end = cutEnd(r.buffer)
	if r.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	if r.latin1 {
		line = fromLatin1(line)
	}
	if err := r.check(line); err != nil {
		return nil, "", err
	}
	return line, end, nil
}

func cutEnd(line []byte) ([]byte, string) {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return line[:len(line)-2], "\r\n"
	case bytes.HasSuffix(line, []byte("\n")):
		return line[:len(line)-1], "\n"
	}
	return line, ""
}

// check refuses what is no text.
func (r *lineReader) check(line []byte) error {
	if i := bytes.IndexByte(line, 0); i >= 0 {
		return mistake(Position{r.path, r.number, column(line, i)}, "the character U+0000; is this a text file in UTF-8?")
	}
	if utf8.Valid(line) {
		return nil
	}
	for i := 0; i < len(line); {
		c, n := utf8.DecodeRune(line[i:])
		if c == utf8.RuneError && n == 1 {
			return mistake(Position{r.path, r.number, column(line, i)},
				`byte 0x%02x is no UTF-8; if the file is in latin-1, write encoding = "latin-1"`, line[i])
		}
		i += n
	}
	return nil
}

// column counts the characters before a byte, from 1.
func column(line []byte, at int) int { return utf8.RuneCount(line[:at]) + 1 }

// fromLatin1 gives the characters U+0000 to U+00FF that the bytes stand for.
func fromLatin1(line []byte) []byte {
	out := make([]byte, 0, len(line)+len(line)/8)
	for _, b := range line {
		out = utf8.AppendRune(out, rune(b))
	}
	return out
}
