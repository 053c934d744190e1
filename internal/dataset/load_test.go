package dataset

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"runexp/internal/synth"
)

// table makes a source of rows in memory; every row begins with its role.
type memory struct {
	header *Header
	rows   [][]string
}

func rowsOf(header string, rows ...string) *memory {
	m := &memory{header: NewHeader(strings.Split(header, ","))}
	for _, r := range rows {
		m.rows = append(m.rows, strings.Split(r, ","))
	}
	return m
}

func (m *memory) Parts() []string {
	return []string{"train/1", "dev/1", "test/1", "test_shift/1", "all/1"}
}

func (m *memory) Each(yield func(*Record) error) error {
	for i, row := range m.rows {
		r := &Record{Role: row[0], File: slices.Index(roles, row[0]), Path: "m.csv", Line: i + 2, Header: m.header}
		for j, v := range row[1:] {
			r.Values = append(r.Values, Value{Text: v, Line: i + 2, Column: j + 1})
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	return nil
}

// many makes n rows of a role with labels in turn.
func many(n int, role string, labels ...string) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s,text number %d of %s,%s,%d", role, i, role, labels[i%len(labels)], 1990+i%20))
	}
	return out
}

const header = "text,label,year"

// load surveys a source and writes the data set into a folder.
func load(c *Config, source Source, dir string) (*Dataset, error) {
	s, err := Read(c, source)
	if err != nil {
		return nil, err
	}
	return s.Write(source, dir)
}

func mustLoad(t *testing.T, c *Config, s Source) *Dataset {
	t.Helper()
	for _, err := range c.Validate() {
		t.Fatal(err)
	}
	d, err := load(c, s, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if lost := d.Accounting.Lost(); lost != 0 {
		t.Fatalf("%d rows lost", lost)
	}
	return d
}

func sizes(d *Dataset) [4]int {
	return [4]int{d.Train.Len(), d.Dev.Len(), d.TestID.Len(), d.TestShift.Len()}
}

// listed are the rows of a split, which the tests' sets keep in memory.
func listed(d *Dataset, split string) []Row { return d.Split(split).list }

func labelled() *Config { return &Config{Task: Classification, Label: "label"} }

func TestDefaultSplitIsStratified(t *testing.T) {
	rows := append(many(900, "all", "a"), many(100, "all", "b")...)
	for i := 900; i < 1000; i++ {
		rows[i] = strings.Replace(rows[i], "text", "other text", 1)
	}
	d := mustLoad(t, labelled(), rowsOf(header, rows...))
	if got, want := sizes(d), [4]int{700, 100, 200, 0}; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
	for i, want := range [][2]int{{630, 70}, {90, 10}, {180, 20}} {
		labels := d.Accounting.Splits[i].Labels
		if labels[0].Rows != want[0] || labels[1].Rows != want[1] {
			t.Errorf("%s has %v, want %v", SplitNames[i], labels, want)
		}
	}
}

// where maps the text of each row to its split.
func where(d *Dataset) map[string]string {
	out := make(map[string]string)
	for _, name := range SplitNames {
		for _, r := range listed(d, name) {
			out[r.Text] = name
		}
	}
	return out
}

func TestSplitDependsOnContentAndSeedNotOnOrder(t *testing.T) {
	rows := many(300, "all", "a", "b", "c")
	first := where(mustLoad(t, labelled(), rowsOf(header, rows...)))
	slices.Reverse(rows)
	if got := where(mustLoad(t, labelled(), rowsOf(header, rows...))); !reflect.DeepEqual(got, first) {
		t.Error("the order of rows changed the split")
	}
	other := labelled()
	other.Split = NewSplit()
	other.Split.Seed = 1
	if got := where(mustLoad(t, other, rowsOf(header, rows...))); reflect.DeepEqual(got, first) {
		t.Error("another seed gave the same split")
	}
}

func TestGroupsAndEqualInputsStayTogether(t *testing.T) {
	var rows []string
	for i := range 400 {
		rows = append(rows, fmt.Sprintf("all,Sentence  %d,%s,%d", i/2, []string{"a", "b"}[i%2], i%40))
		rows = append(rows, fmt.Sprintf("all,sentence %d,%s,%d", i/2, []string{"a", "b"}[i%2], i%40))
	}
	d := mustLoad(t, labelled(), rowsOf(header, rows...))
	for _, leak := range d.Accounting.Leaks {
		if leak.Exact+leak.Normalised != 0 {
			t.Errorf("%d of %s are in %s too", leak.Exact+leak.Normalised, leak.Of, leak.In)
		}
	}
	c := labelled()
	c.Split = NewSplit()
	c.Split.GroupBy = "year"
	c.Keep = []string{"year"}
	d = mustLoad(t, c, rowsOf(header, rows...))
	home := make(map[string]string)
	for _, name := range SplitNames {
		for _, r := range listed(d, name) {
			if before, ok := home[r.Fields["year"]]; ok && before != name {
				t.Fatalf("group %s is in %s and %s", r.Fields["year"], before, name)
			}
			home[r.Fields["year"]] = name
		}
	}
	if got, want := sizes(d), [4]int{560, 80, 160, 0}; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
}

func TestGivenSplitsAreKeptAndMissingOnesTakenFromTrain(t *testing.T) {
	rows := append(many(100, "train", "a", "b"), many(20, "test", "a", "b")...)
	d := mustLoad(t, labelled(), rowsOf(header, rows...))
	if got, want := sizes(d), [4]int{90, 10, 20, 0}; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
	if notes := d.Accounting.Notes; len(notes) != 1 || notes[0] != "dev was taken from train" {
		t.Errorf("notes %q", notes)
	}
	rows = append(rows, append(many(30, "dev", "a", "b"), many(40, "test_shift", "a", "b")...)...)
	d = mustLoad(t, labelled(), rowsOf(header, rows...))
	if got, want := sizes(d), [4]int{100, 30, 20, 40}; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
}

func TestTopicShiftHoldsOutInDistributionAndCountsTheDropped(t *testing.T) {
	c := labelled()
	c.Shift = &Shift{Type: TopicShift, By: "year", Train: []string{"1990", "1991"}, Test: []string{"2000", "2001"}}
	d := mustLoad(t, c, rowsOf(header, many(2000, "all", "a", "b", "c")...))
	if got, want := sizes(d), [4]int{140, 20, 40, 200}; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
	if a := d.Accounting; a.Drops() != 1600 || len(a.Dropped) != 16 || a.Dropped[0].Name != "year=1992" || a.Dropped[0].Rows != 100 {
		t.Errorf("dropped %d under %d names, first %v", a.Drops(), len(a.Dropped), a.Dropped[0].Name)
	}
	if got := d.Accounting.Splits[3].Slices; !reflect.DeepEqual(got, []Named{{"year=2000", 100}, {"year=2001", 100}}) {
		t.Errorf("slices of test_shift: %v", got)
	}
}

func TestTemporalShiftCutsAndSlices(t *testing.T) {
	c := labelled()
	c.Shift = &Shift{Type: TemporalShift, By: "year", Cut: 1999, Period: 4}
	d := mustLoad(t, c, rowsOf(header, many(2000, "all", "a", "b", "c")...))
	if got, want := sizes(d), [4]int{700, 100, 200, 1000}; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
	want := []Named{{"year=2000-2003", 400}, {"year=2004-2007", 400}, {"year=2008-2011", 200}}
	if got := d.Accounting.Splits[3].Slices; !reflect.DeepEqual(got, want) {
		t.Errorf("slices %v, want %v", got, want)
	}
	if s := d.Train.list[0].Slice; !strings.HasPrefix(s, "year=19") {
		t.Errorf("slice of a training row: %q", s)
	}
	c.Shift.Rolling = true
	cuts, err := Cuts(c, rowsOf(header, many(2000, "all", "a")...))
	if err != nil || !reflect.DeepEqual(cuts, []int{1999, 2003, 2007}) {
		t.Errorf("cuts %v, %v; want 1999, 2003, 2007", cuts, err)
	}
}

func TestTimesAreReadByRule(t *testing.T) {
	for text, want := range map[string]moment{
		"2001": 20010101, " 2001 ": 20010101, "2001-06-30": 20010630, "1-Jan-96": 19960101, "31-Dec-68": 20681231,
		"1789-1850": 17890101, "1789–1850": 17890101, "2001-06": 20010601, "2001-06-30T12:00:00Z": 20010630, "June 3, 2001": 0,
		"January 2, 2001": 20010102, "03/04/2001": 0, "96": 0, "": 0, "2001-13-01": 0,
	} {
		got, err := parseTime(text)
		if text == "June 3, 2001" {
			want = 20010603
		}
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("parseTime(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestRowsThatCannotBeUsedAreCountedWithTheirPlace(t *testing.T) {
	rows := append(many(60, "all", "a", "b"), "all,no label,,1990", "all,,a,1990", "all, ,b,1990", "all,odd,z,1990")
	c := labelled()
	c.Classes = []string{"b", "a"}
	d := mustLoad(t, c, rowsOf(header, rows...))
	want := []Count{
		{"blank label", 1, []Example{{File: "all/1", Line: 62}}},
		{"blank text", 2, []Example{{File: "all/1", Line: 63}, {File: "all/1", Line: 64}}},
		{"unknown label", 1, []Example{{File: "all/1", Line: 65}}},
	}
	if got := d.Accounting.Rejected; !reflect.DeepEqual(got, want) {
		t.Errorf("rejected %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(d.LabelNames, c.Classes) {
		t.Errorf("classes %v, want the order given", d.LabelNames)
	}
}

func TestDataThatTeachesNothingIsRefused(t *testing.T) {
	shifted := labelled()
	shifted.Shift = &Shift{Type: TopicShift, By: "year", Train: []string{"1990"}, Test: []string{"1899"}}
	noID := labelled()
	noID.ID = "label"
	number := labelled()
	number.Task = Regression
	missing := labelled()
	missing.Label = "lable"
	for _, c := range []struct {
		name   string
		config *Config
		rows   []string
		want   string
	}{
		{"header only", labelled(), nil, "no rows"},
		{"one row", labelled(), many(1, "all", "a"), `all 1 rows have the class "a"`},
		{"one class", labelled(), many(50, "all", "a"), `all 50 rows have the class "a"`},
		{"all blank", labelled(), many(50, "all", ""), "none of 50 rows can be used: 50 rows read, 0 used, 50 rejected (blank label)"},
		{"one class in train", labelled(), append(many(9, "train", "a"), many(9, "test", "a", "b")...), `training rows have the class "a"`},
		{"nothing beyond the shift", shifted, many(200, "all", "a", "b", "c"), "no rows on the far side of the shift"},
		{"same id twice", noID, many(3, "all", "a", "b"), `m.csv:4: the id "a" a second time`},
		{"no number", number, many(30, "all", "x"), `m.csv:2:2: the label "x" is no number`},
		{"missing column", missing, many(3, "all", "a"), `m.csv:2: no column "lable"; there are 1 "text", 2 "label"`},
	} {
		_, err := load(c.config, rowsOf(header, c.rows...), t.TempDir())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", c.name, err, c.want)
		}
	}
	_, err := load(number, rowsOf(header, many(30, "all", "x")...), t.TempDir())
	if problems, ok := err.(*Errors); !ok || problems.Total != 30 || len(problems.First) != 20 {
		t.Errorf("30 wrong labels give %v", err)
	}
}

func TestDuplicatesAndConflictsAreCounted(t *testing.T) {
	rows := append(many(40, "all", "a", "b"), "all,text number 0 of all,a,1990", "all,text number 1 of all,a,1990")
	d := mustLoad(t, labelled(), rowsOf(header, rows...))
	if r := d.Accounting.Duplicate; r.Rows != 1 || r.Conflicts != 1 || r.Examples[0].Line != 43 {
		t.Errorf("duplicates %+v, want 1 and a conflict at line 43", r)
	}
	ids := make(map[string]bool)
	for _, name := range SplitNames {
		for _, row := range listed(d, name) {
			ids[row.ID] = true
		}
	}
	if len(ids) != 42 {
		t.Errorf("%d ids for 42 rows", len(ids))
	}
	c := labelled()
	c.Split = NewSplit()
	c.Split.Deduplicate = true
	d = mustLoad(t, c, rowsOf(header, rows...))
	if a := d.Accounting; a.Used != 41 || a.Rejections() != 1 || a.Rejected[0].Name != "duplicate" {
		t.Errorf("deduplicated: %s", a.Summary())
	}
}

func TestPlantedLeaksAreFoundExactly(t *testing.T) {
	sentence := func(i int) string {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		var words []string
		for range 20 {
			words = append(words, "w"+strconv.Itoa(random.IntN(5000)))
		}
		return strings.Join(words, " ")
	}
	for _, planted := range []int{0, 1, 74, 1000} {
		var rows []string
		for i := range 1000 {
			rows = append(rows, "train,"+sentence(i)+","+[]string{"a", "b"}[i%2]+",1990")
		}
		var want Leak
		for i := range 1000 {
			text := sentence(1000 + i)
			if i < planted {
				text = sentence(i)
				switch i % 3 {
				case 0:
					want.Exact++
				case 1:
					text = strings.ToUpper(text)
					want.Normalised++
				case 2:
					text += " more"
					want.Near++
				}
			}
			rows = append(rows, "test,"+text+","+[]string{"a", "b"}[i%2]+",1990")
		}
		c := labelled()
		c.Split = NewSplit()
		c.Split.Dev = 0
		d := mustLoad(t, c, rowsOf(header, rows...))
		got := d.Accounting.Leaks[0]
		if got.Exact != want.Exact || got.Normalised != want.Normalised || got.Near != want.Near {
			t.Errorf("%d planted: found %d exact, %d normalised, %d near; want %d, %d, %d",
				planted, got.Exact, got.Normalised, got.Near, want.Exact, want.Normalised, want.Near)
		}
		c.Split.Leakage = "error"
		if _, err := load(c, rowsOf(header, rows...), t.TempDir()); (err != nil) != (planted > 0) {
			t.Errorf("%d planted, leakage = error: %v", planted, err)
		}
	}
}

func TestTasksReadTheirLabels(t *testing.T) {
	multi := &Config{Task: MultiLabel, Label: "label", LabelSeparator: ";", Labels: map[string]string{"1": "one"}}
	d := mustLoad(t, multi, rowsOf(header, "train,x,b; 1;b,0", "train,y,,0", "train,z,c,0"))
	if !reflect.DeepEqual(d.LabelNames, []string{"b", "c", "one"}) || !reflect.DeepEqual(labelsOf(d), map[string][]int{"x": {0, 2}, "y": nil, "z": {1}}) {
		t.Errorf("multi_label: %v, %v", d.LabelNames, labelsOf(d))
	}
	tagging := &Config{Task: Tagging, Label: "label"}
	d = mustLoad(t, tagging, rowsOf(header, "train,the  cat sat,O N V,0"))
	if r := d.Train.list[0]; r.Text != "the cat sat" || !reflect.DeepEqual(r.Tags, []int{1, 0, 2}) {
		t.Errorf("tagging: %+v", r)
	}
	if _, err := load(tagging, rowsOf(header, "train,the cat,O,0"), t.TempDir()); err == nil || !strings.Contains(err.Error(), "m.csv:2:2: 1 tags for 2 words") {
		t.Errorf("too few tags: %v", err)
	}
	choice := &Config{Task: MultipleChoice, Label: "answer", Input: &Input{Text: "q", Choices: []string{"a", "b", "c"}}}
	source := rowsOf("q,a,b,c,answer", "train,w1,x,y,z,c", "train,w2,x,y,z,y", "train,w3,x,y,z,B", "train,w4,x,y,z,2")
	d = mustLoad(t, choice, source)
	got := make(map[string]int)
	for _, name := range SplitNames {
		for _, r := range listed(d, name) {
			got[r.Text] = r.Label
		}
	}
	if want := map[string]int{"w1": 2, "w2": 1, "w3": 1, "w4": 2}; !reflect.DeepEqual(got, want) {
		t.Errorf("choices %v, want %v", got, want)
	}
	match := &Config{Task: Classification, LabelMatch: &LabelMatch{Column: "label", Pattern: "[23]", Match: "unfair", Otherwise: "fair"}}
	d = mustLoad(t, match, rowsOf(header, "train,x,a2,0", "train,y,,0", "train,z,b1,0", "train,v,b3,0"))
	if counts := d.Accounting.Splits[0].Labels; len(counts) != 2 || d.LabelNames[1] != "unfair" {
		t.Errorf("label_match: %v", counts)
	}
}

func labelsOf(d *Dataset) map[string][]int {
	out := make(map[string][]int)
	for _, name := range SplitNames {
		for _, r := range listed(d, name) {
			out[r.Text] = r.Labels
		}
	}
	return out
}

func TestWrittenDataSetIsReadBack(t *testing.T) {
	g := synth.NewClauses()
	g.Count = 300
	c := &Config{Task: Classification, Input: &Input{Text: "clause"}, Label: "kind", Keep: []string{"year", "domain"},
		Shift: &Shift{Type: TopicShift, By: "domain", Train: []string{"news", "web"}, Test: []string{"contracts"}}}
	first, second := t.TempDir(), t.TempDir()
	d, err := load(c, Generated(g), first)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadDir(first)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, d) {
		t.Error("what was read differs from what was written")
	}
	if _, err := load(c, Generated(g), second); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(first)
	if err != nil || len(entries) != 5 {
		t.Fatalf("%d files, %v; want 5", len(entries), err)
	}
	for _, e := range entries {
		a, errA := os.ReadFile(filepath.Join(first, e.Name()))
		b, errB := os.ReadFile(filepath.Join(second, e.Name()))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs when made again (%v, %v)", e.Name(), errA, errB)
		}
	}
}

func TestEveryGeneratorLoads(t *testing.T) {
	for name, c := range map[string]*Config{
		"general":    {Task: LanguageModeling},
		"clauses":    {Task: Classification, Input: &Input{Text: "clause"}, Label: "kind"},
		"medical":    {Task: Classification, Input: &Input{Text: "note"}, Label: "status"},
		"entailment": {Task: Classification, Input: pair("premise", "hypothesis"), Label: "relation"},
		"facts": {Task: Classification, Input: &Input{Text: "claim"}, Label: "truth",
			Shift: &Shift{Type: TemporalShift, By: "year", Cut: 2001, Period: 1}},
		"tagging":    {Task: Tagging, Input: &Input{Text: "words"}, Label: "tags"},
		"similarity": {Task: Regression, Input: pair("first", "second"), Label: "score"},
		"topics":     {Task: MultiLabel, Input: &Input{Text: "report"}, Label: "topics"},
		"choice":     {Task: MultipleChoice, Input: &Input{Text: "scene", TextPair: "question", Choices: []string{"a", "b", "c", "d"}}, Label: "answer"},
	} {
		g, err := synth.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		reflect.ValueOf(g).Elem().FieldByName("Count").SetInt(400)
		d := mustLoad(t, c, Generated(g))
		if d.Accounting.Used != 400 {
			t.Errorf("%s: %s", name, d.Accounting.Summary())
		}
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for _, c := range []struct {
		config interface{ Validate() []error }
		want   []string
	}{
		{&Config{Task: "classify"}, []string{"task", "label"}},
		{&Config{Task: Classification, Label: "a", LabelMatch: &LabelMatch{}}, []string{"label"}},
		{&Config{Task: MultipleChoice, Label: "a"}, []string{"input"}},
		{&Config{Task: Classification, Label: "a", Classes: []string{"x", "x"}}, []string{"classes"}},
		{&Split{Dev: 0.5, Test: 0.5, Leakage: "report"}, []string{"test"}},
		{&Split{Dev: -1, Test: 1, Leakage: "x"}, []string{"dev", "test", "leakage"}},
		{&Shift{Type: "topics"}, []string{"type"}},
		{&Shift{Type: TopicShift}, []string{"by", "train", "test"}},
		{&Shift{Type: TopicShift, By: "d", Train: []string{"x"}, Test: []string{"x"}}, []string{"test"}},
		{&Shift{Type: TemporalShift, By: "d", Period: 1}, []string{"cut"}},
		{&Shift{Type: TemporalShift, By: "d", CutDate: "soon", Period: 0}, []string{"cut_date", "period"}},
		{&Shift{Type: FormatShift, Cut: 3}, []string{"train", "cut"}},
		{&LabelMatch{Column: "c", Pattern: "(", Match: "a", Otherwise: "a"}, []string{"pattern", "match"}},
		{&Files{Header: true, Encoding: "utf8", Unit: "row", Format: "xls", Quotes: "single", Delimiter: ",,"},
			[]string{"train", "format", "delimiter", "quotes", "encoding", "unit", "max_line_bytes"}},
		{&Parallel{Column: "x"}, []string{"train"}},
	} {
		var got []string
		for _, err := range c.config.Validate() {
			got = append(got, err.(interface{ Field() string }).Field())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: fields %v, want %v", c.config, got, c.want)
		}
	}
}

// TestBlamedAttribute: what no row has is the fault of the attribute that asks
// for it, and is not repeated for every row.
func TestBlamedAttribute(t *testing.T) {
	dir := t.TempDir()
	var csv, lines, words strings.Builder
	csv.WriteString("text,label,id\n")
	for i := range 50 {
		fmt.Fprintf(&csv, "row %d,%c,%d\n", i, 'a'+i%2, i)
		fmt.Fprintf(&lines, "{\"text\": \"row %d\", \"label\": \"%c\"}\n", i, 'a'+i%2)
		fmt.Fprintf(&words, "%c: row %d\n", 'a'+i%2, i)
	}
	write(t, dir, "x.csv", []byte(csv.String()))
	write(t, dir, "x.jsonl", []byte(lines.String()))
	write(t, dir, "x.txt", []byte(words.String()))
	for _, c := range []struct {
		file, want string
		change     func(*Config)
	}{
		{"x.csv", "input.text", func(c *Config) { c.Input = &Input{Text: "body"} }},
		{"x.csv", "input.text_pair", func(c *Config) { c.Input = &Input{Text: "text", TextPair: "pair"} }},
		{"x.csv", "label", func(c *Config) { c.Label = "lable" }},
		{"x.csv", "id", func(c *Config) { c.ID = "key" }},
		{"x.csv", "split.group_by", func(c *Config) { c.Split = NewSplit(); c.Split.GroupBy = "group" }},
		{"x.csv", "shift.by", func(c *Config) { c.Shift = &Shift{Type: TopicShift, By: "domain"} }},
		{"x.csv", "label_match.column", func(c *Config) { c.LabelMatch = &LabelMatch{Column: "kind", Pattern: "a"} }},
		{"x.csv", "classes", func(c *Config) { c.Classes = []string{"x", "y"} }},
		{"x.jsonl", "label", func(c *Config) { c.Label = "lable" }},
		{"x.txt", "files.pattern", func(c *Config) { c.Files.Pattern = "^(?P<label>[cd]): (?P<text>.*)$" }},
		{"x.csv", "", func(c *Config) { c.Task = Regression }}, // the rows hold letters
	} {
		config := NewConfig()
		config.Files, config.Label = NewFiles(), "label"
		config.Files.All = []string{c.file}
		c.change(config)
		parts, err := config.Files.Resolve(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = load(config, config.Files.Open(parts), t.TempDir())
		if err == nil || Blamed(err) != c.want {
			t.Errorf("%s: the error %v blames %q, want %q", c.file, err, Blamed(err), c.want)
		}
		if c.want != "" && strings.Count(fmt.Sprint(err), "\n") > maxAlike {
			t.Errorf("%s: the message repeats itself:\n%v", c.file, err)
		}
	}
}
