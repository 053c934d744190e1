package dataset

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData finds the folder of real data beside the repository, or skips.
func sharedData(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the package")
		}
	}
	data := filepath.Join(dir, "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		t.Skipf("real data is missing: %v", err)
	}
	return data
}

// declared is one data set of shared/data, as an experiment file would say it, with
// the figures of its SOURCE.txt.
type declared struct {
	name     string
	files    func(*Files)
	config   Config
	rowsIn   int
	rejected int
	classes  map[string]int // rows of each class over all splits
	check    func(*testing.T, *Dataset)
}

func pair(text, second string) *Input { return &Input{Text: text, TextPair: second} }

func wantSplit(name string, want int) func(*testing.T, *Dataset) {
	return func(t *testing.T, d *Dataset) {
		if got := d.Split(name).Len(); got != want {
			t.Errorf("%s has %d rows, want %d", name, got, want)
		}
	}
}

var realSets = []declared{
	{name: "nli-rte", rowsIn: 2767, classes: map[string]int{"entailment": 1249 + 146, "not_entailment": 1241 + 131},
		files:  func(f *Files) { f.Train, f.Test = []string{"train.csv"}, []string{"dev.csv"} },
		config: Config{Task: Classification, Input: pair("premise", "hypothesis"), Label: "label"},
		check:  wantSplit(TestIDSplit, 277)},
	{name: "nli-snli-dev", rowsIn: 9831, classes: map[string]int{"entailment": 3325, "contradiction": 3275, "neutral": 3231},
		files: func(f *Files) { f.All = []string{"dev.csv"} },
		config: Config{Task: Classification, Input: pair("premise", "hypothesis"), Label: "label",
			Split: &Split{Dev: 0.1, Test: 0.2, Stratified: true, GroupBy: "premise"}},
		check: func(t *testing.T, d *Dataset) {
			for _, leak := range d.Accounting.Leaks {
				if leak.SharedText != 0 {
					t.Errorf("%d premises of %s stand in %s", leak.SharedText, leak.Of, leak.In)
				}
			}
			if n := d.TestID.Len(); n < 1900 || n > 2030 {
				t.Errorf("test has %d rows, want about 1,966", n)
			}
		}},
	{name: "mrpc", rowsIn: 4076 + 1725, classes: map[string]int{"0": 1323 + 578, "1": 2753 + 1147},
		files: func(f *Files) {
			f.Train, f.Test = []string{"msr_paraphrase_train.txt"}, []string{"msr_paraphrase_test.txt"}
			f.Format = "tsv"
		},
		config: Config{Task: Classification, Input: pair("#1 String", "#2 String"), Label: "Quality"},
		check:  wantSplit(TestIDSplit, 1725)},
	{name: "sick-regression", rowsIn: 9927,
		files: func(f *Files) {
			f.Train, f.Dev, f.Test = []string{"SICK_train.txt"}, []string{"SICK_trial.txt"}, []string{"SICK_test_annotated.txt"}
			f.Format = "tsv"
		},
		config: Config{Task: Regression, Input: pair("sentence_A", "sentence_B"), Label: "relatedness_score", ID: "pair_ID"},
		check:  wantSplit(DevSplit, 500)},
	{name: "sick-regression", rowsIn: 9927,
		classes: map[string]int{"NEUTRAL": 2536 + 282 + 2793, "ENTAILMENT": 1299 + 144 + 1414, "CONTRADICTION": 665 + 74 + 720},
		files: func(f *Files) {
			f.Train, f.Dev, f.Test = []string{"SICK_train.txt"}, []string{"SICK_trial.txt"}, []string{"SICK_test_annotated.txt"}
			f.Format = "tsv"
		},
		config: Config{Task: Classification, Input: pair("sentence_A", "sentence_B"), Label: "entailment_judgment"},
		check:  wantSplit(TestIDSplit, 4927)},
	{name: "legal-unfair-tos", rowsIn: 17383, classes: map[string]int{"unfair": 1374, "fair": 17383 - 1374},
		files: func(f *Files) { f.All = []string{"tos_sentences.tsv"} },
		config: Config{Task: Classification, Input: &Input{Text: "sentence"},
			LabelMatch: &LabelMatch{Column: "tags", Pattern: "[23]", Match: "unfair", Otherwise: "fair"},
			Split:      &Split{Dev: 0.1, Test: 0.2, Stratified: true, GroupBy: "company"}}},
	{name: "legal-unfair-tos", rowsIn: 17383,
		files:  func(f *Files) { f.All = []string{"tos_sentences.tsv"} },
		config: Config{Task: MultiLabel, Input: &Input{Text: "sentence"}, Label: "tags", LabelSeparator: ","}},
	{name: "legal-scotus-justice", rowsIn: 2999, rejected: 133,
		files: func(f *Files) { f.All = []string{"justice.csv"} },
		config: Config{Task: Classification, Input: &Input{Text: "facts"}, Label: "issue_area",
			Shift: &Shift{Type: TemporalShift, By: "term", Cut: 1999, Period: 10}}},
	{name: "legal-scotus-justice", rowsIn: 2999, rejected: 12, classes: map[string]int{"TRUE": 1933, "FALSE": 1054},
		files:  func(f *Files) { f.All = []string{"justice.csv"} },
		config: Config{Task: Classification, Input: &Input{Text: "facts"}, Label: "first_party_winner"}},
	{name: "med-abstracts", rowsIn: 2888, classes: map[string]int{"neoplasms": 633, "2": 299, "3": 385, "4": 610, "5": 961},
		files: func(f *Files) { f.All = []string{"medical_tc_test.csv"} },
		config: Config{Task: Classification, Input: &Input{Text: "medical_abstract"}, Label: "condition_label",
			Labels: map[string]string{"1": "neoplasms"}}},
	{name: "med-chemprot", rowsIn: 4169 + 2427 + 3469,
		classes: map[string]int{"INHIBITOR": 1642 + 812 + 1255, "SUBSTRATE_PRODUCT-OF": 14 + 5, "UPREGULATOR": 67 + 17 + 41},
		files: func(f *Files) {
			f.Train, f.Dev, f.Test, f.Format = []string{"train.txt"}, []string{"dev.txt"}, []string{"test.txt"}, "jsonl"
		},
		config: Config{Task: Classification, Label: "label"},
		check:  wantSplit(DevSplit, 2427)},
	{name: "temporal-nytimes", rowsIn: 3104, classes: map[string]int{"19": 662, "16": 444, "20": 394, "3": 185},
		files: func(f *Files) { f.All, f.Encoding = []string{"NYTimes.csv.gz"}, "latin-1" },
		config: Config{Task: Classification, Input: &Input{Text: "Title"}, Label: "Topic.Code", ID: "Article_ID",
			Shift: &Shift{Type: TemporalShift, By: "Date", Cut: 2000, Period: 1}},
		check: func(t *testing.T, d *Dataset) {
			wantSplit(TestShiftSplit, 295+305+294+260+237+248)(t, d)
			want := []Named{{"Date=2001", 295}, {"Date=2002", 305}, {"Date=2003", 294}, {"Date=2004", 260}, {"Date=2005", 237}, {"Date=2006", 248}}
			got := d.Accounting.Splits[3].Slices
			if len(got) != len(want) {
				t.Fatalf("slices %v, want %v", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("slice %v, want %v", got[i], want[i])
				}
			}
		}},
	{name: "temporal-situatedqa", rowsIn: 4438 + 2606 + 1928, classes: map[string]int{"yes": 1591 + 840 + 533, "no": 2847 + 1766 + 1395},
		files: func(f *Files) {
			f.Train, f.Dev, f.Test = []string{"id_data/temp.train.jsonl"}, []string{"id_data/temp.dev.jsonl"}, []string{"id_data/temp.test.jsonl"}
		},
		config: Config{Task: Classification, Input: &Input{Text: "question"}, Label: "is_dependent"}},
	{name: "sst2", rowsIn: 6920 + 872 + 1821, classes: map[string]int{"negative": 3310 + 428 + 912, "positive": 3610 + 444 + 909},
		files: func(f *Files) {
			f.Train, f.Dev, f.Test = []string{"stsa.binary.train"}, []string{"stsa.binary.dev"}, []string{"stsa.binary.test"}
			f.Format, f.Pattern = "txt", `^(?P<label>[01]) (?P<text>.*)$`
		},
		config: Config{Task: Classification, Label: "label", Labels: map[string]string{"0": "negative", "1": "positive"}}},
	{name: "trec-qc", rowsIn: 5952,
		classes: map[string]int{"ENTY": 1250 + 94, "HUM": 1223 + 65, "DESC": 1162 + 138, "NUM": 896 + 113, "LOC": 835 + 81, "ABBR": 86 + 9},
		files: func(f *Files) {
			f.Train, f.Test = []string{"qc/train.txt"}, []string{"qc/test.txt"}
			f.Encoding, f.Pattern = "latin-1", `^(?P<coarse>[A-Z]+):(?P<fine>\w+) (?P<text>.*)$`
		},
		config: Config{Task: Classification, Label: "coarse"}},
	{name: "cola", rowsIn: 8551 + 527 + 516, classes: map[string]int{"0": 2528 + 162 + 162, "1": 6023 + 365 + 354},
		files: func(f *Files) {
			f.Train, f.Test, f.TestShift = []string{"in_domain_train.tsv"}, []string{"in_domain_dev.tsv"}, []string{"out_of_domain_dev.tsv"}
			f.Header, f.Columns = false, []string{"source", "label", "star", "sentence"}
		},
		config: Config{Task: Classification, Input: &Input{Text: "sentence"}, Label: "2"},
		check:  wantSplit(TestShiftSplit, 516)},
	{name: "tweeteval-emotion", rowsIn: 3257 + 374 + 1421,
		classes: map[string]int{"anger": 1400 + 160 + 558, "joy": 708 + 97 + 358, "optimism": 294 + 28 + 123, "sadness": 855 + 89 + 382},
		files: func(f *Files) {
			f.Train, f.Dev, f.Test = []string{"train_text.txt"}, []string{"val_text.txt"}, []string{"test_text.txt"}
			f.Parallel = []*Parallel{{Column: "emotion", Train: []string{"train_labels.txt"}, Dev: []string{"val_labels.txt"}, Test: []string{"test_labels.txt"}}}
		},
		config: Config{Task: Classification, Label: "emotion",
			Labels: map[string]string{"0": "anger", "1": "joy", "2": "optimism", "3": "sadness"}}},
	{name: "legal-contractnli-dev", rowsIn: 1037, classes: map[string]int{"Entailment": 519, "NotMentioned": 423, "Contradiction": 95},
		files: func(f *Files) {
			f.All = []string{"dev.json"}
			f.Rows = "documents[d].annotation_sets[a].annotations[h]"
			f.Paths = map[string]string{
				"contract":   "documents[d].text",
				"hypothesis": "labels[h].hypothesis",
				"choice":     "documents[d].annotation_sets[a].annotations[h].choice",
				"document":   "[d]",
			}
		},
		config: Config{Task: Classification, Input: pair("contract", "hypothesis"), Label: "choice",
			Split: &Split{Dev: 0.1, Test: 0.2, Stratified: true, GroupBy: "document"}},
		check: func(t *testing.T, d *Dataset) {
			if d.TestID.Len()%17 != 0 {
				t.Errorf("test has %d rows: a contract is divided", d.TestID.Len())
			}
		}},
	{name: "inaugural", rowsIn: 59,
		files: func(f *Files) {
			f.All, f.Unit, f.Name, f.Encoding = []string{"inaugural/*.txt"}, "file", `^(?P<year>\d{4})-(?P<speaker>\w+)`, "latin-1"
		},
		config: Config{Task: LanguageModeling, Keep: []string{"speaker"}, Shift: &Shift{Type: TemporalShift, By: "year", Cut: 1990, Period: 4}},
		check:  wantSplit(TestShiftSplit, 8)},
}

func TestRealDataIsDeclaredAsItLies(t *testing.T) {
	data := sharedData(t)
	for _, set := range realSets {
		t.Run(set.name+"/"+set.config.Task+"/"+set.config.Label, func(t *testing.T) {
			t.Parallel()
			files := NewFiles()
			set.files(files)
			if errs := files.Validate(); len(errs) > 0 {
				t.Fatal(errs)
			}
			parts, err := files.Resolve(filepath.Join(data, set.name))
			if err != nil {
				t.Fatal(err)
			}
			config := set.config
			if errs := config.Validate(); len(errs) > 0 {
				t.Fatal(errs)
			}
			d, err := load(&config, files.Open(parts), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			a := d.Accounting
			if a.RowsIn != set.rowsIn || a.Rejections() != set.rejected || a.Lost() != 0 {
				t.Errorf("%s, %d lost; want %d rows read, %d rejected, 0 lost", a.Summary(), a.Lost(), set.rowsIn, set.rejected)
			}
			counts := make(map[string]int)
			for _, s := range a.Splits {
				for _, label := range s.Labels {
					counts[label.Name] += label.Rows
				}
			}
			for label, want := range set.classes {
				if counts[label] != want {
					t.Errorf("class %s has %d rows, want %d", label, counts[label], want)
				}
			}
			if set.check != nil {
				set.check(t, d)
			}
		})
	}
}
