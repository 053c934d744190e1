package slurm

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeCommand puts a command of Slurm's name first in PATH. It notes its
// arguments in the file that is returned, and does what the script says.
func fakeCommand(t *testing.T, name, script string) (arguments string) {
	t.Helper()
	dir := t.TempDir()
	arguments = filepath.Join(dir, "arguments")
	text := "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" + arguments + "'\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return arguments
}

func TestSubmitCallsSbatch(t *testing.T) {
	arguments := fakeCommand(t, "sbatch", "echo 12")
	s := Submission{
		Name: "runexp-x-1", Script: "/shared/batch.sh", Log: "/shared/%a.log", Elements: 16, Limit: 8, Exclusive: true,
		Resources: Resources{Partition: "gpu", Account: "lab", Time: "1:30:00", CPUs: 4, MemoryBytes: 8e9, Options: []string{"--gres=gpu:1"}},
	}
	if err := (CLI{}).Submit(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(arguments)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(text)), "\n")
	want := []string{
		"--parsable", "--requeue", "--open-mode=append", "--job-name=runexp-x-1", "--output=/shared/%a.log",
		"--signal=B:TERM@60", "--array=0-15%8", "--partition=gpu", "--account=lab", "--time=1:30:00",
		"--cpus-per-task=4", "--mem=7630M", "--exclusive", "--gres=gpu:1", "/shared/batch.sh",
	}
	if !slices.Equal(got, want) {
		t.Errorf("sbatch was called with\n%q, want\n%q", got, want)
	}
}

func TestErrorsShowWhatSlurmSaid(t *testing.T) {
	fakeCommand(t, "sbatch", "echo 'sbatch: error: invalid partition specified: nope' >&2; exit 1")
	err := (CLI{}).Submit(context.Background(), Submission{Elements: 1})
	if err == nil || !strings.Contains(err.Error(), "invalid partition specified: nope") {
		t.Errorf("%v", err)
	}
}

func TestQueueReadsSqueue(t *testing.T) {
	fakeCommand(t, "squeue", `cat <<'END'
runexp-x-1|0|12_0|RUNNING|n1|None
runexp-x-1|15|12_15|PENDING||Resources
other job|N/A|7|RUNNING|n2|None
runexp-y-2|3|99_3|PENDING||(odd) | reason
END`)
	queue, err := (CLI{}).Queue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(queue) != 3 || queue[Place{"runexp-x-1", 15}] != (Alive{"12_15", "PENDING", "", "Resources"}) || queue[Place{"runexp-y-2", 3}].Reason != "(odd) | reason" {
		t.Errorf("queue: %+v", queue)
	}
	fakeCommand(t, "squeue", "echo rubbish")
	if _, err := (CLI{}).Queue(context.Background()); err == nil {
		t.Error("rubbish is read as an empty queue: everything would count as lost")
	}
	fakeCommand(t, "squeue", "exit 1")
	if _, err := (CLI{}).Queue(context.Background()); err == nil {
		t.Error("a failure is read as an empty queue")
	}
}

func TestMaxArraySizeReadsTheConfiguration(t *testing.T) {
	fakeCommand(t, "scontrol", "echo 'MaxArraySize            = 1001'")
	if n, err := (CLI{}).MaxArraySize(context.Background()); err != nil || n != 1001 {
		t.Errorf("%d, %v", n, err)
	}
	for _, text := range []string{"MaxArraySize = 0", "nothing"} {
		fakeCommand(t, "scontrol", "echo '"+text+"'")
		if n, err := (CLI{}).MaxArraySize(context.Background()); err == nil {
			t.Errorf("%s: %d", text, n)
		}
	}
}

// Only a job that counts as running comes back.
func TestRequeueAsksForTheState(t *testing.T) {
	t.Setenv("SLURM_JOB_ID", "12")
	t.Setenv("SLURM_ARRAY_JOB_ID", "")
	arguments := fakeCommand(t, "scontrol", "")
	for state, want := range map[string]bool{"RUNNING": true, "COMPLETING": false, "CANCELLED": false, "": false} {
		os.Remove(arguments)
		fakeCommand(t, "squeue", "echo "+state)
		err := Requeue(context.Background())
		_, errFile := os.Stat(arguments)
		if asked := errFile == nil; asked != want || (err == nil) != want {
			t.Errorf("state %q: requeued %v, %v; want %v", state, asked, err, want)
		}
	}
}

// The first element of an array to be started has the array's own id: asked for by
// that, Slurm answers for all elements, and puts all of them back.
func TestRequeueMeansOneElement(t *testing.T) {
	t.Setenv("SLURM_JOB_ID", "12")
	t.Setenv("SLURM_ARRAY_JOB_ID", "12")
	t.Setenv("SLURM_ARRAY_TASK_ID", "3")
	requeued := fakeCommand(t, "scontrol", "")
	looked := fakeCommand(t, "squeue", "echo RUNNING")
	if err := Requeue(context.Background()); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{requeued: "requeue\n12_3\n", looked: "--noheader\n--jobs=12_3\n--format=%T\n"} {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("asked with %q, %v; want %q", got, err, want)
		}
	}
}
