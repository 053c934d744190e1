package results

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"runexp/internal/stats"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fill records a small invocation: two configurations of one method and a
// baseline, three seeds, one of them diverged.
func fill(t *testing.T, s *Store, id string) {
	t.Helper()
	ctx := context.Background()
	inv := Invocation{
		ID: id, Experiment: "legal", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Status: "running",
		Build: "test", Host: []byte(`{"cpus":2}`), Document: []byte(`{"question":"Which?"}`),
	}
	if err := s.Begin(ctx, inv); err != nil {
		t.Fatal(err)
	}
	var members []Member
	for c, name := range []string{"words", "lora[rank=4]", "lora[rank=8]"} {
		for seed := int64(1); seed <= 3; seed++ {
			run, metrics, outcomes, curve := example(c, seed)
			m := Member{Position: len(members), Dataset: "clauses", Model: "base", Method: "lora", Block: "lora", Configuration: name, Seed: seed, Status: run.Status, Selected: c != 1, Action: run.Action}
			if c == 0 {
				m.Model, m.Method, m.Block = "", "tfidf", "words"
			}
			members = append(members, m)
			if err := s.Record(ctx, run, metrics, outcomes, curve); err != nil {
				t.Fatal(err)
			}
		}
	}
	members = append(members, Member{Position: len(members), Dataset: "clauses", Model: "base", Method: "fine_tuning", Block: "full", Configuration: "full", Seed: 1, Status: "failed", Detail: "out of memory"})
	if err := s.SetMembers(ctx, id, members); err != nil {
		t.Fatal(err)
	}
	if err := s.Aggregate(ctx, id); err != nil {
		t.Fatal(err)
	}
	inv.Status, inv.Finished = "done", inv.Started.Add(time.Minute)
	if err := s.Finish(ctx, inv); err != nil {
		t.Fatal(err)
	}
}

func example(c int, seed int64) (Run, []Metric, []Outcomes, []Point) {
	rng := rand.New(rand.NewPCG(uint64(c), uint64(seed)))
	run := Run{
		Action: fmt.Sprintf("%02x%062x", c+1, 7), Seed: seed, Output: fmt.Sprintf("out%d-%d", c, seed), Status: OK,
		TrainableParams: int64(100 * c), HeadParams: 10, TotalParams: 5000, StoredBytes: 4096, Steps: 50,
		TrainSeconds: 1.5 + float64(seed), TokensPerSecond: 1000, PeakBytes: 1 << 20,
	}
	const n = 60
	rows := &stats.Rows{}
	correct := 0.0
	for i := range n {
		gold := float64(i % 3)
		pred := gold
		if rng.Float64() < 0.4 {
			pred = float64((i + 1) % 3)
		}
		hit := 0.0
		if pred == gold {
			hit = 1
		}
		correct += hit
		rows.IDs = append(rows.IDs, fmt.Sprintf("row-%d", i))
		rows.Slices = append(rows.Slices, fmt.Sprintf("year=%d", 2000+i%2))
		rows.Gold, rows.Pred, rows.Score = append(rows.Gold, gold), append(rows.Pred, pred), append(rows.Score, hit)
		rows.Probs = append(rows.Probs, []float32{0.5, 0.25, 0.25})
	}
	metrics := []Metric{
		{Split: "test_id", Slice: "all", Name: "accuracy", Value: correct / n, N: n},
		{Split: "test_shift", Slice: "all", Name: "macro_f1", Value: 0.5 + rng.Float64()/10, N: n, Flag: "one class is absent"},
	}
	if c == 1 && seed == 2 {
		run.Status, run.Detail = Diverged, "loss is NaN at step 7"
		metrics[0].Value = math.NaN()
	}
	outcomes := []Outcomes{{Split: "test_id", Labels: []string{"a", "b", "c"}, Rows: rows}}
	return run, metrics, outcomes, []Point{{"train_loss", 1, 2.5}, {"train_loss", 2, math.Inf(1)}}
}

func TestRecordGivesBackWhatWentIn(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "deep", "runexp.db"))
	ctx := context.Background()
	fill(t, s, "one")
	run, metrics, outcomes, curve := example(2, 3)
	got, err := s.Run(ctx, run.Action, run.Seed)
	if err != nil || got != run {
		t.Errorf("Run = %+v, %v; want %+v", got, err, run)
	}
	o, err := s.Outcomes(ctx, run.Action, run.Seed, "test_id")
	if err != nil || !reflect.DeepEqual(*o, outcomes[0]) {
		t.Errorf("Outcomes = %+v, %v; want %+v", o, err, outcomes[0])
	}
	if c, err := s.Curve(ctx, run.Action, run.Seed); err != nil || !reflect.DeepEqual(c, curve) {
		t.Errorf("Curve = %v, %v; want %v", c, err, curve)
	}
	rows, err := s.Metrics(ctx, Filter{Experiment: "legal", Configuration: "lora[rank=8]", Name: "accuracy"})
	if err != nil || len(rows) != 3 {
		t.Fatalf("Metrics = %d rows, %v; want 3", len(rows), err)
	}
	if rows[2].Metric != metrics[0] || rows[2].Seed != 3 || rows[2].Model != "base" {
		t.Errorf("Metrics[2] = %+v, want %+v", rows[2], metrics[0])
	}
	if _, err := s.Run(ctx, "nothing", 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("Run of an unknown action = %v, want ErrNotFound", err)
	}
}

func TestRecordingTwiceChangesNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	ctx := context.Background()
	fill(t, s, "one")
	before, err := s.Digest(ctx, "legal")
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, "one")
	after, err := s.Digest(ctx, "legal")
	if err != nil || before != after {
		t.Errorf("Digest after recording again = %s, %v; want %s", after, err, before)
	}
	var runs, metrics int
	if err := s.db.QueryRow(`select (select count(*) from run), (select count(*) from metric)`).Scan(&runs, &metrics); err != nil || runs != 9 || metrics != 18 {
		t.Errorf("%d runs and %d metrics, %v; want 9 and 18", runs, metrics, err)
	}
	run, ms, outcomes, curve := example(2, 3)
	ms[0].Value += 0.001
	if err := s.Record(ctx, run, ms, outcomes, curve); err != nil {
		t.Fatal(err)
	}
	if changed, _ := s.Digest(ctx, "legal"); changed == before {
		t.Error("Digest is the same although a metric changed")
	}
}

func TestDigestKnowsNoTimes(t *testing.T) {
	ctx := context.Background()
	a := open(t, filepath.Join(t.TempDir(), "a.db"))
	b := open(t, filepath.Join(t.TempDir(), "b.db"))
	fill(t, a, "one")
	fill(t, b, "another id")
	run, ms, outcomes, curve := example(2, 3)
	run.TrainSeconds, run.TokensPerSecond, run.PeakBytes = 99, 1, 7
	if err := b.Record(ctx, run, ms, outcomes, curve); err != nil {
		t.Fatal(err)
	}
	x, err1 := a.Digest(ctx, "legal")
	y, err2 := b.Digest(ctx, "legal")
	if err1 != nil || err2 != nil || x != y {
		t.Errorf("Digests %s (%v) and %s (%v) differ", x, err1, y, err2)
	}
}

func TestNotFiniteIsAStateNotANull(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	fill(t, s, "one")
	var state string
	err := s.db.QueryRow(`select k.state from metric k join run r on r.id = k.run where r.status = 'diverged' and k.name = 'accuracy'`).Scan(&state)
	if err != nil || state != "nan" {
		t.Errorf("state = %q, %v; want nan", state, err)
	}
	if _, err := s.db.Exec(`update metric set value = null where state = 'finite'`); err == nil {
		t.Error("a null value in state finite was accepted")
	}
	if _, err := s.db.Exec(`update metric set value = 'text'`); err == nil {
		t.Error("text in a real column was accepted")
	}
}

func TestComparisonIsReadableByTheSqliteShell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runexp.db")
	s := open(t, path)
	fill(t, s, "one")
	fill(t, s, "two")
	s.Close()
	const query = `select experiment, dataset, model, method, configuration, split, slice, metric, n_seeds, round(mean, 4), round(sd, 4),
		ci_low < mean, ci_high > mean, trainable_params, total_params, stored_bytes, train_seconds, peak_bytes, selected
		from comparison where metric = 'accuracy'`
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("no sqlite3 shell on this machine")
	}
	out, err := exec.Command(shell, path, query).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 3 {
		t.Fatalf("comparison has %d accuracy rows, want 3 (last invocation only):\n%s", len(lines), out)
	}
	for k, want := range []string{
		"legal|clauses||tfidf|words|test_id|all|accuracy|3|",
		"legal|clauses|base|lora|lora[rank=4]|test_id|all|accuracy|2|",
		"legal|clauses|base|lora|lora[rank=8]|test_id|all|accuracy|3|",
	} {
		if !strings.HasPrefix(lines[k], want) || !strings.Contains(lines[k], "|1|1|") {
			t.Errorf("row %d = %s, want %s… with the mean inside its interval", k, lines[k], want)
		}
	}
}

func TestStudyCarriesFailuresAndWarnings(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "runexp.db"))
	fill(t, s, "one")
	study, err := s.Study(context.Background(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if len(study.Entries) != 4 || len(study.Warnings) != 0 {
		t.Fatalf("Study has %d entries and warnings %v, want 4 and none", len(study.Entries), study.Warnings)
	}
	if status, detail := study.Entries[3].Status(); status != "failed" || detail != "out of memory" {
		t.Errorf("status = %s %s, want failed out of memory", status, detail)
	}
	if status, _ := study.Entries[1].Status(); status != Diverged {
		t.Errorf("status = %s, want diverged", status)
	}
	score, ok := study.Entries[1].Score("test_id", "all", "accuracy")
	if !ok || score.Seeds != 2 || !strings.Contains(strings.Join(score.Warnings, ";"), "1 of 3 seeds") {
		t.Errorf("score = %+v, want two seeds and a warning about the third", score)
	}
	if got := study.Entries[0].Outcomes["test_id"]; len(got) != 3 || got[2].Len() != 60 {
		t.Errorf("outcomes of the first entry: %v", got)
	}
	if got := study.Entries[2].Curves["train_loss"]; len(got) != 3 || len(got[0].Steps) != 2 {
		t.Errorf("curves = %v, want 3 with 2 points", got)
	}
}
