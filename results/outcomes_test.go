package results

import (
	"math"
	"reflect"
	"testing"

	"runexp/internal/stats"
)

func TestOutcomesKeepEveryBit(t *testing.T) {
	for name, column := range map[string][]float64{
		"classes": {0, 1, 255}, "wide": {-1, 300, math.MaxInt32}, "real": {0.1, -2.5, 1e300}, "odd": {math.Copysign(0, -1), math.Inf(1), 0}, "absent": nil, "large": {1 << 40, 0, 1},
	} {
		o := Outcomes{Split: "dev", Labels: []string{"a", ""}, Rows: &stats.Rows{IDs: []string{"x", "", "z"}, Gold: column, Score: column, Probs: [][]float32{{0.5, 0.5}, {1, 0}, {0.25, 0.75}}}}
		if err := checkOutcomes(&o); err != nil {
			t.Fatal(err)
		}
		_, rowset := encodeRowset(o.Rows)
		ids, err := decodeRowset(rowset)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeOutcomes("dev", ids, encodeOutcomes(&o))
		if err != nil || !reflect.DeepEqual(*got, o) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, o)
		}
		for i := range column {
			if math.Signbit(got.Gold[i]) != math.Signbit(column[i]) {
				t.Errorf("%s: the sign of value %d is lost", name, i)
			}
		}
	}
}

func TestOutcomesThatDoNotFitAreRefused(t *testing.T) {
	for name, o := range map[string]Outcomes{
		"no rows":              {Split: "dev"},
		"short column":         {Split: "dev", Rows: &stats.Rows{IDs: []string{"a", "b"}, Gold: []float64{1}}},
		"id twice":             {Split: "dev", Rows: &stats.Rows{IDs: []string{"a", "a"}}},
		"ragged probabilities": {Split: "dev", Rows: &stats.Rows{IDs: []string{"a", "b"}, Probs: [][]float32{{1}, {0.5, 0.5}}}},
	} {
		if err := checkOutcomes(&o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzDecodeOutcomes feeds damaged blobs: an error, never a panic, and never
// memory beyond what the blob could hold.
func FuzzDecodeOutcomes(f *testing.F) {
	o := Outcomes{Split: "dev", Labels: []string{"a"}, Rows: &stats.Rows{IDs: []string{"x", "y"}, Slices: []string{"s=1", ""}, Gold: []float64{0, 1}, Score: []float64{0.5, 1}, Probs: [][]float32{{1}, {1}}}}
	_, rowset := encodeRowset(o.Rows)
	f.Add(rowset, encodeOutcomes(&o))
	f.Add([]byte("rxr1\xff\xff\xff\xff\x7f"), []byte("rxo1\xff\xff\xff\xff\x7f"))
	f.Add([]byte("rxr1\x00"), []byte("rxo1\x00\x00\x03\x03\x03\x03\x00"))
	f.Fuzz(func(t *testing.T, rowset, data []byte) {
		ids, err := decodeRowset(rowset)
		if err != nil {
			return
		}
		got, err := decodeOutcomes("dev", ids, data)
		if err == nil && got.Len() != ids.Len() {
			t.Errorf("%d rows for %d ids", got.Len(), ids.Len())
		}
	})
}
