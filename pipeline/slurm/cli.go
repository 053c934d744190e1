package slurm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// CLI is a Cluster behind Slurm's own commands, found in PATH.
type CLI struct{}

// commandLimit is how long a command may take: a controller that is busy or
// restarts keeps its clients waiting.
const commandLimit = time.Minute

func command(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch said := strings.TrimSpace(stderr.String()); {
	case err == nil:
		return stdout.String(), nil
	case ctx.Err() == context.DeadlineExceeded:
		return "", fmt.Errorf("%s: no answer within %v", name, commandLimit)
	case said != "":
		return "", fmt.Errorf("%s: %s", name, said)
	default:
		return "", fmt.Errorf("%s: %w", name, err)
	}
}

// Submit calls sbatch.
func (CLI) Submit(ctx context.Context, s Submission) error {
	_, err := command(ctx, "sbatch", s.arguments()...)
	return err
}

// signalSeconds is how long before the time limit a worker is told to end.
// Slurm may tell it a minute earlier still.
const signalSeconds = 60

func (s Submission) arguments() []string {
	args := []string{
		"--parsable", "--requeue", "--open-mode=append",
		"--job-name=" + s.Name, "--output=" + s.Log,
		fmt.Sprintf("--signal=B:TERM@%d", signalSeconds),
		fmt.Sprintf("--array=0-%d%%%d", s.Elements-1, s.Limit),
	}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, flag+"="+value)
		}
	}
	add("--partition", s.Partition)
	add("--account", s.Account)
	add("--time", s.Time)
	if s.CPUs > 0 {
		add("--cpus-per-task", strconv.Itoa(s.CPUs))
	}
	if s.MemoryBytes > 0 {
		add("--mem", strconv.FormatInt((s.MemoryBytes+1<<20-1)>>20, 10)+"M")
	}
	if s.Exclusive {
		args = append(args, "--exclusive")
	}
	return append(append(args, s.Options...), s.Script)
}

// Queue calls squeue.
func (CLI) Queue(ctx context.Context) (map[Place]Alive, error) {
	text, err := command(ctx, "squeue", "--noheader", "--array", "--user="+strconv.Itoa(os.Getuid()), "--format=%j|%K|%i|%T|%N|%r")
	if err != nil {
		return nil, err
	}
	alive := map[Place]Alive{}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), "|", 6)
		if len(fields) < 6 {
			return nil, fmt.Errorf("squeue: unexpected line %.200q", line)
		}
		index, err := strconv.Atoi(fields[1])
		if err != nil {
			continue // no element of an array, so none of ours
		}
		alive[Place{fields[0], index}] = Alive{ID: fields[2], State: fields[3], Node: fields[4], Reason: fields[5]}
	}
	return alive, nil
}

// Cancel calls scancel.
func (CLI) Cancel(ctx context.Context, ids []string) error {
	const together = 500 // keeps the command line short
	for len(ids) > 0 {
		n := min(together, len(ids))
		if _, err := command(ctx, "scancel", ids[:n]...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// MaxArraySize calls scontrol.
func (CLI) MaxArraySize(ctx context.Context) (int, error) {
	text, err := command(ctx, "scontrol", "show", "config")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(name) == "MaxArraySize" {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil || n < 1 {
				return 0, fmt.Errorf("scontrol: MaxArraySize is %q; this cluster has no job arrays", strings.TrimSpace(value))
			}
			return n, nil
		}
	}
	return 0, fmt.Errorf("scontrol: the configuration names no MaxArraySize")
}

// Requeue puts the job that this process runs in back into the queue, if it
// still counts as running: one that was cancelled must not come back, and one
// that Slurm itself requeues need not be asked for.
func Requeue(ctx context.Context) error {
	id := ownJob(os.Getenv)
	if id == "" {
		return fmt.Errorf("requeue: not in a Slurm job")
	}
	state, err := command(ctx, "squeue", "--noheader", "--jobs="+id, "--format=%T")
	if err != nil {
		return err
	}
	if state := strings.TrimSpace(state); state != "RUNNING" {
		return fmt.Errorf("requeue: the job is %s", strings.ToLower(state))
	}
	_, err = command(ctx, "scontrol", "requeue", id)
	return err
}

// ownJob names the job that this process runs in. An element of an array goes by
// its place there: the id of one of the elements is also that of the whole array.
func ownJob(getenv func(string) string) string {
	if array, element := getenv("SLURM_ARRAY_JOB_ID"), getenv("SLURM_ARRAY_TASK_ID"); array != "" && element != "" {
		return array + "_" + element
	}
	return getenv("SLURM_JOB_ID")
}
