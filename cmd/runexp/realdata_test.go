package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/testkit"
)

// majorityScores are counted from the files: the share of a test split that
// has the most frequent class of the training rows.
var majorityScores = map[string]string{
	"sst2/test_id":     ratio(909, 1821),
	"trec/test_id":     ratio(94, 500),
	"emotion/test_id":  ratio(558, 1421),
	"cola/test_id":     ratio(365, 527),
	"cola/test_shift":  ratio(354, 516),
	"rte/test_id":      ratio(146, 277),
	"mrpc/test_id":     ratio(1147, 1725),
	"sick/test_id":     ratio(2793, 4927),
	"chemprot/test_id": ratio(1255, 3469),
	"situated/test_id": ratio(1395, 1928),
}

func ratio(right, rows int) string { return fmt.Sprintf("%.6f", float64(right)/float64(rows)) }

// TestRealDataDeclaredAsItLies reads every labelled set of shared/data through
// an experiment file, then predicts the most frequent class on each.
func TestRealDataDeclaredAsItLies(t *testing.T) {
	data := testkit.Shared(t, "")
	s := &site{t: t, dir: t.TempDir()}
	text, err := os.ReadFile(filepath.Join("testdata", "realdata.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("realdata.hcl", string(text))
	s.run("realdata.hcl", "-var", "data="+data, "-progress", "none")

	rows, err := csv.NewReader(strings.NewReader(s.run("results", "export"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[name] = i
	}
	got := make(map[string]string)
	for _, row := range rows[1:] {
		if row[column["metric"]] == "accuracy" && row[column["slice"]] == "all" {
			var value float64
			if _, err := fmt.Sscan(row[column["value"]], &value); err != nil {
				t.Fatal(err)
			}
			got[row[column["dataset"]]+"/"+row[column["split"]]] = fmt.Sprintf("%.6f", value)
		}
	}
	for split, want := range majorityScores {
		if got[split] != want {
			t.Errorf("%s: the majority class scores %q, want %s", split, got[split], want)
		}
	}
}
