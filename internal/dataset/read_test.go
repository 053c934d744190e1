package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// all reads every record of a text in a format.
func all(t *testing.T, format, text string, set func(*Files)) ([][]string, error) {
	t.Helper()
	f := NewFiles()
	if set != nil {
		set(f)
	}
	in, err := newReader(strings.NewReader(text), "f", format, f)
	if err != nil {
		return nil, err
	}
	return drain(in)
}

func drain(in reader) ([][]string, error) {
	var out [][]string
	var r Record
	for {
		err := in.next(&r)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		var row []string
		for _, v := range r.Values {
			row = append(row, v.flat())
		}
		out = append(out, row)
	}
}

func TestCSVKeepsWhatFieldsHold(t *testing.T) {
	for _, c := range []struct {
		name, text string
		set        func(*Files)
		want       [][]string
	}{
		{"plain", "a,b\n1,2\n", nil, [][]string{{"1", "2"}}},
		{"no final newline", "a,b\n1,2", nil, [][]string{{"1", "2"}}},
		{"order mark", "\ufeffa,b\n1,2\n", nil, [][]string{{"1", "2"}}},
		{"CRLF", "a,b\r\n1,2\r\n", nil, [][]string{{"1", "2"}}},
		{"CRLF inside quotes stays", "a,b\n\"x\r\ny\",2\n", nil, [][]string{{"x\r\ny", "2"}}},
		{"blank line inside quotes stays", "a,b\n\"x\n\ny\",2\n", nil, [][]string{{"x\n\ny", "2"}}},
		{"doubled quotes", "a\n\"say \"\"hi\"\"\"\n", nil, [][]string{{`say "hi"`}}},
		{"only quotes", "a,b\n\"\",\"\"\"\"\n", nil, [][]string{{"", `"`}}},
		{"quote inside an open field", "a,b\n5\" disk,2\n", nil, [][]string{{`5" disk`, "2"}}},
		{"delimiter in quotes", "a,b\n\"1,5\",2\n", nil, [][]string{{"1,5", "2"}}},
		{"empty last field", "a,b\n\"1\",\n", nil, [][]string{{"1", ""}}},
		{"blank lines are no rows", "a,b\n\n1,2\n\n", nil, [][]string{{"1", "2"}}},
		{"semicolons are found", "a;b\n1,5;2\n", nil, [][]string{{"1,5", "2"}}},
		{"a given delimiter", "a|b,c\n1|2,3\n", func(f *Files) { f.Delimiter = "|" }, [][]string{{"1", "2,3"}}},
		{"a delimiter of two bytes", "a·b\n\"1\"·2\n", func(f *Files) { f.Delimiter = "·" }, [][]string{{"1", "2"}}},
		{"quotes are text", "a,b\n\"1,2\n", func(f *Files) { f.Quotes = "none" }, [][]string{{`"1`, "2"}}},
		{"no header", "1,2\n3,4\n", func(f *Files) { f.Header = false }, [][]string{{"1", "2"}, {"3", "4"}}},
		{"U+2028 ends no line", "a,b\n1\u2028x,2\n", nil, [][]string{{"1\u2028x", "2"}}},
		{"latin-1", "a\ncaf\xe9\n", func(f *Files) { f.Encoding = "latin-1" }, [][]string{{"café"}}},
	} {
		got, err := all(t, "csv", c.text, c.set)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestTSVIsRawUnlessQuoted(t *testing.T) {
	text := "a\tb\n\"x\t1\n\"y\" z\t2\n"
	want := [][]string{{`"x`, "1"}, {`"y" z`, "2"}}
	if got, err := all(t, "tsv", text, nil); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("raw: %q, %v; want %q", got, err, want)
	}
	quoted := func(f *Files) { f.Quotes = "double" }
	want = [][]string{{"x\n1", "2"}}
	if got, err := all(t, "tsv", "a\tb\n\"x\n1\"\t2\n", quoted); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("quoted: %q, %v; want %q", got, err, want)
	}
}

func TestMistakesInTextHaveTheirPosition(t *testing.T) {
	long := strings.Repeat("x", 2000)
	short := func(f *Files) { f.MaxLine = 1000 }
	deep := strings.Repeat("[", 100_000)
	for _, c := range []struct {
		name, format, text string
		set                func(*Files)
		want               string // how the error begins
	}{
		{"quote never closed", "csv", "a,b\n1,2\n3,\"4\n5,6\n", nil, "f:3:3: this quote is never closed"},
		{"text after a closing quote", "csv", "a,b\n\"é\"x,2\n", nil, `f:2:4: 'x' after the closing quote`},
		{"ragged", "csv", "a,b\n1,2\n1,2,3\n", nil, "f:3: 3 fields where the first line has 2"},
		{"same column twice", "csv", "a,b,a\n", nil, `f:1:5: the column "a" a second time`},
		{"empty file", "csv", "", nil, "f: the file is empty"},
		{"columns that do not fit", "csv", "1,2\n", func(f *Files) { f.Header, f.Columns = false, []string{"a"} }, "f:1: 2 fields, but columns names 1"},
		{"bad byte", "csv", "a,b\né,\xff\n", nil, "f:2:3: byte 0xff is no UTF-8"},
		{"NUL", "csv", "a,b\n1,\x00\n", nil, "f:2:3: the character U+0000"},
		{"long line", "csv", "a\nb\n" + long + "\n", short, "f:3: the line is longer than 1000 bytes"},
		{"long field in quotes", "csv", "a\n\"" + strings.Repeat("x\n", 2000), short, "f:2:1: this quote is not closed within 1000 bytes"},
		{"long line of text", "txt", "b\n" + long, short, "f:2: the line is longer than 1000 bytes"},
		{"pattern", "txt", "1 a\nb\n", func(f *Files) { f.Pattern = `^(?P<label>\d) (?P<text>.*)` }, "f:2: the line does not match"},

		{"cut line", "jsonl", `{"a": 1}` + "\n" + `{"a": "x`, nil, "f:2:7: JSON: this string is not closed"},
		{"cut object", "jsonl", `{"a": [1, 2`, nil, "f:1:7: JSON: '[' is not closed"},
		{"key twice", "jsonl", `{"a": 1, "b": 2, "a": 3}`, nil, `f:1:18: JSON: the key "a" a second time`},
		{"NaN", "jsonl", `{"a": NaN}`, nil, `f:1:7: JSON: "NaN" is no JSON value`},
		{"number beyond 64 bits", "jsonl", `{"a": 1e400}`, nil, "f:1:7: JSON: 1e400 is beyond"},
		{"leading zero", "jsonl", `{"a": 01}`, nil, `f:1:7: JSON: "01" is no JSON value`},
		{"deep", "jsonl", deep, nil, "f:1:65: JSON: nested deeper than 64"},
		{"no object", "jsonl", "\n[1]", nil, "f:2:1: JSON: a line holds one object"},
		{"two objects", "jsonl", `{"a":1}{"a":2}`, nil, "f:1:8: JSON: '{' after the value"},
		{"trailing comma", "jsonl", `{"a":[1,]}`, nil, "f:1:9: JSON: ']' where a value should begin"},
		{"half a surrogate", "jsonl", `{"a":"\ud800x"}`, nil, "f:1:7: JSON: half of a surrogate pair"},
		{"raw control character", "jsonl", "{\"a\":\"x\ty\"}", nil, "f:1:8: JSON: the control character U+0009"},
	} {
		_, err := all(t, c.format, c.text, c.set)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s…", c.name, err, c.want)
		}
	}
}

func TestJSONLinesFlattenObjects(t *testing.T) {
	text := `{"text": "a \u00e9\ud83d\ude00\n", "meta": {"year": 2001, "ok": true}, "tags": ["x", "y"]}` + "\n\n" +
		`{"extra": null, "text": "b", "tags": []}` + "\n"
	f := NewFiles()
	in, err := newReader(strings.NewReader(text), "f", "jsonl", f)
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	if err := in.next(&r); err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string]string{"text": "a é😀\n", "meta.year": "2001", "meta.ok": "true", "tags": "x y"} {
		if v, ok := r.Get(column); !ok || v.flat() != want {
			t.Errorf("%s = %q, %v; want %q", column, v.flat(), ok, want)
		}
	}
	if err := in.next(&r); err != nil {
		t.Fatal(err)
	}
	if v, ok := r.Get("tags"); !ok || !v.IsList || len(v.List) != 0 {
		t.Errorf("tags = %+v, %v; want an empty list", v, ok)
	}
	for _, column := range []string{"extra", "meta.year"} {
		if v, ok := r.Get(column); ok {
			t.Errorf("%s = %+v; want it missing", column, v)
		}
	}
	if r.Line != 3 {
		t.Errorf("second record at line %d, want 3", r.Line)
	}
}

func TestJSONPathsMakeRowsOfNestedDocuments(t *testing.T) {
	text := `{"docs": [{"text": "one", "qs": {"a": {"q": "x", "y": 1}, "b": {"q": "z", "y": 0}}}, {"text": "two", "qs": {"a": {"y": 1}}}],
		"names": {"a": "first", "b": "second"}}`
	f := NewFiles()
	f.Rows = "docs[d].qs[k]"
	f.Paths = map[string]string{"doc": "docs[d].text", "name": "names[k]", "y": "docs[d].qs[k].y", "q": "docs[d].qs[k].q", "d": "[d]"}
	if errs := f.validateJSON(); len(errs) > 0 {
		t.Fatal(errs)
	}
	in, err := newDocument(strings.NewReader(text), "f", f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := drain(in)
	want := [][]string{{"0", "one", "first", "x", "1"}, {"0", "one", "second", "z", "0"}, {"1", "two", "first", "", "1"}} // columns d doc name q y
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("rows %q, %v; want %q", got, err, want)
	}
	for rows, column := range map[string]string{"docs[d]": "docs[e].text", "docs[d": "a", "docs[d].x[d]": "a", "a..b": "c"} {
		f := &Files{Rows: rows, Paths: map[string]string{"c": column}}
		if errs := f.validateJSON(); len(errs) == 0 {
			t.Errorf("rows = %q with %q is accepted", rows, column)
		}
	}
}

func TestTextUnits(t *testing.T) {
	text := "a\nb\n\n\nc\n"
	for unit, want := range map[string][][]string{
		"line":      {{"a"}, {"b"}, {"c"}},
		"paragraph": {{"a\nb"}, {"c"}},
		"file":      {{"a\nb\nc"}},
	} {
		got, err := all(t, "txt", text, func(f *Files) { f.Unit = unit })
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v; want %q", unit, got, err, want)
		}
	}
}

// write makes a file and returns the folder it is in.
func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func gzipped(t *testing.T, content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts reads the first column of all records of a folder's files.
func texts(t *testing.T, dir string, f *Files) ([]string, error) {
	t.Helper()
	parts, err := f.Resolve(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	err = f.Open(parts).Each(func(r *Record) error {
		out = append(out, r.Values[0].flat())
		return nil
	})
	return out, err
}

func TestFilesOfAGlobAreReadInOrderAndUnpacked(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.txt.gz", gzipped(t, []byte("three\nfour\n")))
	write(t, dir, "a.txt", []byte("one\ntwo\n"))
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "c.txt.zst", encoder.EncodeAll([]byte("five\n"), nil))
	f := NewFiles()
	f.All = []string{"*.txt*"}
	got, err := texts(t, dir, f)
	if want := []string{"one", "two", "three", "four", "five"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %q, %v; want %q", got, err, want)
	}
}

func TestFilesRefuseWhatTheyCannotRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bomb.txt.gz", gzipped(t, bytes.Repeat([]byte(strings.Repeat("0", 1023)+"\n"), 2*freeUnpacked/1024)))
	write(t, dir, "plain.txt.gz", []byte("not packed\n"))
	write(t, dir, "cut.txt.gz", gzipped(t, []byte(strings.Repeat("some text ", 1000)))[:60])
	write(t, dir, "rows.dat", []byte("a\n"))
	write(t, dir, "two.txt", []byte("a\nb\n"))
	write(t, dir, "three.txt", []byte("a\nb\nc\n"))
	if err := os.Mkdir(filepath.Join(dir, "folder.txt"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, beside, want string }{
		{"bomb.txt.gz", "", "unpacks to more than"},
		{"plain.txt.gz", "", "neither gzip nor zstd"},
		{"cut.txt.gz", "", "unexpected EOF"},
		{"rows.dat", "", `write format = "csv"`},
		{"missing.txt", "", "no such file"},
		{"*.none", "", "no file matches"},
		{"folder.txt", "", "not a regular file"},
		{"/dev/zero", "", "not a regular file"},
		{"two.txt", "three.txt", "2 rows, but"},
		{"three.txt", "two.txt", "2 rows, but"},
	} {
		f := NewFiles()
		f.All = []string{c.file}
		if c.beside != "" {
			f.Parallel = []*Parallel{{Column: "label", All: []string{c.beside}}}
		}
		if _, err := texts(t, dir, f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error with %q", c.file, err, c.want)
		}
	}
}

func TestAllRaggedRowsAreShownUpToTwenty(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("a,b\n")
	for range 25 {
		b.WriteString("1\n1,2\n")
	}
	write(t, dir, "x.csv", []byte(b.String()))
	f := NewFiles()
	f.All = []string{"x.csv"}
	_, err := texts(t, dir, f)
	var problems *Errors
	if !errors.As(err, &problems) || problems.Total != 25 || len(problems.First) != 20 || problems.First[1].Line != 4 {
		t.Fatalf("%v; want 25 mistakes, the first 20 listed, the second at line 4", err)
	}
	if !strings.Contains(err.Error(), "and 5 more (25 in all)") {
		t.Errorf("the message does not count the rest: %s", err)
	}
}

func TestAMillionRowsStream(t *testing.T) {
	if os.Getenv("RUNEXP_LONG") == "" {
		t.Skip("RUNEXP_LONG is not set")
	}
	dir := t.TempDir()
	var b bytes.Buffer
	b.WriteString("id,text,label\n")
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "%d,\"the row number %d of many, with a comma\",%d\n", i, i, i%3)
	}
	write(t, dir, "x.csv", b.Bytes())
	f := NewFiles()
	f.All = []string{"x.csv"}
	parts, err := f.Resolve(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(&Config{Task: Classification, Label: "label", ID: "id"}, f.Open(parts)); err != nil {
		t.Error(err)
	}
}
