package cache

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// victims lists the files of every class that damage is tried on.
func victims(t testing.TB, s *Store) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, class := range []string{"objects", "manifests", "actions"} {
		files, err := filepath.Glob(filepath.Join(s.Dir(), class, "*", "*"))
		if err != nil || len(files) < 2 {
			t.Fatalf("%s: %d files, %v", class, len(files), err)
		}
		found[class] = files
	}
	return found
}

// overwrite replaces a file's content in place, as a faulty disk would, and
// leaves its name, mode and times as they were.
func overwrite(t testing.TB, name string, data []byte) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Chmod(name, 0o600),
		os.WriteFile(name, data, 0o600),
		os.Chmod(name, info.Mode()),
		os.Chtimes(name, info.ModTime(), info.ModTime()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// damageTest holds a cache of a few entries and puts it to rights after each damage.
type damageTest struct {
	t     *testing.T
	s     *Store
	files map[string]map[string]string // by entry
}

func newDamageTest(t *testing.T) *damageTest {
	d := &damageTest{t: t, s: openTest(t), files: map[string]map[string]string{
		"x": {"weights": strings.Repeat("weights of x ", 20), "config.json": "{}"},
		"y": {"weights": strings.Repeat("weights of y ", 20), "config.json": "{}"},
	}}
	d.commit()
	return d
}

func (d *damageTest) commit() {
	for name, files := range d.files {
		commitFiles(d.t, d.s, name, files)
	}
}

// read reads everything. It returns how many entries were missed, and fails the
// test if anything that was served is wrong.
func (d *damageTest) read(what string) (missed int) {
	for name, files := range d.files {
		e, err := d.s.Lookup(recipeOf(name).ID())
		if err == nil {
			err = e.Check()
		}
		if err != nil {
			if !errors.Is(err, ErrMiss) {
				d.t.Fatalf("%s: %v, want an ErrMiss", what, err)
			}
			missed++
			continue
		}
		for file, want := range files {
			got, err := e.ReadFile(file)
			if err != nil || string(got) != want {
				d.t.Fatalf("%s: ReadFile(%s) of %s = %.40q, %v", what, file, name, got, err)
			}
		}
	}
	return missed
}

// Every single-bit flip in every class of files is a miss with the file in
// quarantine, and running again heals the cache.
func TestFaultBitFlips(t *testing.T) {
	trials := 1000
	if os.Getenv("RUNEXP_LONG") != "" {
		trials = 10_000
	}
	d := newDamageTest(t)
	random := rand.New(rand.NewPCG(1, 2))
	classes := []string{"objects", "manifests", "actions"}
	byClass := victims(t, d.s)
	for trial := range trials {
		files := byClass[classes[trial%len(classes)]]
		name := files[random.IntN(len(files))]
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bit := random.IntN(8 * len(data))
		flipped := bytes.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		overwrite(t, name, flipped)
		what := fmt.Sprintf("bit %d of %s", bit, name)
		if d.read(what) == 0 {
			t.Fatalf("%s flipped: everything was served", what)
		}
		kept, err := filepath.Glob(filepath.Join(d.s.Dir(), "quarantine", "*-"+filepath.Base(name)+".*"))
		if err != nil || len(kept) != 2 { // the file and its reason
			t.Fatalf("%s: quarantine holds %v", what, kept)
		}
		for _, k := range kept {
			if err := os.Remove(k); err != nil {
				t.Fatal(err)
			}
		}
		if trial%20 != 0 { // put it back by hand, which is faster
			if err := os.WriteFile(name, data, 0o444); err != nil {
				t.Fatal(err)
			}
			continue
		}
		d.commit()
		if missed := d.read(what + ", healed"); missed != 0 {
			t.Fatalf("%s: %d entries missed after running again", what, missed)
		}
	}
}

// Other damage, on each class: nothing wrong is served, and what was damaged is
// kept.
func TestFaultTruncatedZeroedSwapped(t *testing.T) {
	d := newDamageTest(t)
	damages := map[string]func(name string, data []byte){
		"empty":         func(name string, data []byte) { overwrite(t, name, nil) },
		"one byte less": func(name string, data []byte) { overwrite(t, name, data[:len(data)-1]) },
		"one byte more": func(name string, data []byte) { overwrite(t, name, append(bytes.Clone(data), 0)) },
		"one line more": func(name string, data []byte) { overwrite(t, name, append(bytes.Clone(data), '\n')) },
		"zero filled":   func(name string, data []byte) { overwrite(t, name, make([]byte, len(data))) },
		"twice":         func(name string, data []byte) { overwrite(t, name, append(bytes.Clone(data), data...)) },
		"next version": func(name string, data []byte) {
			overwrite(t, name, bytes.Replace(append([]byte("x"), data...), []byte("t 1\n"), []byte("t 2\n"), 1))
		},
		"a folder": func(name string, data []byte) {
			if err := errors.Join(os.Remove(name), os.MkdirAll(filepath.Join(name, "sub"), 0o777)); err != nil {
				t.Fatal(err)
			}
		},
	}
	for what, damage := range damages {
		for class, files := range victims(t, d.s) {
			data, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			damage(files[0], data)
			if d.read(what+" "+class) == 0 {
				t.Errorf("%s %s: everything was served", what, class)
			}
			d.commit()
			if missed := d.read(what + ", healed"); missed != 0 {
				t.Errorf("%s %s: %d entries missed after running again", what, class, missed)
			}
		}
	}
	for class, files := range victims(t, d.s) {
		a, errA := os.ReadFile(files[0])
		b, errB := os.ReadFile(files[1])
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		overwrite(t, files[0], b)
		overwrite(t, files[1], a)
		if missed := d.read("swapped " + class); missed != 2 {
			t.Errorf("swapped %s: %d entries missed, want 2", class, missed)
		}
		d.commit()
	}
}

// A file that vanished is a miss, and Verify finds it.
func TestFaultMissingFiles(t *testing.T) {
	d := newDamageTest(t)
	for class, files := range victims(t, d.s) {
		if err := os.Remove(files[0]); err != nil {
			t.Fatal(err)
		}
		problems, err := d.s.Verify()
		if err != nil {
			t.Fatal(err)
		}
		if class != "actions" && len(problems) == 0 {
			t.Errorf("%s missing: Verify found nothing", class)
		}
		if d.read(class+" missing") == 0 {
			t.Errorf("%s missing: everything was served", class)
		}
		d.commit()
		if problems, err := d.s.Verify(); err != nil || len(problems) > 0 {
			t.Errorf("healed: Verify = %v, %v", problems, err)
		}
	}
}

// Verify finds every damaged file in one pass, and a second pass finds the
// gaps that it left.
func TestVerifyFindsDamage(t *testing.T) {
	d := newDamageTest(t)
	n := 0
	for class, files := range victims(t, d.s) {
		if class == "manifests" {
			continue // the objects of a damaged manifest are not known, and not looked at
		}
		for _, name := range files {
			overwrite(t, name, []byte("garbage"))
			n++
		}
	}
	problems, err := d.s.Verify()
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != n {
		t.Errorf("Verify found %d problems, want %d: %v", len(problems), n, problems)
	}
}

// A file damaged while it is read gives an error at the end, not a wrong result.
func TestFaultAlteredWhileRead(t *testing.T) {
	s := openTest(t)
	content := strings.Repeat("0123456789", 100_000)
	e := commitFiles(t, s, "x", map[string]string{"big": content})
	r, err := e.Open("big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	overwrite(t, s.path("objects", filesOf(t, e)[0].Content), []byte(strings.ToUpper(content[:len(content)-1])+"x"))
	var got bytes.Buffer
	if _, err := got.ReadFrom(r); !errors.Is(err, ErrMiss) {
		t.Errorf("reading an altered file: %v, want an ErrMiss", err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	s := openTest(t)
	name := filepath.Join(s.Dir(), "format")
	overwrite(t, name, formatText(formatVersion+1))
	if _, err := Open(s.Dir(), Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("Open of a newer cache: %v, want an ErrFormat", err)
	}
	overwrite(t, name, []byte("runexp cache 9\nsha256 damaged\n"))
	if _, err := Open(s.Dir(), Options{}); err != nil {
		t.Errorf("Open with a damaged format file: %v", err)
	}
}

func TestNondeterministicStageIsFoundAndKept(t *testing.T) {
	s := openTest(t)
	first := commitFiles(t, s, "x", map[string]string{"a/b": "1", "same": "s"})
	dir := t.TempDir()
	for name, content := range map[string]string{"a": "2", "same": "s"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := recipeOf("x")
	_, err := s.Commit(r.ID(), r.Text(), dir, nil)
	if !errors.Is(err, ErrNondeterministic) || !errors.Is(err, ErrIntegrity) {
		t.Fatalf("Commit of another output: %v, want an ErrNondeterministic", err)
	}
	for _, want := range []string{"a is new", "a/b is gone"} {
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "same") {
			t.Errorf("error %q does not say %q, or names what is the same", err, want)
		}
	}
	if _, err := s.Lookup(first.Action()); !errors.Is(err, ErrMiss) {
		t.Errorf("Lookup afterwards: %v, want an ErrMiss", err)
	}
	dirs, _ := filepath.Glob(filepath.Join(s.Dir(), "quarantine", "conflict-*.1"))
	if len(dirs) != 1 {
		t.Fatalf("quarantine holds %v", dirs)
	}
	for name, want := range map[string]string{"first/a%2Fb": "1", "first/same": "s", "now/a": "2", "now/same": "s"} {
		if got, err := os.ReadFile(filepath.Join(dirs[0], name)); err != nil || string(got) != want {
			t.Errorf("quarantine %s = %q, %v, want %q", name, got, err, want)
		}
	}
}
