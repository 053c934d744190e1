package dataset

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// stored is a row as other programs store it.
type stored struct {
	Text  string    `parquet:"text,zstd"`
	Label int32     `parquet:"label"`
	Score *float64  `parquet:"score,optional"`
	Tags  []string  `parquet:"tags,list"`
	When  time.Time `parquet:"when,timestamp(microsecond)"`
	Day   int32     `parquet:"day,date"`
	Meta  struct {
		Source string `parquet:"source"`
	} `parquet:"meta"`
}

func TestParquetColumnsBecomeTexts(t *testing.T) {
	score := 0.25
	when := time.Date(2001, 6, 30, 12, 0, 0, 0, time.UTC)
	rows := []stored{
		{Text: "one\né", Label: 1, Score: &score, Tags: []string{"x", "y"}, When: when, Day: 11503},
		{Text: "two", Label: -2, When: when, Day: -1},
	}
	rows[0].Meta.Source = "web"
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	f := NewFiles()
	f.All = []string{path}
	parts, err := f.Resolve("")
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]string
	err = f.Open(parts).Each(func(r *Record) error {
		row := make(map[string]string)
		for _, name := range r.Header.Names {
			if v, ok := r.Get(name); ok {
				row[name] = v.flat()
			}
		}
		got = append(got, row)
		return nil
	})
	want := []map[string]string{
		{"text": "one\né", "label": "1", "score": "0.25", "tags": "x y", "when": "2001-06-30T12:00:00Z", "day": "2001-06-30", "meta.source": "web"},
		{"text": "two", "label": "-2", "tags": "", "when": "2001-06-30T12:00:00Z", "day": "1969-12-31", "meta.source": ""},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %v; want %v", got, err, want)
	}
}

func TestParquetThatIsNoneIsRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "x.parquet", []byte("PAR1 but nothing else"))
	f := NewFiles()
	f.All = []string{"x.parquet"}
	if _, err := texts(t, dir, f); err == nil || !strings.Contains(err.Error(), "x.parquet") {
		t.Errorf("%v; want an error that names the file", err)
	}
}

func TestDamagedParquetNeverPanics(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows.parquet")
	if err := parquet.WriteFile(path, []stored{{Text: "one", Tags: []string{"x"}}, {Text: "two"}}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := NewFiles()
	f.All = []string{"rows.parquet"}
	refused := 0
	for i := 0; i < len(good); i += 3 {
		bad := slices.Clone(good)
		bad[i] ^= 0x41
		write(t, dir, "rows.parquet", bad)
		if _, err := texts(t, dir, f); err != nil {
			refused++
		}
	}
	if refused < len(good)/12 {
		t.Errorf("only %d of %d damaged files are refused", refused, len(good)/3)
	}
}
