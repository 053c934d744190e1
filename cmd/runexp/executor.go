package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"runexp/pipeline"
	"runexp/pipeline/slurm"
	"runexp/stages"
	"runexp/stages/block"
)

// chooseExecutor settles where nodes run: the flag wins over the file's block.
// The result is nil for this process.
func chooseExecutor(flag string, plan *stages.Plan) (*block.Executor, error) {
	switch {
	case flag == "local", flag == "" && plan.Executor == nil:
		return nil, nil
	case flag != "" && flag != "slurm":
		return nil, usage("-executor %q: want local or slurm", flag)
	case plan.Executor != nil:
		return plan.Executor, nil
	}
	return block.DefaultExecutor(), nil
}

// sharedFolder is where the jobs of an experiment find what they read and leave
// their results.
func (f *experimentFlags) sharedFolder(e *block.Executor, plan *stages.Plan) (string, error) {
	dir := e.Folder
	if dir == "" {
		dir = filepath.Join(f.cache, "slurm")
	}
	return filepath.Abs(filepath.Join(dir, plan.Experiment.Name))
}

// jobName is how the jobs of an experiment are called.
func jobName(plan *stages.Plan) string { return "runexp-" + plan.Experiment.Name }

// startSlurm makes executor run its nodes in Slurm. Close ends that.
func (f *experimentFlags) startSlurm(executor *pipeline.Executor, e *block.Executor, plan *stages.Plan, files []string, say func(string)) (io.Closer, error) {
	dir, err := f.sharedFolder(e, plan)
	if err != nil {
		return nil, err
	}
	command, err := f.workerCommandLine(dir, files)
	if err != nil {
		return nil, err
	}
	runner, err := slurm.Start(slurm.Options{
		Cluster: slurm.CLI{}, Dir: dir, Name: jobName(plan), Command: command,
		Limit: e.ArrayLimit, Resources: e.Resources(), Poll: time.Duration(e.Poll) * time.Second, Say: say,
	})
	if err != nil {
		return nil, err
	}
	executor.Runner, executor.Parallel, executor.MemoryLimit = runner, parallelElsewhere(), 0
	return runner, nil
}

// parallelElsewhere is how many nodes may be on their way at once: each holds a
// lock file open in the cache.
func parallelElsewhere() int {
	const most = 8192
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(min(most, limit.Cur/2))
}

// workerCommandLine is the command that runs this program as a worker on the
// same experiment. The program is copied to the shared folder, so that a new
// build changes nothing for jobs that wait.
func (f *experimentFlags) workerCommandLine(dir string, files []string) ([]string, error) {
	program, err := slurm.Share(dir)
	if err != nil {
		return nil, err
	}
	cacheDir, err := filepath.Abs(f.cache)
	if err != nil {
		return nil, err
	}
	command := []string{program, "worker", "-cache", cacheDir}
	for _, v := range f.vars {
		command = append(command, "-var", v)
	}
	for _, o := range f.only {
		command = append(command, "-only", o)
	}
	if f.seeds > 0 {
		command = append(command, "-seeds", strconv.Itoa(f.seeds))
	}
	if f.threads > 0 {
		command = append(command, "-threads", strconv.Itoa(f.threads))
	}
	for _, file := range files {
		abs, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		command = append(command, abs)
	}
	return command, nil
}

// cancelJobs ends the jobs that earlier runs of the file have left in Slurm.
func (f *runFlags) cancelJobs(ctx context.Context, s *streams, plan *stages.Plan) error {
	e, err := chooseExecutor(f.executorFlag, plan)
	if err != nil {
		return err
	}
	if e == nil {
		return usage("-cancel: the file has no executor block; give -executor slurm if its jobs run there")
	}
	dir, err := f.sharedFolder(e, plan)
	if err != nil {
		return err
	}
	n, err := slurm.Cancel(ctx, slurm.CLI{}, dir, jobName(plan))
	if err != nil {
		return err
	}
	printf(s.out, "%d jobs of %s cancelled; what they have done is kept\n", n, plan.Experiment.Name)
	return nil
}

// askedToRequeue reports whether an interrupted run is to end with the status
// that asks for it to be put back into the queue.
func (f *runFlags) askedToRequeue(err error) bool {
	return f.requeue && os.Getenv("SLURM_JOB_ID") != "" && errors.Is(err, pipeline.ErrInterrupted)
}
