package work

import (
	"os"
	"path/filepath"
	"testing"

	"runexp/internal/dataset"
)

// TestRefusedRowsStayRefused: a data set that a check refused is not taken for read
// when it is asked for again.
func TestRefusedRowsStayRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), []byte("text,label\na,x\nb,x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	config := dataset.NewConfig()
	config.Label, config.Files = "label", dataset.NewFiles()
	config.Files.All = []string{"rows.csv"}
	parts, err := config.Files.Resolve(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &ReadData{Config: config, Parts: parts}
	for range 2 {
		if err := s.Check(); err == nil {
			t.Error("rows of one class were accepted")
		}
	}
}
