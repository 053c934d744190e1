package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// maxFileBytes is the size above which an experiment file is refused.
const maxFileBytes = 1 << 20

// readFile returns the normalised text of a regular file. Devices, pipes and
// folders are refused without waiting on them.
func readFile(name string) ([]byte, *hcl.Diagnostic) {
	refuse := func(err error) ([]byte, *hcl.Diagnostic) {
		return nil, errorAt(hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "Cannot read the experiment file", "%s.", capitalise(err.Error()))
	}
	// O_NONBLOCK keeps the opening of a pipe without a writer from waiting.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return refuse(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return refuse(err)
	case info.IsDir():
		return refuse(errors.New("it is a folder; name the .hcl files in it"))
	case !info.Mode().IsRegular():
		return refuse(errors.New("it is not a regular file"))
	}
	src, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return refuse(err)
	}
	return normalise(name, src)
}

// normalise checks that src is plain text, and returns it without a byte order
// mark and with CRLF as LF, so that a heredoc has the same value on every system.
func normalise(name string, src []byte) ([]byte, *hcl.Diagnostic) {
	start := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if len(src) > maxFileBytes {
		return nil, errorAt(start, "Experiment file too large", "An experiment file may have at most %d bytes (1 MiB).", maxFileBytes)
	}
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		return nil, errorAt(start, "Not UTF-8", "The file is in UTF-16; save it as UTF-8.")
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))

	pos := hcl.InitialPos
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if summary, detail := refusedRune(r, size); summary != "" {
			end := pos
			end.Column++
			end.Byte += size
			if r == utf8.RuneError && size == 1 {
				detail = fmt.Sprintf(detail, src[i])
			}
			return src, errorAt(hcl.Range{Filename: name, Start: pos, End: end}, summary, detail)
		}
		i += size
		pos.Byte += size
		if r == '\n' {
			pos.Line++
			pos.Column = 1
		} else {
			pos.Column++
		}
	}
	return src, nil
}

// refusedRune returns what is wrong with a character of an experiment file:
// bytes that are no UTF-8, control characters, and marks that change the
// direction of text so that it reads differently from what it is.
func refusedRune(r rune, size int) (summary, detail string) {
	switch {
	case r == utf8.RuneError && size == 1:
		return "Not UTF-8", "The byte 0x%02x is not valid UTF-8; save the file as UTF-8."
	case r == '\r':
		return "Lone carriage return", "Lines end with LF or CRLF; here a CR stands alone."
	case r == '\n' || r == '\t':
		return "", ""
	case unicode.IsControl(r):
		return "Control character", fmt.Sprintf("The character U+%04X does not belong into an experiment file.", r)
	case unicode.Is(unicode.Bidi_Control, r):
		return "Bidirectional control character", fmt.Sprintf("The invisible character U+%04X changes the direction of the text around it, so that it reads differently from what it says; remove it.", r)
	case r == '\ufeff':
		return "Control character", "A byte order mark (U+FEFF) may stand only at the start of the file."
	}
	return "", ""
}
