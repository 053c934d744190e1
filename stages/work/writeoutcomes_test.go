package work

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"runexp/pipeline/cache"
)

// TestOutcomesInPartsAreThoseAtOnce: the bytes, and with them content ids, do not
// depend on how many rows are written at a time.
func TestOutcomesInPartsAreThoseAtOnce(t *testing.T) {
	many := Outcomes{Split: "dev"}
	for i := range 2*elementsAtOnce + 3 {
		many.IDs, many.Score = append(many.IDs, fmt.Sprintf("<row %d \"é\">", i)), append(many.Score, float64(i)/7)
		many.Probs = append(many.Probs, []float32{float32(i) / 3, 1e-9})
	}
	for _, list := range [][]Outcomes{nil, {many}, {{Split: "dev", IDs: []string{"a"}, Slices: []string{"year=1"}, Gold: []float64{1}, Pred: []float64{0},
		Score: []float64{1e300}, Weight: []float64{3}}, many}} {
		dir := t.TempDir()
		if err := cache.WriteJSON(dir, "want", list); err != nil {
			t.Fatal(err)
		}
		if err := writeOutcomes(filepath.Join(dir, "got"), list); err != nil {
			t.Fatal(err)
		}
		want, _ := os.ReadFile(filepath.Join(dir, "want"))
		got, _ := os.ReadFile(filepath.Join(dir, "got"))
		if len(want) == 0 || !bytes.Equal(got, want) {
			t.Errorf("%d outcomes: the bytes differ: %.300q, want %.300q", len(list), got, want)
		}
	}
}
