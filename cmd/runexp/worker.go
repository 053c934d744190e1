package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"runexp/pipeline/slurm"
)

// workerCommand is what an executor starts on another machine.
func workerCommand(s *streams) *cobra.Command {
	f := &experimentFlags{}
	batch := ""
	cmd := &cobra.Command{
		Use:   "worker FILE…",
		Short: "Run the nodes of a job; executors start it",
		Long: `Runs the nodes that an element of a Slurm job array was given, and leaves their results in the executor's shared
folder. Executors start it with the flags of their own run; there is no need to call it by hand. On SIGTERM it stops at a
checkpoint, has Slurm requeue its job if the time limit is the reason, and ends with status 75.`,
		Example: "  runexp worker -batch /shared/runexp/legal/batches/1 experiments/legal.hcl",
		Args:    atLeastOne(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if batch == "" {
				return usage("worker: -batch is missing; executors start workers")
			}
			return f.work(cmd.Context(), s, batch, args)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&batch, "batch", "", "folder of the submission")
	return cmd
}

// work runs the element of the array that Slurm says this is.
func (f *experimentFlags) work(ctx context.Context, s *streams, batch string, files []string) error {
	element, err := strconv.Atoi(os.Getenv("SLURM_ARRAY_TASK_ID"))
	if err != nil {
		return usage("worker: SLURM_ARRAY_TASK_ID is %q; executors start workers", os.Getenv("SLURM_ARRAY_TASK_ID"))
	}
	if cpus, err := strconv.Atoi(os.Getenv("SLURM_CPUS_PER_TASK")); err == nil && f.threads == 0 {
		f.threads = cpus
	}
	ctx, stop := withSignals(ctx)
	defer stop()
	printf(s.err, "%s runexp worker: process %d, job %s, element %d, life %s\n", time.Now().Format(time.DateTime),
		os.Getpid(), os.Getenv("SLURM_JOB_ID"), element, lifeOf(os.Getenv("SLURM_RESTART_COUNT")))
	plan, err := f.compile(s, files)
	if err != nil {
		return err
	}
	w := slurm.Worker{Batch: batch, Element: element, Numeric: numericID(), Find: plan.Node, Requeue: slurm.Requeue, Log: s.err}
	if err := w.Run(ctx); errors.Is(err, slurm.ErrPreempted) {
		return &exitError{exitPreempted, fmt.Errorf("worker: %w; what was begun goes on from its checkpoints", err)}
	} else if err != nil {
		return err
	}
	return nil
}

// lifeOf counts the lives of a job that Slurm has requeued so often.
func lifeOf(restarts string) string {
	n, err := strconv.Atoi(restarts)
	if err != nil {
		n = 0
	}
	return strconv.Itoa(n + 1)
}
