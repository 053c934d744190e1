package config

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// maxFileBytes is the size above which an experiment file is refused.
const maxFileBytes = 1 << 20

// maxTextErrors bounds how many refused characters of one file are shown.
const maxTextErrors = 20

// readFile returns the bytes of a regular file. Devices, pipes and folders are
// refused without waiting on them.
func readFile(name string) ([]byte, *hcl.Diagnostic) {
	refuse := func(err error) ([]byte, *hcl.Diagnostic) {
		return nil, errorAt(startOf(name), "Cannot read the experiment file", "%s.", capitalise(err.Error()))
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
	return src, nil
}

// startOf is the empty range at the start of a file.
func startOf(name string) hcl.Range {
	return hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
}

// normalise checks that src is plain text, and returns it without a byte order
// mark and with CRLF as LF, so that a heredoc has the same value on every
// system. The text is nil if it cannot be parsed at all.
func normalise(name string, src []byte) ([]byte, hcl.Diagnostics) {
	if len(src) > maxFileBytes {
		return nil, hcl.Diagnostics{errorAt(startOf(name), "Experiment file too large", "An experiment file may have at most %d bytes (1 MiB).", maxFileBytes)}
	}
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		return nil, hcl.Diagnostics{errorAt(startOf(name), "Not UTF-8", "The file is in UTF-16; save it as UTF-8.")}
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))

	var diags hcl.Diagnostics
	pos := hcl.InitialPos
	for i := 0; i < len(src) && len(diags) < maxTextErrors; {
		r, size := utf8.DecodeRune(src[i:])
		end := hcl.Pos{Line: pos.Line, Column: pos.Column + 1, Byte: pos.Byte + size}
		if r == '\n' {
			end.Line, end.Column = pos.Line+1, 1
		}
		if d := refusedRune(r, src[i:i+size]); d != nil {
			d.Subject = &hcl.Range{Filename: name, Start: pos, End: end}
			diags = append(diags, d)
		}
		i += size
		pos = end
	}
	return src, diags
}

// refusedRune says what is wrong with a character of an experiment file, or
// nothing: bytes that are no UTF-8, control characters, and marks that change
// the direction of text so that it reads differently from what it is.
func refusedRune(r rune, raw []byte) *hcl.Diagnostic {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return errorAnywhere("Not UTF-8", "The byte 0x%02x is not valid UTF-8; save the file as UTF-8.", raw[0])
	case r == '\r':
		return errorAnywhere("Lone carriage return", "Lines end with LF or CRLF; here a CR stands alone.")
	case r == '\n' || r == '\t':
		return nil
	case unicode.IsControl(r):
		return errorAnywhere("Control character", "The character U+%04X does not belong into an experiment file.", r)
	case unicode.Is(unicode.Bidi_Control, r):
		return errorAnywhere("Bidirectional control character", "The invisible character U+%04X changes the direction of the text around it, so that it reads differently from what it says; remove it.", r)
	case r == '\ufeff':
		return errorAnywhere("Byte order mark inside the file", "U+FEFF may stand only at the start of a file.")
	}
	return nil
}
