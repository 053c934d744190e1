package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"runexp/internal/lm/tensor"
	"runexp/internal/report"
	"runexp/internal/ui/progress"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/results"
	"runexp/stages"
)

type runFlags struct {
	experimentFlags
	parallel int
	progress string
	verify   bool
	noShare  bool
	json     bool
	memory   string

	executorFlag string
	cancel       bool
	requeue      bool
}

func runCommand(s *streams) *cobra.Command {
	f := &runFlags{experimentFlags: experimentFlags{sources: true}}
	cmd := &cobra.Command{
		Use:   "run FILE…",
		Short: "Run an experiment; the same as runexp FILE…",
		Example: "  runexp run experiments/legal.hcl\n  runexp run -j 2 -threads 2 experiments/legal.hcl\n" +
			"  runexp run -only method.lora -seeds 1 experiments/legal.hcl",
		Args: atLeastOne(),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), s, args) },
	}
	f.register(cmd)
	cmd.Flags().IntVarP(&f.parallel, "j", "j", 1, "runs at the same time; threads are shared among them")
	cmd.Flags().StringVar(&f.progress, "progress", "auto", "auto, plain or none")
	cmd.Flags().BoolVar(&f.verify, "verify", false, "run again although cached, and compare the bytes")
	cmd.Flags().BoolVar(&f.noShare, "no-share", false, "share nothing in memory between runs (for measuring)")
	cmd.Flags().StringVar(&f.memory, "memory", "", "memory that the runs may take together, such as 8GB (default: nine tenths of what is available)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the comparison as JSON")
	cmd.Flags().StringVar(&f.executorFlag, "executor", "", "where nodes run: local, or slurm (default: the file's executor block, else local)")
	cmd.Flags().BoolVar(&f.cancel, "cancel", false, "only end the jobs that earlier runs of the file have left in Slurm")
	cmd.Flags().BoolVar(&f.requeue, "requeue", false, "inside a Slurm job: end with status 75 when stopped by a signal, so that the job is requeued")
	return cmd
}

func (f *runFlags) run(ctx context.Context, s *streams, files []string) error {
	mode, err := progress.ParseMode(f.progress)
	if err != nil {
		return usage("%v", err)
	}
	if f.parallel < 1 {
		return usage("-j %d: at least one run at a time", f.parallel)
	}
	plan, err := f.compile(s, files)
	if err != nil {
		return err
	}
	if f.cancel {
		return f.cancelJobs(ctx, s, plan)
	}
	elsewhere, err := chooseExecutor(f.executorFlag, plan)
	if err != nil {
		return err
	}
	limit, err := f.memoryLimit()
	if err != nil {
		return err
	}
	if elsewhere != nil {
		limit = elsewhere.MemoryBytes()
	}
	most := limit
	if limit, err = plan.CheckMemory(limit); err != nil {
		return err
	}
	free, err := freeDisk(f.cache)
	if err == nil {
		err = plan.CheckDisk(f.wouldRun, f.parallel, free)
	}
	if err != nil {
		return err
	}
	executor, store, err := f.executor(false)
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, stop := withSignals(ctx)
	defer stop()
	if elsewhere != nil {
		most = 0 // it is the jobs that need memory
	}
	ctx, memory := watchMemory(ctx, most)
	defer memory.stop()

	reporter := progress.New(progress.Options{Mode: mode, Out: s.err})
	started := time.Now()
	executor.Parallel, executor.Observer, executor.Verify, executor.NoShare = f.parallel, reporter, f.verify, f.noShare
	executor.MemoryLimit = limit
	summary, done, runErr := f.execute(ctx, executor, elsewhere, plan, files, reporter)
	reporter.Close()
	if summary == nil {
		return runErr
	}
	inv := results.Invocation{
		ID:         fmt.Sprintf("%s-%s", plan.Experiment.Name, started.UTC().Format("20060102T150405.000000000Z")),
		Experiment: plan.Experiment.Name, Started: started, Finished: time.Now(),
		Status: invocationStatus(summary, runErr), Build: "runexp " + version,
	}
	if err := f.record(context.WithoutCancel(ctx), s, store, plan, summary, done, inv, files); err != nil {
		return err
	}
	// A part of the runs selects otherwise.
	if inv.Status == "done" && f.part() == "" && !store.ReadOnly() {
		let, err := stages.Unselected(plan, stages.FromSummary(summary))
		if err != nil {
			return err
		}
		if _, err := store.Drop(let...); err != nil {
			return err
		}
	}
	if over := memory.over.Load(); over > 0 && errors.Is(runErr, pipeline.ErrInterrupted) {
		return fmt.Errorf("%w: the runs took %s of memory, and %s is allowed; with more of it the same command goes on from the checkpoints",
			pipeline.ErrResources, bytesText(over), bytesText(most))
	}
	return f.outcome(s, summary, runErr)
}

// execute runs the plan here, or on the machines of an executor block.
func (f *runFlags) execute(ctx context.Context, executor *pipeline.Executor, elsewhere *stages.Executor, plan *stages.Plan, files []string, reporter progress.Reporter) (*pipeline.Summary, tally, error) {
	stopping := "training writes a checkpoint; interrupt again to end at once"
	if elsewhere != nil {
		say := func(message string) { reporter.Logger().Warn("slurm", "says", message) }
		jobs, err := f.startSlurm(executor, elsewhere, plan, files, say)
		if err != nil {
			return nil, tally{}, err
		}
		defer func() {
			if err := jobs.Close(); err != nil {
				say(err.Error())
			}
		}()
		stopping = "jobs in Slurm go on; the same command picks them up, and with -cancel ends them"
	}
	unheard := context.AfterFunc(ctx, func() { reporter.Logger().Warn("stopping", "now", stopping) })
	defer unheard()
	return runRungs(ctx, executor, plan)
}

// tally counts the nodes of a run over all rungs.
type tally struct{ nodes, ran int }

// runRungs runs the plan, and again as long as successive halving has more to
// run. It returns the last summary and what was done in all.
func runRungs(ctx context.Context, executor *pipeline.Executor, plan *stages.Plan) (*pipeline.Summary, tally, error) {
	var done tally
	seen := map[*pipeline.Node]bool{}
	for {
		summary, err := executor.Run(ctx, plan.Graph, plan.Want())
		if summary == nil {
			return nil, done, err
		}
		for _, r := range summary.Results {
			seen[r.Node] = true
		}
		done.ran += summary.Count(pipeline.Ran)
		done.nodes = len(seen)
		if err != nil {
			return summary, done, err
		}
		more, err := plan.NextRung(stages.FromSummary(summary))
		if err != nil || !more {
			return summary, done, err
		}
	}
}

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
	runs, choices, err := stages.Members(plan, summary)
	if err != nil {
		return err
	}
	inv.Document, err = stages.Facts(plan, summary, choices, f.part(), f.reproduction(files))
	if err != nil {
		return err
	}
	archive := &stages.Archive{Invocation: inv, Runs: runs}
	if err := archive.Save(store); err != nil {
		return err
	}
	if err := archive.Record(ctx, db, store); err != nil {
		return err
	}
	if inv.Status == "interrupted" {
		return nil
	}
	folder, err := stages.ReportFolder(ctx, db, inv.ID, f.results)
	if err != nil {
		return err
	}
	if err := stages.WriteReport(ctx, db, inv.ID, folder); err != nil {
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

// withSignals cancels the context at the first SIGINT, SIGTERM or SIGHUP, so
// that running nodes write a checkpoint; the second ends the process at once.
func withSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		select {
		case <-signals:
			os.Exit(exitInterrupted)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
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
