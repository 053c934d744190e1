package dataset

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// A reader yields the values of one file's records. The record's Header, Values
// and Line are set; they are valid until the next call.
type reader interface {
	next(r *Record) error // io.EOF after the last
}

// newReader makes the reader of a format.
func newReader(in io.Reader, path, format string, f *Files) (reader, error) {
	switch format {
	case "csv", "tsv":
		return newTable(in, path, format, f)
	case "jsonl":
		return &jsonLines{lines: newLineReader(in, path, f), flat: newFlattener()}, nil
	case "txt":
		return newText(in, path, f)
	}
	return nil, fmt.Errorf("%s: the format %q cannot be read from a stream", path, format)
}

// formatOf guesses the format from the suffix.
func formatOf(path string) (string, error) {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch filepath.Ext(name) {
	case ".csv":
		return "csv", nil
	case ".tsv", ".tab":
		return "tsv", nil
	case ".jsonl", ".ndjson":
		return "jsonl", nil
	case ".json":
		return "json", nil
	case ".txt", ".text":
		return "txt", nil
	case ".parquet":
		return "parquet", nil
	}
	return "", fmt.Errorf(`%s: the name does not tell the format; write format = "csv" (or %s)`, path, strings.Join(Formats[1:], ", "))
}

// ragged is an error after which reading goes on, so that all of them are shown.
type ragged struct{ cause *Error }

func (r *ragged) Error() string { return r.cause.Error() }
