package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"runexp/internal/report"
	"runexp/internal/stats"
	"runexp/results"
)

// names are all texts of a recorded experiment that others choose.
type names struct {
	experiment, invocation, dataset, model, method, block, configuration, condition string
	detail, split, slice, metric, flag, label, row, curve, question, command, build string
}

func plainNames() names {
	return names{
		experiment: "legal", invocation: "legal-1", dataset: "clauses", model: "base", method: "lora", block: "lora", configuration: "lora[rank=8]",
		condition: "", detail: "loss is NaN at step 7", split: "test_shift", slice: "domain=contracts", metric: "accuracy", flag: "only one class occurs",
		label: "duty", row: "row-", curve: "train_loss", question: "Which adaptation survives?", command: "runexp legal.hcl", build: "runexp test",
	}
}

// every is one text in every place. Splits are shown in the order of their
// names, which must not depend on the text.
func every(text string) names {
	return names{text, text, text, text, text, text, text, text, text, "z" + text, text, text, text, text, text, text, text, text, text}
}

// record stores an invocation with two configurations and a baseline, two
// seeds each, one of which diverged, and one run that failed.
func record(t testing.TB, db *results.Store, n names) {
	t.Helper()
	ctx := context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	document, err := json.Marshal(report.Facts{
		Question:  n.question,
		Datasets:  []report.DatasetFacts{{Name: n.dataset, Task: "classification", Metric: n.metric, Source: n.question, Labels: []string{n.label, n.label}}},
		Reproduce: report.Reproduce{Command: n.command, Version: n.build},
	})
	check(err)
	inv := results.Invocation{ID: n.invocation, Experiment: n.experiment, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Status: "running", Build: n.build, Document: document}
	check(db.Begin(ctx, inv))
	var members []results.Member
	for c := range 3 {
		for seed := int64(1); seed <= 2; seed++ {
			m := results.Member{Position: len(members), Dataset: n.dataset, Model: n.model, Method: n.method, Block: n.block, Configuration: n.configuration,
				Condition: n.condition, Seed: seed, Status: results.OK, Selected: c != 1}
			switch c {
			case 0:
				m.Model, m.Method, m.Block, m.Configuration = "", "tfidf", "words", "words"
			case 1:
				m.Configuration += "2"
			}
			run, metrics, outcomes, curve := example(n, c, seed)
			if m.Status, m.Detail = run.Status, run.Detail; c == 0 {
				curve = nil
			}
			m.Action = run.Action
			check(db.Record(ctx, run, metrics, outcomes, curve))
			members = append(members, m)
		}
	}
	members = append(members, results.Member{Position: len(members), Dataset: n.dataset, Model: n.model, Method: "fine_tuning", Block: "full", Configuration: "full", Condition: n.condition, Seed: 1, Status: "failed", Detail: n.detail})
	check(db.SetMembers(ctx, inv.ID, members))
	check(db.Aggregate(ctx, inv.ID))
	inv.Status, inv.Finished = "done", inv.Started.Add(90*time.Second)
	check(db.Finish(ctx, inv))
}

func example(n names, c int, seed int64) (results.Run, []results.Metric, []results.Outcomes, []results.Point) {
	rng := rand.New(rand.NewPCG(uint64(c), uint64(seed)))
	run := results.Run{Action: fmt.Sprintf("%x-%d", n.invocation, c), Seed: seed, Output: "o", Status: results.OK, Drawless: c == 0,
		TrainableParams: int64(40000 * c), HeadParams: 258, TotalParams: 830083, StoredBytes: int64(160000*c + 53), Steps: 50, TrainSeconds: float64(c) * 1.5, TokensPerSecond: 1000, PeakBytes: 3 << 20}
	if c == 2 && seed == 2 {
		run.Status, run.Detail = results.NotLearned, n.detail
	}
	if c == 0 {
		rng = rand.New(rand.NewPCG(0, 0))
	}
	rows := &stats.Rows{}
	right := 0.0
	for i := range 24 {
		gold := float64(i % 2)
		pred := gold
		if rng.Float64() > 0.6+0.15*float64(c) {
			pred = 1 - gold
		}
		hit, p := 0.0, float32(0.5+0.5*rng.Float64())
		if pred == gold {
			hit = 1
		}
		right += hit
		probs := []float32{1 - p, p}
		if pred == 0 {
			probs = []float32{p, 1 - p}
		}
		rows.IDs, rows.Slices = append(rows.IDs, fmt.Sprintf("%s%d", n.row, i)), append(rows.Slices, n.slice)
		rows.Gold, rows.Pred, rows.Score, rows.Probs = append(rows.Gold, gold), append(rows.Pred, pred), append(rows.Score, hit), append(rows.Probs, probs)
	}
	var metrics []results.Metric
	var outcomes []results.Outcomes
	for _, split := range []string{"dev", n.split} {
		outcomes = append(outcomes, results.Outcomes{Split: split, Labels: []string{n.label, "right"}, Rows: rows})
		metrics = append(metrics, results.Metric{Split: split, Slice: "all", Name: n.metric, Value: right / 24, N: 24},
			results.Metric{Split: split, Slice: n.slice, Name: n.metric, Value: right / 24, N: 24, Flag: n.flag})
	}
	if c > 0 {
		metrics = append(metrics, results.Metric{Split: "retention", Slice: "all", Name: "lm_loss_change", Value: 0.1 * float64(c), N: 100})
	}
	curve := []results.Point{{Name: n.curve, Step: 1, Value: 2.5}, {Name: n.curve, Step: 20, Value: 1.25}, {Name: n.curve, Step: 40, Value: math.Inf(1)}}
	return run, metrics, outcomes, curve
}

// database makes a database and returns its path; the store is closed.
func database(t testing.TB, all ...names) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runexp.db")
	db, err := results.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		record(t, db, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// reader asks a handler as a browser on this machine does.
type reader struct {
	testing.TB
	http.Handler
}

const port = "8080"

func local(t testing.TB, database string) *reader {
	return &reader{t, New(Options{Database: database, Hosts: Hosts(port), Port: port})}
}

func (r *reader) get(path string) *httptest.ResponseRecorder {
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	u, err := url.ParseRequestURI(path)
	if err != nil {
		r.Fatalf("%s: %v", path, err)
	}
	q.URL, q.RequestURI, q.Host = u, path, "localhost:"+port
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	return w
}

// page is get of what must be there.
func (r *reader) page(path string) string {
	r.Helper()
	w := r.get(path)
	if w.Code != http.StatusOK {
		r.Fatalf("%s: status %d\n%s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// pages are addresses of every kind for an invocation as record makes it.
func pages(id, experiment string) map[string]string {
	ref := func(k int) string { return runRef{id, k}.String() }
	return map[string]string{
		"home": "/", "invocation": address("/invocation", "id", id), "figures": address("/figures", "id", id), "report": address("/report", "id", id),
		"run": address("/run", "r", ref(4)), "run-failed": address("/run", "r", ref(6)),
		"pair": address("/pair", "a", ref(2), "b", ref(4)), "changes": address("/changes", "a", id, "b", id), "history": address("/history", "experiment", experiment),
	}
}
