package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// A DataFile holds rows that cannot be read or used.
type DataFile struct {
	File
	Path     string // its suffix says the format
	Settings string // further attributes of the files block
}

// DataFiles lists files of rows for a classification of the column text by the
// column label that must be refused.
func DataFiles() []DataFile {
	var files []DataFile
	add := func(path, settings, name, data, want string) {
		files = append(files, DataFile{File{name, []byte(data), -1, want}, path, settings})
	}
	plainText(add)
	tables(add)
	jsonLines(add)
	documents(add)
	parquets(add)
	packed(add)
	return files
}

type addData func(path, settings, name, data, want string)

// plainText are faults that any text can have, in every format of text.
func plainText(add addData) {
	row := map[string]string{"csv": "text,label\n%s,a\nc,b\n", "tsv": "text\tlabel\n%s\ta\nc\tb\n", "jsonl": `{"text": "%s", "label": "a"}` + "\n", "txt": "%s\nc\n"}
	for _, format := range []string{"csv", "tsv", "jsonl", "txt"} {
		settings := ""
		if format == "txt" {
			settings = `pattern = "^(?P<text>.)(?P<label>.*)$"`
		}
		for _, c := range []struct{ name, text, want string }{
			{"NUL", "a\x00b", "U+0000"},
			{"no UTF-8", "a\xffb", "UTF-8"},
			{"overlong UTF-8", "\xc0\xaf", "UTF-8"},
			{"surrogate as UTF-8", "\xed\xa0\x80", "UTF-8"},
			{"UTF-8 cut", "\xe2\x82", "UTF-8"},
			{"beyond Unicode", "\xf4\x90\x80\x80", "UTF-8"},
			{"long line", strings.Repeat("x", 1<<20+100), "longer than"},
		} {
			add("x."+format, settings, format+": "+c.name, fmt.Sprintf(row[format], c.text), c.want)
		}
		utf16 := func(order binary.AppendByteOrder, text string) string {
			b := order.AppendUint16(nil, 0xfeff)
			for _, r := range text {
				b = order.AppendUint16(b, uint16(r))
			}
			return string(b)
		}
		text := fmt.Sprintf(row[format], "a")
		add("x."+format, settings, format+": UTF-16, little end first", utf16(binary.LittleEndian, text), "UTF-8")
		add("x."+format, settings, format+": UTF-16, big end first", utf16(binary.BigEndian, text), "UTF-8")
		for _, c := range []struct{ name, data string }{
			{"empty", ""}, {"a line break", "\n"}, {"a byte order mark", "\ufeff"}, {"blanks", "   \n  \n"}, {"an image", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"},
			{"a program", "\x7fELF\x02\x01\x01\x00"}, {"a zip archive", "PK\x03\x04\x14\x00\x00\x00"}, {"a pickle", "\x80\x04\x95\x00"},
		} {
			add("x."+format, settings, format+": "+c.name, c.data, "")
		}
	}
	add("x.txt", `pattern = "^(?P<label>[ab]) (?P<text>.*)$"`, "txt: lines that do not match", strings.Repeat("c d\n", 50), "does not match")
	add("x.txt", `unit = "paragraph"`, "txt: a paragraph of 2 MB", strings.Repeat("x y z\n", 400_000), "longer than")
	add("x.txt", `unit = "file"`, "txt: a file of 2 MB as a row", strings.Repeat("x y z\n", 400_000), "longer than")
}

func tables(add addData) {
	rows := func(n int, row string) string { return "text,label\n" + strings.Repeat(row, n) }
	many := make([]string, 20_000)
	for i := range many {
		many[i] = fmt.Sprint("c", i)
	}
	for _, c := range []struct{ name, data, want string }{
		{"header only", "text,label\n", "no rows"},
		{"header without an end", "text,label", "no rows"},
		{"one row", rows(1, "x,a\n"), `the class "a"`},
		{"one class", rows(50, "x,a\n"), `the class "a"`},
		{"labels all blank", rows(50, "x,\n"), "blank label"},
		{"texts all blank", rows(50, " ,a\n"), "blank text"},
		{"no text", "body,label\nx,a\n", `no column "text"`},
		{"no label", "text,kind\nx,a\n", `no column "label"`},
		{"other case", "Text,Label\nx,a\n", `no column "text"`},
		{"two delimiters", "text;label,more\nx;a\ny;b,c,d\n", "x.csv"},
		{"same column twice", "text,text,label\nx,y,a\n", "a second time"},
		{"quote never closed", "text,label\n\"x,a\n", "never closed"},
		{"quote never closed in the header", "\"text,label\nx,a\n", "never closed"},
		{"text behind a quote", "text,label\n\"x\"y,a\n", "after the closing quote"},
		{"quote closed twice", "text,label\n\"x\"\",a\ny,b\n", "never closed"},
		{"too many fields", rows(1, "x,a,b\n"), "3 fields where the first line has 2"},
		{"too few fields", rows(1, "x\n"), "1 fields where the first line has 2"},
		{"fields missing in the last row", rows(20, "x,a\ny,b\n") + "z", "1 fields"},
		{"a thousand ragged rows", rows(1000, "x,a,b\n"), "1000 in all"},
		{"long field in quotes", "text,label\n\"" + strings.Repeat("x\n", 600_000), "not closed within"},
		{"twenty thousand columns", strings.Join(many, ",") + "\n" + strings.Repeat(",", len(many)-1) + "\n", `no column "text"`},
		{"carriage returns only", "text,label\rx,a\ry,b\r", ""},
		{"JSON by another name", `[{"text": "x", "label": "a"}]` + "\n", ""},
		{"a page", "<html><body>not found</body></html>\n", ""},
		{"a pointer of LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", `no column "text"`},
	} {
		add("x.csv", "", "csv: "+c.name, c.data, c.want)
	}
	add("x.csv", `header = false`, "csv: no header and no names", "x,a\ny,b\n", `no column "text"`)
	add("x.csv", `columns = ["text"]`, "csv: fewer names than fields", "x,a\ny,b\n", "columns names 1")
	add("x.csv", `columns = ["text", "label", "more"]`, "csv: more names than fields", "x,a\ny,b\n", "columns names 3")
	add("x.tsv", `quotes = "double"`, "tsv: quote never closed", "text\tlabel\n\"x\ta\n", "never closed")
	add("x.tsv", "", "tsv: commas", "text,label\nx,a\n", `no column "text"`)
}

func jsonLines(add addData) {
	for _, c := range []struct{ name, line, want string }{
		{"cut in a string", `{"text": "x`, "not closed"}, {"cut in an object", `{"text": "x"`, "not closed"}, {"cut in a list", `{"text": ["x"`, "not closed"}, {"cut behind a key", `{"text"`, "JSON"},
		{"key twice", `{"text": "x", "label": "a", "text": "y"}`, "a second time"}, {"key twice by an escape", `{"text": "x", "\u0074ext": "y"}`, "a second time"},
		{"NaN", `{"text": NaN}`, "no JSON value"}, {"infinity", `{"text": Infinity}`, "no JSON value"}, {"minus infinity", `{"text": -Infinity}`, "no JSON value"},
		{"number beyond 64 bits", `{"text": 1e400}`, "beyond"}, {"leading zero", `{"text": 01}`, "no JSON value"}, {"plus sign", `{"text": +1}`, "JSON"}, {"no digits before the point", `{"text": .5}`, "JSON"},
		{"no digits behind the point", `{"text": 1.}`, "no JSON value"}, {"hexadecimal", `{"text": 0x10}`, "no JSON value"}, {"underscores", `{"text": 1_000}`, "no JSON value"},
		{"Python's true", `{"text": True}`, "no JSON value"}, {"undefined", `{"text": undefined}`, "no JSON value"}, {"single quotes", `{'text': 'x'}`, "JSON"}, {"no quotes", `{text: "x"}`, "JSON"},
		{"a comment", `{"text": "x" /* y */}`, "JSON"}, {"trailing comma", `{"text": "x",}`, "JSON"}, {"trailing comma in a list", `{"text": ["x",]}`, "JSON"}, {"no colon", `{"text" "x"}`, "JSON"}, {"no comma", `{"text": "x" "label": "a"}`, "JSON"},
		{"two objects", `{"text": "x"}{"text": "y"}`, "after the value"}, {"a comma between objects", `{"text": "x"},`, "after the value"}, {"a list", `[1]`, "one object"}, {"a string", `"x"`, "one object"}, {"null", `null`, "one object"}, {"the opening bracket of a list", `[`, "JSON"},
		{"nested lists", `{"text": ` + strings.Repeat("[", 100_000), "deeper than 64"}, {"nested objects", strings.Repeat(`{"text": `, 100_000), "deeper than 64"},
		{"high surrogate alone", `{"text": "\ud800x"}`, "surrogate"}, {"low surrogate alone", `{"text": "\udc00"}`, "surrogate"}, {"surrogates in the wrong order", `{"text": "\udc00\ud800"}`, "surrogate"},
		{"unknown escape", `{"text": "\x41"}`, "JSON"}, {"short escape", `{"text": "\u00"}`, "JSON"}, {"a tab in a string", "{\"text\": \"a\tb\"}", "control character"},
		{"no label anywhere", `{"text": "x"}`, "no label"}, {"label is null", `{"text": "x", "label": null}`, "no label"}, {"label is a list", `{"text": "x", "label": ["a"]}`, "the label is a list"}, {"label is an object", `{"text": "x", "label": {"a": 1}}`, "no label"},
		{"text is null", `{"text": null, "label": "a"}`, "no text"}, {"nothing in it", `{}`, "can be used"},
	} {
		add("x.jsonl", "", "jsonl: "+c.name, c.line+"\n", c.want)
	}
}

func documents(add addData) {
	const settings = "format = \"json\"\n rows = \"docs[d]\"\n paths = {\n text = \"docs[d].text\"\n label = \"docs[d].label\"\n }"
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "x.json"}, {"cut", `{"docs": [`, "x.json"}, {"rows that are not there", `{"other": []}`, "x.json"}, {"rows of a number", `{"docs": 7}`, "x.json"}, {"rows of numbers", `{"docs": [1, 2]}`, ""},
		{"no rows", `{"docs": []}`, "x.json"}, {"something behind", `{"docs": []} x`, "x.json"}, {"nested", `{"docs": ` + strings.Repeat("[", 100_000), "deeper than 64"},
	} {
		add("x.json", settings, "json: "+c.name, c.data, c.want)
	}
}

func parquets(add addData) {
	length := func(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
	for _, c := range []struct{ name, data string }{
		{"empty", ""}, {"magic number", "PAR1"}, {"magic number twice", "PAR1PAR1"}, {"footer of 0 bytes", "PAR1" + length(0) + "PAR1"}, {"footer of 2³²-1 bytes", "PAR1" + length(1<<32-1) + "PAR1"},
		{"footer of 2³¹ bytes", "PAR1" + length(1<<31) + "PAR1"}, {"footer longer than the file", "PAR1abcd" + length(100) + "PAR1"}, {"footer of zeros", "PAR1" + strings.Repeat("\x00", 64) + length(64) + "PAR1"},
		{"footer of ones", "PAR1" + strings.Repeat("\xff", 64) + length(64) + "PAR1"}, {"footer of text", "PAR1" + strings.Repeat("x", 64) + length(64) + "PAR1"},
		{"encrypted footer", "PARE" + strings.Repeat("\x00", 64) + length(64) + "PARE"}, {"no magic number at the end", "PAR1" + strings.Repeat("\x00", 64)}, {"no magic number at the start", strings.Repeat("\x00", 64) + length(8) + "PAR1"},
		{"long list in the footer", "PAR1" + "\x15\x02\x19\xfc\xff\xff\xff\xff\x0f" + length(9) + "PAR1"}, {"nested structs in the footer", "PAR1" + strings.Repeat("\x1c", 50_000) + length(50_000) + "PAR1"},
		{"csv by another name", "text,label\nx,a\n"},
	} {
		add("x.parquet", "", "parquet: "+c.name, c.data, "x.parquet")
	}
}

// packed are compressed files: damaged, empty, nested, and bombs.
func packed(add addData) {
	gz := func(text string) string {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			panic(err)
		}
		return b.String()
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	zst := func(text string) string { return string(encoder.EncodeAll([]byte(text), nil)) }
	good := "text,label\n" + strings.Repeat("x,a\ny,b\n", 200)
	flip := func(s string, at int) string {
		b := []byte(s)
		b[(at+len(b))%len(b)] ^= 0x55
		return string(b)
	}
	for suffix, pack := range map[string]func(string) string{"gz": gz, "zst": zst} {
		whole := pack(good)
		for _, c := range []struct{ name, data, want string }{
			{"empty", "", "x.csv"}, {"magic number", whole[:4], "x.csv"}, {"half", whole[:len(whole)/2], "x.csv"}, {"cut by a byte", whole[:len(whole)-1], "x.csv"}, {"not packed", good, "x.csv"},
			{"first byte", flip(whole, 0), "x.csv"}, {"checksum", flip(whole, -1), "x.csv"}, {"body", flip(whole, len(whole)/2), "x.csv"}, {"packed twice", pack(whole), "x.csv"}, {"nothing packed", pack(""), "x.csv"},
			{"zeros behind", whole + strings.Repeat("\x00", 64), "x.csv"}, {"text behind", whole + "text", "x.csv"}, {"one line of 40 MB", pack("text,label\n" + strings.Repeat("x", 40<<20)), "longer than"},
			{"40 MB of line breaks", pack("text,label\n" + strings.Repeat("\n", 40<<20)), "x.csv"}, {"40 MB of zeros", pack(strings.Repeat("\x00", 40<<20)), "x.csv"}, {"a zip archive", "PK\x03\x04" + whole, "x.csv"},
		} {
			add("x.csv."+suffix, "", suffix+": "+c.name, c.data, c.want)
		}
	}
	add("x.csv.zst", "", "zst: a frame that only says to be skipped", "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd", "x.csv")
	add("x.csv.zst", "", "zst: a window of 2⁴¹ bytes", "\x28\xb5\x2f\xfd\x04\xff\x01\x00\x00", "x.csv")
}
