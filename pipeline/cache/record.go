package cache

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// record ties an action to its output. It holds its own key, and the recipe
// whose hash that key is, so that a record under a wrong name is found out.
type record struct {
	action  ID
	output  ID
	created time.Time         // UTC; for gc and for "the newest record", never part of a key
	info    map[string]string // address and measured figures; no part of any digest
	recipe  []byte
}

const recordHeader = "runexp record 1\n"

// encode writes the record, followed by the hash of all that stands before.
func (r *record) encode() []byte {
	// Every lookup encodes what it read, to compare, so nothing is formatted
	// by reflection here.
	b := make([]byte, 0, len(recordHeader)+len(r.recipe)+512)
	line := func(name, value string) {
		b = append(append(append(append(b, name...), ' '), value...), '\n')
	}
	b = append(b, recordHeader...)
	line("action", r.action.String())
	line("output", r.output.String())
	line("created", r.created.UTC().Format(time.RFC3339Nano))
	keys := make([]string, 0, len(r.info))
	for k := range r.info {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	line("info", strconv.Itoa(len(keys)))
	for _, k := range keys {
		line(strconv.Quote(k), strconv.Quote(r.info[k]))
	}
	line("recipe", strconv.Itoa(len(r.recipe)))
	b = append(append(b, r.recipe...), '\n')
	line("sha256", Sum(b).String())
	return b
}

// decodeRecord reads what encode wrote, and nothing else.
func decodeRecord(text []byte) (*record, error) {
	body, ok := bytes.CutPrefix(text, []byte(recordHeader))
	if !ok {
		return nil, otherVersion("record", text)
	}
	d := lineReader{rest: string(body)}
	r := &record{info: map[string]string{}}
	r.action = d.id("action")
	r.output = d.id("output")
	created, err := time.Parse(time.RFC3339Nano, d.field("created"))
	if err != nil {
		d.fail("created: %v", err)
	}
	r.created = created
	for range d.count("info") {
		key, value, err := unquotePair(d.line())
		if err != nil {
			d.fail("info: %v", err)
			break
		}
		r.info[key] = value
	}
	r.recipe = []byte(d.take(d.count("recipe")))
	if d.err != nil {
		return nil, fmt.Errorf("record: %w", d.err)
	}
	if !bytes.Equal(r.encode(), text) {
		return nil, errors.New("record: checksum or form is wrong")
	}
	if Sum(r.recipe) != r.action {
		return nil, errors.New("record: recipe is not that of the action")
	}
	return r, nil
}

// lineReader reads lines and remembers the first mistake.
type lineReader struct {
	rest string
	err  error
}

func (d *lineReader) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

func (d *lineReader) line() string {
	line, rest, ok := strings.Cut(d.rest, "\n")
	if !ok {
		d.fail("ends early")
	}
	d.rest = rest
	return line
}

// field reads "name value" and returns the value.
func (d *lineReader) field(name string) string {
	value, ok := strings.CutPrefix(d.line(), name+" ")
	if !ok {
		d.fail("want %s", name)
	}
	return value
}

func (d *lineReader) id(name string) ID {
	id, err := ParseID(d.field(name))
	if err != nil {
		d.fail("%s: %v", name, err)
	}
	return id
}

// count reads "name n"; n is at most the number of bytes left.
func (d *lineReader) count(name string) int {
	n, err := strconv.Atoi(d.field(name))
	if err != nil || n < 0 || n > len(d.rest) {
		d.fail("%s: bad count", name)
		return 0
	}
	return n
}

func (d *lineReader) take(n int) string {
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

// unquotePair reads two quoted texts with a space between.
func unquotePair(line string) (a, b string, err error) {
	quoted, err := strconv.QuotedPrefix(line)
	if err != nil {
		return "", "", err
	}
	rest, ok := strings.CutPrefix(line[len(quoted):], " ")
	if !ok {
		return "", "", errors.New("want two texts")
	}
	if a, err = strconv.Unquote(quoted); err != nil {
		return "", "", err
	}
	b, err = strconv.Unquote(rest)
	return a, b, err
}
