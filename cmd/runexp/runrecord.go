package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"runexp/internal/lm/tensor"
	"runexp/internal/report"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/results"
	"runexp/stages"
	"runexp/stages/record"
)

// record writes the database and the report.
func (f *runFlags) record(ctx context.Context, s *streams, store *cache.Store, plan *stages.Plan, summary *pipeline.Summary, done tally, inv results.Invocation, files []string) error {
	db, err := openResults(f.results)
	if err != nil {
		return err
	}
	defer db.Close()
	if damage := db.Damage(); damage != nil {
		printf(s.err, "runexp: warning: the database was damaged (%v) and has been moved to %s; results are recorded again from the cache\n", damage.Cause, damage.Path)
		if err := rebuild(ctx, s, db, store); err != nil {
			return err
		}
	}
	runs, choices, err := record.Members(plan, summary)
	if err != nil {
		return err
	}
	inv.Document, err = record.Facts(plan, summary, choices, f.part(), f.reproduction(files))
	if err != nil {
		return err
	}
	archive := &record.Archive{Invocation: inv, Runs: runs}
	if err := archive.Save(store); err != nil {
		return err
	}
	if err := archive.Record(ctx, db, store); err != nil {
		return err
	}
	if inv.Status == "interrupted" {
		return nil
	}
	folder, err := record.ReportFolder(ctx, db, inv.ID, f.results)
	if err != nil {
		return err
	}
	if err := record.WriteReport(ctx, db, inv.ID, folder); err != nil {
		return err
	}
	if f.json {
		return printComparisonJSON(ctx, s.out, db, inv.ID)
	}
	if err := printComparison(ctx, s.out, db, inv.ID); err != nil {
		return err
	}
	failed, skipped := summary.Count(pipeline.Failed), summary.Count(pipeline.Skipped)
	printf(s.out, "\n%d nodes: %d ran, %d cached, %d failed, %d skipped, in %s.\nReport: %s\n", done.nodes,
		done.ran, done.nodes-done.ran-failed-skipped, failed, skipped, round(inv.Finished.Sub(inv.Started)), filepath.Join(folder, "report.md"))
	return nil
}

// outcome says how the run went and turns it into an exit status. What a node
// lacked, or what broke, outweighs an interruption: running again would not help.
func (f *runFlags) outcome(s *streams, summary *pipeline.Summary, runErr error) error {
	interrupted := errors.Is(runErr, pipeline.ErrInterrupted)
	if runErr != nil && !interrupted {
		return runErr
	}
	status := exitOK
	for i, r := range summary.Failures() {
		if i == 0 {
			printf(s.err, "\n")
		}
		printf(s.err, "runexp: %s failed: %v\n", r.Node.Addr, r.Err)
		sayFreeDisk(r.Err, s.err)
		if code := statusOf(r.Err); status == exitOK || code != exitFailed {
			status = code
		}
	}
	if interrupted {
		printf(s.err, "runexp: interrupted (nodes done: %d); run the same command again to go on from there\n", summary.Count(pipeline.Ran)+summary.Count(pipeline.Cached))
		switch {
		case status == exitResources || status == exitIntegrity:
		case f.askedToRequeue(runErr):
			status = exitPreempted
		default:
			status = exitInterrupted
		}
	}
	if status == exitOK {
		return nil
	}
	return &exitError{status, nil}
}

func invocationStatus(summary *pipeline.Summary, runErr error) string {
	switch {
	case errors.Is(runErr, pipeline.ErrInterrupted):
		return "interrupted"
	case runErr != nil || summary.Count(pipeline.Failed) > 0:
		return "failed"
	}
	return "done"
}

// reproduction says how to get the same numbers again.
func (f *runFlags) reproduction(files []string) report.Reproduce {
	return report.Reproduce{
		Command: f.command(files), Version: version, Kernel: numericID(),
		Host: fmt.Sprintf("%s/%s, %d threads, %s", runtime.GOOS, runtime.GOARCH, tensor.Threads(), runtime.Version()),
	}
}

// openResults opens the database, waiting for another process to finish with
// it.
func openResults(dir string) (*results.Store, error) {
	path := filepath.Join(dir, "runexp.db")
	deadline := time.Now().Add(30 * time.Second)
	for {
		db, err := results.Open(path)
		if err == nil || !errors.Is(err, results.ErrBusy) || time.Now().After(deadline) {
			return db, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
