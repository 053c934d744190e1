package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"runexp/internal/ui/progress"
	"runexp/pipeline"
	"runexp/results"
	"runexp/stages"
	"runexp/stages/block"
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
	oneOf(cmd, "progress", "auto", "plain", "none")
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
		Experiment: plan.Experiment.Name, Started: started,
		Finished: started.Add(time.Since(started)), // whatever the clock was set to meanwhile
		Status:   invocationStatus(summary, runErr), Build: "runexp " + version,
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
func (f *runFlags) execute(ctx context.Context, executor *pipeline.Executor, elsewhere *block.Executor, plan *stages.Plan, files []string, reporter progress.Reporter) (*pipeline.Summary, tally, error) {
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
