package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runexp/internal/chart"
	"runexp/results"
)

// metricsPerRun is how many metric rows a run of the benchmark has: five names
// on 200 slices.
const metricsPerRun = 1000

// benchSeeds is how many runs of the benchmark are one configuration.
const benchSeeds = 5

// TestAMillionMetricRows records many metric rows and asks for what a report
// shows: every row comes back, and the ones asked for are those that were
// stored. With RUNEXP_LONG=1 it is up to ten million rows; -update writes
// results/bench/rows.md and its chart.
func TestAMillionMetricRows(t *testing.T) {
	sizes := []int{10_000}
	if long() {
		sizes = []int{10_000, 100_000, 1_000_000, 10_000_000}
	}
	var table strings.Builder
	record := chart.Series{Name: "recording"}
	query := chart.Series{Name: "the comparison's query"}
	for _, n := range sizes {
		ctx := context.Background()
		db, err := results.Open(filepath.Join(t.TempDir(), "runexp.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		started := time.Now()
		inv := recordRuns(t, db, n/metricsPerRun)
		recorded := time.Since(started)
		if err := db.Aggregate(ctx, inv); err != nil {
			t.Fatal(err)
		}
		started = time.Now()
		rows, err := db.Comparison(ctx, inv)
		compared := time.Since(started)
		if err != nil || len(rows) != n/benchSeeds {
			t.Errorf("Comparison: %d rows, %v; want %d", len(rows), err, n/benchSeeds)
		}
		started = time.Now()
		few, err := db.Metrics(ctx, results.Filter{Invocation: inv, Split: "test_id", Slice: "part=7", Name: "metric2"})
		filtered := time.Since(started)
		if err != nil || len(few) != n/metricsPerRun {
			t.Fatalf("Metrics of one slice: %d rows, %v; want one a run, %d", len(few), err, n/metricsPerRun)
		}
		for i, m := range few {
			if want := metricValue(i, 7, 2); m.Value != want {
				t.Errorf("run %d has %v, want %v", i, m.Value, want)
			}
		}
		fmt.Fprintf(&table, "| %d | %.2f s | %.0f | %.3f s | %.3f s |\n", n, recorded.Seconds(), float64(n)/recorded.Seconds(), compared.Seconds(), filtered.Seconds())
		record.X, record.Y = append(record.X, float64(n)), append(record.Y, recorded.Seconds())
		query.X, query.Y = append(query.X, float64(n)), append(query.Y, compared.Seconds())
	}
	t.Log("\n" + table.String())
	if !long() {
		return
	}
	writeBench(t, "rows.md", `# Metric rows in the database

Command:

    RUNEXP_LONG=1 go test ./cmd/runexp -run AMillionMetricRows -update

Runs with 1,000 metric rows each, five seeds a configuration, are recorded, run by run as an experiment does, and aggregated;
then the rows of the view `+"`comparison`"+` are read, all of them, and one metric of one slice of all runs.

| metric rows | recording | rows a second | whole comparison | one metric of one slice |
| ---: | ---: | ---: | ---: | ---: |
`+table.String()+`
![seconds by rows](rows.svg)
`)
	writeBenchChart(t, "rows.svg", &chart.Lines{Title: "Metric rows in the database", X: "metric rows", Y: "seconds", LogX: true, Series: []chart.Series{record, query}})
}

func metricValue(run, slice, name int) float64 {
	return float64(run) + float64(slice)/1000 + float64(name)/10
}

// recordRuns records runs as an experiment does and returns the invocation.
func recordRuns(t *testing.T, db *results.Store, runs int) string {
	t.Helper()
	ctx := context.Background()
	inv := results.Invocation{ID: "many", Experiment: "many", Started: time.Unix(1, 0), Finished: time.Unix(2, 0), Status: "done"}
	var members []results.Member
	for run := range runs {
		action, seed := fmt.Sprintf("%064x", run), int64(run%benchSeeds+1)
		var metrics []results.Metric
		for slice := range metricsPerRun / 5 {
			for name := range 5 {
				metrics = append(metrics, results.Metric{Split: "test_id", Slice: fmt.Sprintf("part=%d", slice), Name: fmt.Sprintf("metric%d", name), Value: metricValue(run, slice, name), N: 10})
			}
		}
		if err := db.Record(ctx, results.Run{Action: action, Seed: seed, Output: action, Status: results.OK}, metrics, []results.Outcomes(nil), nil); err != nil {
			t.Fatal(err)
		}
		members = append(members, results.Member{Position: run, Dataset: "d", Model: "m", Method: "lora", Block: "lora",
			Configuration: fmt.Sprintf("lora[rank=%d]", run/benchSeeds), Seed: seed, Status: results.OK, Action: action})
	}
	if err := db.Begin(ctx, inv); err != nil {
		t.Fatal(err)
	}
	if err := db.SetMembers(ctx, inv.ID, members); err != nil {
		t.Fatal(err)
	}
	return inv.ID
}
