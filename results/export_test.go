package results

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportsAgree(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	fill(t, s, "one")
	ctx := context.Background()
	var table, lines bytes.Buffer
	if err := s.ExportCSV(ctx, &table, "legal"); err != nil {
		t.Fatal(err)
	}
	if err := s.ExportJSONL(ctx, &lines, "legal"); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != 1+18+1 {
		t.Fatalf("csv has %d lines, %v; want a head, 18 metrics and the failed run", len(rows), err)
	}
	notNumbers := 0
	for k, text := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Fatalf("line %d: %v in %s", k+1, err, text)
		}
		if len(object) != len(exportColumns) || object["metric"] != rows[k+1][14] || object["configuration"] != rows[k+1][6] {
			t.Errorf("line %d disagrees with csv line %v: %s", k+1, rows[k+1], text)
		}
		if object["value"] == "NaN" {
			notNumbers++
		}
	}
	if notNumbers != 2 {
		t.Errorf("%d values are NaN, want the diverged one and the failed run's", notNumbers)
	}
}

func TestCSVCellsAreInert(t *testing.T) {
	for _, payload := range formulaPayloads {
		cell := inertCell(payload)
		start := strings.TrimLeft(cell, " \u00a0\ufeff")
		if strings.IndexAny(start, "=+-@|%\t\r\n") == 0 || strings.ContainsAny(cell, "\t\r\n\x00") {
			t.Errorf("inertCell(%q) = %q, which a spreadsheet may run", payload, cell)
		}
	}
	for _, plain := range []string{"lora[rank=8]", "year=2003", "a,b", `say "x"`, ""} {
		if got := inertCell(plain); got != plain {
			t.Errorf("inertCell(%q) = %q, want it unchanged", plain, got)
		}
	}
}

var formulaPayloads = []string{
	"=1+1", "+1", "-1+1", "@SUM(A1)", "=cmd|'/C calc'!A0", " =1", "\t=1", "\r=1", "\n=1", "\u00a0=1", "\ufeff=1", "＝1+1", "＋1", "－1", "＠x",
	`"=1"`, "'=1", "=HYPERLINK(\"http://x\",\"y\")", "|calc", "%0A=1", "a\t=1", "a\r\n=1", "\x00=1", "-", "=",
}

func TestMLflowFolderHoldsNamesAsText(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	ctx := context.Background()
	run, metrics, _, curve := example(1, 1)
	metrics = append(metrics, Metric{Split: "test_id", Slice: "../../../etc=1", Name: "accuracy", Value: 1})
	if err := s.Begin(ctx, Invocation{ID: "../up", Experiment: "a: b\n- c", Status: "done"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(ctx, run, metrics, nil, curve); err != nil {
		t.Fatal(err)
	}
	if err := s.SetMembers(ctx, "../up", []Member{{Dataset: "d", Configuration: "../../x", Seed: 1, Status: OK, Action: run.Action}}); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "out")
	if err := s.ExportMLflow(ctx, folder, ""); err != nil {
		t.Fatal(err)
	}
	var files []string
	filepath.WalkDir(filepath.Dir(folder), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
			if !strings.HasPrefix(path, folder+string(filepath.Separator)) {
				t.Errorf("file %s lies outside the export", path)
			}
		}
		return nil
	})
	found, err := filepath.Glob(filepath.Join(folder, "*", "*", "metrics", "training.train_loss"))
	if err != nil || len(found) != 1 {
		t.Fatalf("training curve: %v, %v among %v", found, err, files)
	}
	if content, _ := os.ReadFile(found[0]); !strings.HasSuffix(string(content), " 2.5 1\n"+strings.Split(string(content), " ")[0]+" inf 2\n") {
		t.Errorf("curve = %q, want the values 2.5 and inf at steps 1 and 2", content)
	}
}
