package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/testkit"
)

// initialised runs init in a folder with one data file, checks that what it
// prints is valid, and returns it with the guesses.
func initialised(t *testing.T, file, content string, flags ...string) (text, said string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return validStarter(t, append(append([]string{"init"}, flags...), file)...)
}

func validStarter(t *testing.T, args ...string) (text, said string) {
	t.Helper()
	var out, errs bytes.Buffer
	if status := Main(args, nil, &out, &errs); status != 0 {
		t.Fatalf("runexp %s: status %d, %s", strings.Join(args, " "), status, &errs)
	}
	path := filepath.Join(t.TempDir(), "mine.hcl")
	if len(args) > 1 {
		path = "mine.hcl" // the data file's path is relative to it
	}
	if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var found bytes.Buffer
	if status := Main([]string{"validate", path}, nil, &bytes.Buffer{}, &found); status != 0 {
		t.Fatalf("runexp validate says %d: %s\n%s", status, &found, &out)
	}
	return out.String(), errs.String()
}

// rows repeats lines under a header, with a number in each.
func rows(header string, lines ...string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range 30 {
		line := lines[i%len(lines)]
		b.WriteString(strings.ReplaceAll(line, "#", strings.Repeat("x", i%7+1)+string(rune('a'+i%26))) + "\n")
	}
	return b.String()
}

func TestInitGuessesColumns(t *testing.T) {
	for _, c := range []struct {
		name, file, content string
		flags, want, said   []string
	}{
		{"plain", "posts.csv", rows("id,text,label", "#1,the # post,yes", "#2,a # post,no"), nil,
			[]string{`experiment "posts"`, `text = "text"`, `label = "label"`, `"classification"`, `all = "posts.csv"`},
			[]string{`text: column "text"`, `label: column "label", 2 values in the first rows: no, yes`, "task: classification"}},
		{"pair", "rte.tsv", rows("index\tsentence1\tsentence2\tlabel", "#\tone # here\ttwo # there\tentailment", "#\tother #\tand #\tnot_entailment"), nil,
			[]string{`text      = "sentence1"`, `text_pair = "sentence2"`}, nil},
		{"regression", "sick.csv", rows("a,b,relatedness", "a sentence #,another # one,4.5", "a # thing,a # word,1.25"), []string{"-label", "relatedness", "-text", "a", "-pair", "b"},
			[]string{`"regression"`, `text_pair = "b"`}, []string{"task: regression"}},
		{"unknown names", "x.jsonl", strings.TrimPrefix(rows("", `{"what was said": "a long # sentence", "verdict": "good", "n": 1}`, `{"what was said": "a # word", "verdict": "bad", "n": 2}`), "\n"), nil,
			[]string{`text = "what was said"`, `label = "verdict"`}, nil},
		{"domains and years", "law.csv", rows("text,label,domain,year", "some # text,1,court,1990", "more # text,0,press,2001"), nil,
			[]string{`by = "domain"`, `by = "year"`}, []string{`column "domain" could divide`, `column "year" could divide`}},
		{"premises that repeat", "snli.csv", rows("premise,hypothesis,label", "one premise,# says so,1", "another premise,# says not,0"), nil,
			[]string{`group_by = "premise"`}, []string{`split: rows with equal "premise" stay together`}},
		{"no header", "acceptable.tsv", rows("src\t1\t\tA sentence # it is", "src\t1\t\tAnother # sentence", "src\t0\t*\tSentence # not a"), nil,
			[]string{"header = false", `text = "4"`, `label = "2"`}, []string{"columns: numbered"}},
		{"counted columns", "frame.csv", rows("0,1", "some # text,1", "more # text,0"), nil, []string{`text = "0"`, `label = "1"`}, nil},
		{"quotes in names", "q.csv", rows("${text},label", "some # text,1", "more # text,0"), []string{"-text", "${text}"}, []string{`text = "$${text}"`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, said := initialised(t, c.file, c.content, c.flags...)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("the file lacks %q:\n%s", w, text)
				}
			}
			for _, w := range c.said {
				if !strings.Contains(said, w) {
					t.Errorf("the guesses lack %q:\n%s", w, said)
				}
			}
		})
	}
}

func TestInitWithoutData(t *testing.T) {
	text, said := validStarter(t, "init")
	if !strings.Contains(text, `generator "clauses"`) || said != "" {
		t.Errorf("init printed %q and said %q", text, said)
	}
}

func TestInitRefusesWhatItCannotGuess(t *testing.T) {
	for _, c := range []struct{ content, flag, value, want string }{
		{rows("a,b", "1,2", "3,4"), "-label", "b", "-text"},
		{rows("text,number", "one # text,", "other # text,"), "-text", "text", "-label"},
		{rows("text,label", "one # text,1", "other # text,0"), "-text", "body", `no column "body"`},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("data.csv", []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		status := Main([]string{"init", c.flag, c.value, "data.csv"}, nil, &out, &errs)
		if status != exitInvalid || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("status %d, %q; want status %d that says %q, and no output", status, errs.String(), exitInvalid, c.want)
		}
	}
}

func TestInitOnRealData(t *testing.T) {
	home := testkit.Root(t)
	for file, want := range map[string][]string{
		"nli-rte/train.csv":                 {`text      = "premise"`, `text_pair = "hypothesis"`, `label = "label"`, `"classification"`},
		"cola/in_domain_train.tsv":          {"header = false", `text = "4"`, `label = "2"`},
		"med-abstracts/medical_tc_test.csv": {`text = "medical_abstract"`, `label = "condition_label"`},
	} {
		t.Chdir(home)
		path := testkit.Shared(t, file)
		t.Chdir(t.TempDir())
		text, _ := validStarter(t, "init", path)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: the file lacks %q:\n%s", file, w, text)
			}
		}
	}
}
