package dataset

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n\"x\r\ny\",2\n", true, ",")
	f.Add("\ufeffa;b\n1;\"2", true, ";")
	f.Add("a\tb\n\"\t\n", false, "\t")
	f.Fuzz(func(t *testing.T, text string, quoted bool, delimiter string) {
		files := NewFiles()
		files.Delimiter, files.Quotes = delimiter, "none"
		if quoted {
			files.Quotes = "double"
		}
		files.All = []string{"x"}
		if len(files.Validate()) > 0 {
			t.Skip("not a valid declaration")
		}
		in, err := newReader(strings.NewReader(text), "f", "csv", files)
		if err != nil {
			return
		}
		rows, err := drain(in)
		var bad *Error
		var uneven *ragged
		if err != nil && !errors.As(err, &bad) && !errors.As(err, &uneven) {
			t.Fatalf("an error without a position: %v", err)
		}
		if bad != nil && bad.File != "f" {
			t.Fatalf("%v has no file", bad)
		}
		if total := strings.Count(text, "\n") + 1; len(rows) > total {
			t.Fatalf("%d rows of %d lines", len(rows), total)
		}
	})
}

func FuzzJSONLines(f *testing.F) {
	f.Add(`{"a": "\u00e9", "b": {"c": [1, -2.5e3, true]}}`)
	f.Add(`{"a": 1, "a": 2}`)
	f.Add("{\"a\": \"x\n")
	f.Fuzz(func(t *testing.T, line string) {
		node, err := parseJSON("f", line, 1)
		if err != nil {
			var bad *Error
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1 {
				t.Fatalf("an error without a position: %v", err)
			}
			return
		}
		if !laxlyValid(line) {
			t.Fatalf("accepted what encoding/json refuses: %q", line)
		}
		if node.kind == jsonObject {
			newFlattener().record(&node)
		}
	})
}

// laxlyValid is the standard library's opinion, which accepts more than ours:
// whatever we take, it has to take too. It does not look at UTF-8, which the line
// reader has checked before.
func laxlyValid(text string) bool { return !utf8.ValidString(text) || json.Valid([]byte(text)) }
