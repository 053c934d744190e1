package dataset

import (
	"regexp"
	"slices"
	"strings"
)

// Files says where rows lie and how they are written. A path is a file or a glob;
// the files of a glob are read in the order of their names.
type Files struct {
	Train     []string `hcl:"train,optional" key:"-" doc:"files of training rows"`
	Dev       []string `hcl:"dev,optional" key:"-" doc:"files of rows for selection; default: taken from train"`
	Test      []string `hcl:"test,optional" key:"-" doc:"files of the test in distribution; default: taken from train"`
	TestShift []string `hcl:"test_shift,optional" key:"-" doc:"files of the shifted test"`
	All       []string `hcl:"all,optional" key:"-" doc:"files of all rows, for the split block to divide"`

	Format    string   `hcl:"format,optional" doc:"csv, tsv, jsonl, json, txt or parquet; default: by the file's suffix, before .gz or .zst"`
	Delimiter string   `hcl:"delimiter,optional" doc:"one character between the fields of csv; default: the most frequent of , ; tab | in the first line"`
	Header    bool     `hcl:"header,optional" doc:"the first line of csv and tsv names the columns"`
	Columns   []string `hcl:"columns,optional" doc:"names of the columns, in order; needed without a header only to use names"`
	Quotes    string   `hcl:"quotes,optional" doc:"double: fields may stand in quotes; none: quotes are text; default: double in csv, none in tsv"`
	Encoding  string   `hcl:"encoding,optional" doc:"utf-8 or latin-1"`
	Pattern   string   `hcl:"pattern,optional" doc:"regular expression (RE2) for the lines of txt; its named groups are the columns"`
	Unit      string   `hcl:"unit,optional" doc:"what a row of txt is: line, paragraph (lines up to a blank one) or file"`
	Name      string   `hcl:"file_pattern,optional" doc:"regular expression for the file's name; its named groups are further columns"`
	MaxLine   int      `hcl:"max_line_bytes,optional" doc:"longest line, or record in quotes" unit:"bytes"`

	Rows  string            `hcl:"rows,optional" doc:"for json: path of the rows, such as documents[d].answers[a]; a name in brackets stands for every index or key"`
	Paths map[string]string `hcl:"paths,optional" doc:"for json: columns by path, from the root, with the names that rows binds"`

	Parallel []*Parallel `hcl:"parallel,block" doc:"a further column, one value per line, in files beside those of the text"`
}

// Parallel is a column in files of its own: line n belongs to row n.
type Parallel struct {
	Column    string   `hcl:"column,label" doc:"name of the column"`
	Train     []string `hcl:"train,optional" key:"-" doc:"files beside those of train"`
	Dev       []string `hcl:"dev,optional" key:"-" doc:"files beside those of dev"`
	Test      []string `hcl:"test,optional" key:"-" doc:"files beside those of test"`
	TestShift []string `hcl:"test_shift,optional" key:"-" doc:"files beside those of test_shift"`
	All       []string `hcl:"all,optional" key:"-" doc:"files beside those of all"`
}

// defaultMaxLine is the longest line read unless max_line_bytes says otherwise.
const defaultMaxLine = 1 << 20

// NewFiles returns the defaults: a header line, UTF-8, lines up to 1 MiB.
func NewFiles() *Files {
	return &Files{Header: true, Encoding: "utf-8", Unit: "line", MaxLine: defaultMaxLine}
}

// Init sets the defaults before a block is decoded.
func (f *Files) Init() error {
	*f = *NewFiles()
	return nil
}

// Formats lists the formats of files.
var Formats = []string{"csv", "tsv", "jsonl", "json", "txt", "parquet"}

// roles of files, in the order in which they are read.
var roles = []string{"train", "dev", "test", "test_shift", "all"}

func (f *Files) patterns(role string) []string {
	return [][]string{f.Train, f.Dev, f.Test, f.TestShift, f.All}[slices.Index(roles, role)]
}

func (p *Parallel) patterns(role string) []string {
	return [][]string{p.Train, p.Dev, p.Test, p.TestShift, p.All}[slices.Index(roles, role)]
}

// Validate checks what can be known without opening a file.
func (f *Files) Validate() []error {
	var errs []error
	if len(f.All) == 0 && len(f.Train) == 0 {
		errs = append(errs, wrong("train", "missing: files of training rows, or all to divide them by a split block"))
	}
	if len(f.All) > 0 && len(f.Train)+len(f.Dev)+len(f.Test) > 0 {
		errs = append(errs, wrong("all", "given together with files of splits"))
	}
	if f.Format != "" && !slices.Contains(Formats, f.Format) {
		errs = append(errs, wrong("format", "%q is not one of %s", f.Format, strings.Join(Formats, ", ")))
	}
	if n := len([]rune(f.Delimiter)); n > 1 || f.Delimiter == `"` || f.Delimiter == "\n" || f.Delimiter == "\r" {
		errs = append(errs, wrong("delimiter", "%q is not one character that can stand between fields", f.Delimiter))
	}
	if !slices.Contains([]string{"", "double", "none"}, f.Quotes) {
		errs = append(errs, wrong("quotes", `%q is neither "double" nor "none"`, f.Quotes))
	}
	if f.Encoding != "utf-8" && f.Encoding != "latin-1" {
		errs = append(errs, wrong("encoding", `%q is neither "utf-8" nor "latin-1"`, f.Encoding))
	}
	if !slices.Contains([]string{"line", "paragraph", "file"}, f.Unit) {
		errs = append(errs, wrong("unit", "%q is not one of line, paragraph, file", f.Unit))
	}
	if f.MaxLine < 1 {
		errs = append(errs, wrong("max_line_bytes", "%d leaves no room for a line", f.MaxLine))
	}
	errs = append(errs, namedGroups("pattern", f.Pattern)...)
	errs = append(errs, namedGroups("file_pattern", f.Name)...)
	return append(errs, f.validateJSON()...)
}

func (f *Files) validateJSON() []error {
	var errs []error
	if f.Rows != "" || len(f.Paths) > 0 {
		if f.Format != "" && f.Format != "json" {
			errs = append(errs, wrong("rows", "rows and paths are for json; the format is %s", f.Format))
		}
		if _, err := newPathSet(f.Rows, f.Paths); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// namedGroups checks a regular expression that has to name columns.
func namedGroups(field, pattern string) []error {
	if pattern == "" {
		return nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return []error{wrong(field, "%v", err)}
	}
	for _, name := range re.SubexpNames() {
		if name != "" {
			return nil
		}
	}
	return []error{wrong(field, "names no group; write (?P<text>.*) for a column named text")}
}

// Validate checks that the block names files.
func (p *Parallel) Validate() []error {
	if len(p.Train)+len(p.Dev)+len(p.Test)+len(p.TestShift)+len(p.All) == 0 {
		return []error{wrong("train", "the parallel block %q names no files", p.Column)}
	}
	return nil
}
