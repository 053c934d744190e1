package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOpenRefusesOldSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runexp.db")
	for _, c := range []struct {
		version int
		ok      bool
	}{{3_051_002, false}, {3_051_003, true}, {3_050_099, false}, {3_054_001, true}, {4_000_000, true}} {
		s, err := opener{sqlite: c.version, statfs: fileSystemType}.open(path)
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrSQLite)) {
			t.Errorf("open with SQLite %s = %v, want ok %v", versionText(c.version), err, c.ok)
		}
		if s != nil {
			s.Close()
		}
	}
	if v := sqliteVersion(); v < oldestSQLite {
		t.Errorf("linked SQLite is %s, want at least %s", versionText(v), versionText(oldestSQLite))
	}
}

func TestOpenRefusesNetworkFileSystems(t *testing.T) {
	for magic, name := range networkFileSystems {
		path := filepath.Join(t.TempDir(), "runexp.db")
		_, err := opener{sqlite: oldestSQLite, statfs: func(string) (int64, error) { return int64(magic), nil }}.open(path)
		if !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "-results") {
			t.Errorf("open on %s = %v, want ErrNetwork that names it and says what to do", name, err)
		}
		if exists(path) {
			t.Errorf("open on %s created a file", name)
		}
	}
}

func TestOpenRefusesAPathThatSQLiteCannotTake(t *testing.T) {
	folder := filepath.Join(t.TempDir(), strings.Repeat("x", 250))
	folder = filepath.Join(folder, strings.Repeat("y", longestPath-len(folder)-len("//runexp.db.new-journal")))
	open(t, filepath.Join(folder, "runexp.db")).Close()
	if _, err := Open(filepath.Join(folder+"z", "runexp.db")); err == nil || !strings.Contains(err.Error(), "1 bytes longer than SQLite takes") {
		t.Errorf("Open of a path that is too long = %v", err)
	}
}

func TestConnectionOptionsHold(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a b?#%", "runexp.db"))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "busy_timeout": "30000", "foreign_keys": "1",
		"application_id": fmt.Sprint(applicationID), "user_version": fmt.Sprint(len(migrations)),
	} {
		var got string
		if err := s.db.QueryRow("pragma " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("pragma %s = %s, %v; want %s", pragma, got, err, want)
		}
	}
	var loose int
	if err := s.db.QueryRow(`select count(*) from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite_%' and strict = 0`).Scan(&loose); err != nil || loose != 0 {
		t.Errorf("%d tables are not strict, %v", loose, err)
	}
}

func TestOpenRefusesWhatIsNotOurs(t *testing.T) {
	folder := t.TempDir()
	newer := filepath.Join(folder, "newer.db")
	open(t, newer).Close()
	execFile(t, newer, fmt.Sprintf("pragma user_version = %d", len(migrations)+1))
	foreign := filepath.Join(folder, "foreign.db")
	execFile(t, foreign, "create table bookmarks (url text)")
	for path, want := range map[string]error{newer: ErrNewer, foreign: ErrForeign} {
		before, _ := os.ReadFile(path)
		if _, err := Open(path); !errors.Is(err, want) {
			t.Errorf("Open(%s) = %v, want %v", filepath.Base(path), err, want)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("Open(%s) changed the file", filepath.Base(path))
		}
	}
	directory := filepath.Join(folder, "directory.db")
	os.Mkdir(directory, 0o777)
	if _, err := Open(directory); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Open of a directory = %v", err)
	}
}

func execFile(t *testing.T, path, script string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
}

// TestFaultDamageIsFoundOrHarmless plants damage of several kinds; afterwards either
// the file was put aside and recording again gives the same digest, or what is
// read equals what was written.
func TestFaultDamageIsFoundOrHarmless(t *testing.T) {
	folder := t.TempDir()
	good := filepath.Join(folder, "good.db")
	s := open(t, good)
	fill(t, s, "one")
	ctx := context.Background()
	digest, err := s.Digest(ctx, "legal")
	if err != nil {
		t.Fatal(err)
	}
	comparison, _ := s.Comparison(ctx, "one")
	s.Close()
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	trials := 150
	if os.Getenv("RUNEXP_LONG") != "" {
		trials = 1000
	}
	aside := 0
	for k := range trials {
		damaged := append([]byte(nil), content...)
		var what string
		switch k % 10 {
		case 0:
			damaged, what = damaged[:rng.IntN(len(damaged))], "truncated"
		case 1:
			at := rng.IntN(len(damaged) - 600)
			clear(damaged[at : at+512])
			what = fmt.Sprintf("512 zeros at %d", at)
		case 2:
			damaged, what = nil, "0 bytes"
		case 3:
			damaged, what = []byte("this is not a database, it is a sentence"), "text"
		default:
			at := rng.IntN(len(damaged))
			damaged[at] ^= 1 << rng.IntN(8)
			what = fmt.Sprintf("flip in byte %d", at)
		}
		path := filepath.Join(folder, fmt.Sprintf("d%d", k), "runexp.db")
		os.Mkdir(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path)
		if errors.Is(err, ErrNewer) {
			continue // a flip in the version number cannot be told from a newer file
		}
		if err != nil {
			t.Fatalf("%s: Open = %v", what, err)
		}
		if s.Damage() != nil {
			aside++
			kept, err := os.ReadFile(s.Damage().Path)
			if err != nil || string(kept) != string(damaged) {
				t.Errorf("%s: the damaged file was not kept: %v", what, err)
			}
			fill(t, s, "one")
		}
		got, err := s.Digest(ctx, "legal")
		if err != nil || got != digest {
			t.Errorf("%s: Digest = %s, %v; want %s", what, got, err, digest)
		}
		again, err := s.Comparison(ctx, "one")
		if err != nil || fmt.Sprint(again) != fmt.Sprint(comparison) {
			t.Errorf("%s: the comparison differs (%v)", what, err)
		}
		s.Close()
		os.RemoveAll(filepath.Dir(path))
	}
	if aside < trials/3 {
		t.Errorf("%d of %d damaged files were put aside, want at least a third", aside, trials)
	}
}

func TestLeftoversOfAKilledCreationAreNoObstacle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runexp.db")
	for _, suffix := range []string{".new", ".new-wal", ".new-journal", "-wal", "-shm"} {
		if err := os.WriteFile(path+suffix, []byte("half a page"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, path)
	fill(t, s, "one")
	if s.Damage() != nil || exists(path+".new") {
		t.Errorf("damage %v, leftover %v", s.Damage(), exists(path+".new"))
	}
}

// TestHelperProcess is not a test: it is what other processes run.
func TestHelperProcess(t *testing.T) {
	path := os.Getenv("RESULTS_TEST_DB")
	if path == "" {
		t.Skip("only runs as a helper of other tests")
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	runs, err := strconv.ParseInt(cmp.Or(os.Getenv("RESULTS_TEST_RUNS"), "20"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range runs {
		run, metrics, outcomes, curve := example(1, seed)
		run.Action = os.Getenv("RESULTS_TEST_ACTION")
		if err := s.Record(context.Background(), run, metrics, outcomes, curve); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFaultManyProcessesOpenANewDatabase: sixteen processes open a database that is
// not there yet, all at once, and write to it. RUNEXP_LONG=1 does it a hundred
// times.
func TestFaultManyProcessesOpenANewDatabase(t *testing.T) {
	const processes = 16
	rounds := 1
	if os.Getenv("RUNEXP_LONG") != "" {
		rounds = 100
	}
	for round := range rounds {
		path := filepath.Join(t.TempDir(), "runexp.db")
		var group sync.WaitGroup
		for k := range processes {
			group.Go(func() {
				c := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
				c.Env = append(os.Environ(), "RESULTS_TEST_DB="+path, fmt.Sprintf("RESULTS_TEST_ACTION=process%d", k), "RESULTS_TEST_RUNS=2")
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("round %d, process %d: %v\n%s", round, k, err, out)
				}
			})
		}
		group.Wait()
		s := open(t, path)
		var runs int
		if err := s.db.QueryRow(`select count(*) from run`).Scan(&runs); err != nil || runs != 2*processes {
			t.Errorf("round %d: %d runs, %v; want %d", round, runs, err, 2*processes)
		}
		s.Close()
	}
	t.Logf("%d opens of new databases, %d at a time", rounds*processes, processes)
}

func TestFaultKilledWriterLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runexp.db")
	open(t, path).Close()
	for k := range 8 {
		c := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
		c.Env = append(os.Environ(), "RESULTS_TEST_DB="+path, fmt.Sprintf("RESULTS_TEST_ACTION=process%d", k))
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(5+9*k) * time.Millisecond)
		c.Process.Kill()
		c.Wait()
		s, err := Open(path)
		if err != nil || s.Damage() != nil {
			t.Fatalf("Open after kill %d = %v, damage %v", k, err, s.Damage())
		}
		s.Close()
	}
}

// A copy that was taken without its log is an older state of the database, or
// damaged, and never a mixture: each invocation that it lists is whole.
func TestFaultCopyWithoutItsLogIsOlderOrDamaged(t *testing.T) {
	folder := t.TempDir()
	s := open(t, filepath.Join(folder, "runexp.db"))
	ctx := context.Background()
	fill(t, s, "one")
	if _, err := s.db.Exec(`pragma wal_checkpoint(truncate)`); err != nil {
		t.Fatal(err)
	}
	want, err := s.Digest(ctx, "legal")
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, "two") // in the log alone
	text, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, "copy.db")
	if err := os.WriteFile(copied, text, 0o666); err != nil {
		t.Fatal(err)
	}
	c := open(t, copied)
	got, err := c.Digest(ctx, "legal")
	if c.Damage() == nil && (err != nil || got != want) {
		t.Errorf("the copy's digest is %s, %v; before the log it was %s", got, err, want)
	}
}

func TestBusyNamesTheHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runexp.db")
	s := open(t, path)
	held := &fileLock{path: path + ".lock"}
	release, err := held.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	err = s.Begin(ctx, Invocation{ID: "x", Experiment: "x", Status: "running"})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("Begin under a held lock = %v, want the holder's process id", err)
	}
}

// TestFaultWritersDoNotCollide has eight writers on two connections record; with
// RUNEXP_LONG=1 each of them 10,000 times.
func TestFaultWritersDoNotCollide(t *testing.T) {
	times := int64(25)
	if os.Getenv("RUNEXP_LONG") != "" {
		times = 10_000
	}
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	other, err := Open(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for seed := range times {
				run, metrics, _, curve := example(1, seed)
				run.Action = fmt.Sprint("writer", w)
				if err := []*Store{s, other}[w%2].Record(context.Background(), run, metrics, nil, curve); err != nil {
					t.Errorf("writer %d seed %d: %v", w, seed, err)
				}
			}
		})
	}
	group.Wait()
	var runs int
	if err := s.db.QueryRow(`select count(*) from run`).Scan(&runs); err != nil || int64(runs) != 8*times {
		t.Errorf("%d runs, %v; want %d", runs, err, 8*times)
	}
}

func TestReadOnlyWritesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "runexp.db")
	s := open(t, path)
	fill(t, s, "one")
	r, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := r.Comparison(context.Background(), "one"); err != nil || len(got) != 6 {
		t.Errorf("Comparison = %d rows, %v; want 6", len(got), err)
	}
	if err := r.Begin(context.Background(), Invocation{ID: "x"}); err == nil {
		t.Error("Begin on a read-only store succeeded")
	}
	if _, err := r.db.Exec(`delete from run`); err == nil {
		t.Error("delete through a read-only store succeeded")
	}
	if _, err := OpenReadOnly(filepath.Join(folder, "none.db")); err == nil || exists(filepath.Join(folder, "none.db")) {
		t.Errorf("OpenReadOnly of a missing file = %v", err)
	}
}

func TestBackupIsComplete(t *testing.T) {
	folder := t.TempDir()
	s := open(t, filepath.Join(folder, "runexp.db"))
	fill(t, s, "one")
	want, _ := s.Digest(context.Background(), "legal")
	if err := s.Backup(context.Background(), filepath.Join(folder, "copy.db")); err != nil {
		t.Fatal(err)
	}
	c := open(t, filepath.Join(folder, "copy.db"))
	if got, err := c.Digest(context.Background(), "legal"); err != nil || got != want || c.Damage() != nil {
		t.Errorf("Digest of the copy = %s, %v; want %s", got, err, want)
	}
}

// TestNamesAreNeverSQL records names that would break out of a quoted string.
func TestNamesAreNeverSQL(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	ctx := context.Background()
	for _, name := range []string{`'; drop table run; --`, `"`, `?1`, "a\x00b", "%s%n", "名前", "' or '1'='1"} {
		run, _, _, _ := example(1, 1)
		run.Action = name
		if err := s.Record(ctx, run, []Metric{{Split: name, Slice: name, Name: name, Value: 1}}, nil, nil); err != nil {
			t.Fatalf("Record %q: %v", name, err)
		}
		if err := s.Begin(ctx, Invocation{ID: name, Experiment: name, Status: "done"}); err != nil {
			t.Fatalf("Begin %q: %v", name, err)
		}
		if err := s.SetMembers(ctx, name, []Member{{Dataset: name, Model: name, Method: name, Configuration: name, Seed: 1, Action: name}}); err != nil {
			t.Fatalf("SetMembers %q: %v", name, err)
		}
		got, err := s.Metrics(ctx, Filter{Experiment: name, Dataset: name, Model: name, Method: name, Configuration: name, Split: name, Slice: name, Name: name})
		if err != nil || len(got) != 1 || got[0].Metric.Name != name {
			t.Errorf("Metrics of %q = %v, %v", name, got, err)
		}
	}
	if err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecordMetrics(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "runexp.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	metrics := make([]Metric, 100_000)
	for k := range metrics {
		metrics[k] = Metric{Split: "test_id", Slice: fmt.Sprintf("year=%d", k), Name: "accuracy", Value: float64(k), N: 1}
	}
	for b.Loop() {
		run, _, _, _ := example(1, 1)
		run.Action = fmt.Sprint(b.Elapsed())
		if err := s.Record(context.Background(), run, metrics, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(metrics))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
