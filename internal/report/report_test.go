package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/show"
	"runexp/internal/stats"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		os.WriteFile(path+".got", got, 0o666)
		t.Errorf("%s differs; see %s.got, or run go test -update", name, path)
	}
}

func TestReportIsGolden(t *testing.T) {
	f, s := fixture()
	d := Build(f, s)
	var md, again bytes.Buffer
	if err := Markdown(&md, d); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.md", md.Bytes())
	f, s = fixture()
	Markdown(&again, Build(f, s))
	if !bytes.Equal(md.Bytes(), again.Bytes()) {
		t.Error("built twice, the report differs")
	}
}

func TestVerdictFollowsTheTests(t *testing.T) {
	f, s := fixture()
	var md bytes.Buffer
	if err := Markdown(&md, Build(f, s)); err != nil {
		t.Fatal(err)
	}
	text := md.String()
	for _, want := range []string{
		"Top under shift:** `lora[rank=8]`",
		"**Full fine-tuning** (`full`) against `lora[rank=8]`: +",
		"**Within budget** `phone` (1 MB stored): choose `lora[rank=8]`",
		"**Within budget** `nothing` (1 B stored): no method fits.",
		"Rows in: 1,000 = 990 used + 3 rejected + 7 dropped by the shift.",
		"loss is NaN at step 7 of \\| seed 2",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(text, "unaccounted") {
		t.Error("the report says that rows are unaccounted for")
	}
	f.Datasets[0].RowsIn++
	md.Reset()
	Markdown(&md, Build(f, s))
	if !strings.Contains(md.String(), "1 rows are unaccounted for") {
		t.Error("a lost row is not reported")
	}
}

func TestReportOfNothing(t *testing.T) {
	d := Build(&Facts{}, &stats.Study{Experiment: "empty", Warnings: []string{"3 of 3 runs are missing"}})
	var md, html bytes.Buffer
	if err := Markdown(&md, d); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&html, d); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# empty", "3 of 3 runs are missing", "nothing to conclude"} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the empty report lacks %q:\n%s", want, md.String())
		}
	}
}

func TestFactsSurviveJSON(t *testing.T) {
	f, s := fixture()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Facts
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	Markdown(&a, Build(f, s))
	Markdown(&b, Build(&back, s))
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("facts that went through JSON give another report")
	}
}

func TestWriteFilesLeavesNothingHalf(t *testing.T) {
	f, s := fixture()
	folder := t.TempDir()
	d := Build(f, s)
	if err := WriteFiles(folder, d); err != nil {
		t.Fatal(err)
	}
	md, err := os.ReadFile(filepath.Join(folder, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, line := range strings.Split(string(md), "\n") {
		if _, link, found := strings.Cut(line, "](figures/"); found {
			links++
			if _, err := os.Stat(filepath.Join(folder, "figures", strings.TrimSuffix(link, ")"))); err != nil {
				t.Error(err)
			}
		}
	}
	if links < 5 {
		t.Errorf("%d figures are linked, want scores, periods, Pareto, layers, training, reliability", links)
	}
	if found, _ := filepath.Glob(filepath.Join(folder, ".*")); len(found) > 0 {
		t.Errorf("temporary files are left: %v", found)
	}
	before, _ := os.Stat(filepath.Join(folder, "report.html"))
	if err := WriteFiles(folder, d); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(filepath.Join(folder, "report.html")); !after.ModTime().Equal(before.ModTime()) {
		t.Error("an unchanged report was written again")
	}
}

func TestUnits(t *testing.T) {
	for got, want := range map[string]string{
		show.Count(1234567): "1,234,567", show.Count(-1000): "−1,000", show.Count(999): "999", show.Count(0): "0",
		show.Bytes(999): "999 B", show.Bytes(1_000_000): "1 MB", show.Bytes(4_938_268): "4.94 MB",
		score("accuracy", 0.7134): "71.3", score("loss", 2.34567): "2.346", difference("accuracy", -0.031): "−3.1", difference("accuracy", -0.0001): "0.0",
		show.Probability(0.0004): "< 0.001", show.Probability(0.0414): "0.041", show.Plural(1, "seed"): "1 seed", show.Plural(3, "seed"): "3 seeds", seconds(12.34): "12.3", seconds(1234.5): "1234",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestConditionsMeetInOneTable(t *testing.T) {
	f, s := fixture()
	s.Entries = s.Entries[3:5]
	for _, e := range s.Entries {
		other := *e
		other.Condition = "cloze"
		e.Condition = "pair"
		other.Scores = nil
		for _, score := range e.Scores {
			if score.Slice != "domain=statutes" {
				other.Scores = append(other.Scores, score)
			}
		}
		s.Entries = append(s.Entries, &other)
	}
	var md bytes.Buffer
	if err := Markdown(&md, Build(f, s)); err != nil {
		t.Fatal(err)
	}
	text := md.String()
	for _, want := range []string{"## Trained on × tested on", "**clauses: probing, by domain on base**", "| trained on | contracts | statutes |", "| `cloze` | 62.7 [", "### Data set clauses, trained on cloze"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	cloze := text[strings.Index(text, "| `cloze` | 62.7 ["):]
	if line, _, _ := strings.Cut(cloze, "\n"); !strings.HasSuffix(line, "| – |") {
		t.Errorf("a slice without a score is not a dash: %s", line)
	}
}
