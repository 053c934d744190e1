package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestRowsInAFileAreThoseInMemory: however many rows are kept, every way of reading
// them gives the same ones, also with what writers of JSON like to escape.
func TestRowsInAFileAreThoseInMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows")
	w, err := createRows(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		row := Row{ID: fmt.Sprint(i), Text: strings.Repeat("<a> & \u2028 \"é\"\n\U0001f600", i*i), Fields: map[string]string{"b": "x", "a": "\\"}}
		if i%10 == 0 {
			row = Row{ID: fmt.Sprint(i)} // nothing of the row before may stay
		}
		if err := w.add(&row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	memory, err := openRows(path, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	file, err := openRows(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.file.Close()
	if memory.file != nil || file.file == nil || memory.Len() != 100 || file.Len() != 100 {
		t.Fatalf("%d and %d rows; want 100 in memory and 100 in a file", memory.Len(), file.Len())
	}
	if list, err := file.All(); err != nil || !reflect.DeepEqual(list, memory.list) {
		t.Errorf("all rows of the file differ from those in memory, %v", err)
	}
	for _, i := range []int{99, 0, 50} {
		row, err := file.At(i)
		if err != nil || !reflect.DeepEqual(*row, memory.list[i]) {
			t.Errorf("row %d is %+v, %v", i, row, err)
		}
	}
	next := 37
	err = file.Between(37, 64, func(i int, row *Row) error {
		if i != next || !reflect.DeepEqual(*row, memory.list[i]) {
			t.Errorf("row %d is %+v, want row %d", i, row, next)
		}
		next++
		return nil
	})
	if err != nil || next != 64 {
		t.Errorf("reading stopped before row %d: %v", next, err)
	}
}

// TestRowsCutOff: a file that ends within a row is refused.
func TestRowsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(path, []byte("{\"id\":\"1\"}\n{\"id\":"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := openRows(path, 0); err == nil || !strings.Contains(err.Error(), "row 2 is not ended") {
		t.Errorf("a file without its end: %v", err)
	}
}

// TestLeaksAreFoundInFiles: what is compared does not depend on where rows lie.
func TestLeaksAreFoundInFiles(t *testing.T) {
	c := labelled()
	c.Split = NewSplit()
	var rows []string
	for i := range 300 {
		rows = append(rows, fmt.Sprintf("train,the %d quick brown foxes jump over the lazy dog number %d of the same farm,%c,1", i, i, 'a'+i%2))
	}
	for i := range 100 {
		rows = append(rows, fmt.Sprintf("test,the %d quick brown foxes jump over the lazy dog number %d of the same farms,%c,1", 3*i, 3*i, 'a'+i%2))
	}
	dir := t.TempDir()
	d, err := load(c, rowsOf(header, rows...), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := d.Accounting.Leaks
	for _, name := range SplitNames {
		if *d.split(name), err = openRows(filepath.Join(dir, name+rowsFile), 0); err != nil {
			t.Fatal(err)
		}
	}
	defer d.Close()
	got, err := leaks(d, []string{"train/1", "dev/1", "test/1", "test_shift/1", "all/1"})
	if err != nil || !reflect.DeepEqual(got, want) || want[1].Near == 0 {
		t.Errorf("leaks %+v, %v; want %+v, some near", got, err, want)
	}
}

// TestSourceThatChanges: rows that are others the second time are refused, and no
// data set is made of both.
func TestSourceThatChanges(t *testing.T) {
	for _, second := range [][]string{many(99, "all", "a", "b"), many(101, "all", "a", "b"), many(100, "all", "b", "a"), append(many(99, "all", "a", "b"), "all,,a,1")} {
		dir := t.TempDir()
		_, err := load(labelled(), &changing{rowsOf(header, many(100, "all", "a", "b")...), rowsOf(header, second...)}, dir)
		if err == nil || !strings.Contains(err.Error(), "changed while they were read") {
			t.Errorf("%d rows the second time: %v", len(second), err)
		}
		if _, err := os.Stat(filepath.Join(dir, MetaFile)); err == nil {
			t.Error("the data set was written")
		}
	}
}

// changing is another source each time it is read.
type changing struct {
	*memory
	next *memory
}

func (c *changing) Each(yield func(*Record) error) error {
	now := c.memory
	c.memory = c.next
	return now.Each(yield)
}
