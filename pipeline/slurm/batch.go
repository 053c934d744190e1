package slurm

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"runexp/pipeline"
)

// batch is what one submission asks for; batch.json in its folder.
type batch struct {
	Elements [][]task  `json:"elements"` // of the job array
	Seconds  []float64 `json:"seconds"`  // for each: after so long it begins no further task
}

// task is a node to run. Inputs are actions, by the name of their role.
type task struct {
	Address string            `json:"address"`
	Action  string            `json:"action"`
	Inputs  map[string]string `json:"inputs,omitempty"`
}

func taskOf(job *pipeline.Job) task {
	t := task{Address: job.Node.Addr, Action: job.Action.String(), Inputs: map[string]string{}}
	for name, in := range job.In {
		t.Inputs[name] = in.Action().String()
	}
	return t
}

// element is one element of a job array that was submitted.
type element struct {
	batch   string // name of its folder
	job     string // name of the job
	index   int
	tasks   []task
	open    int  // tasks whose results have not been taken
	adopted bool // submitted by an earlier coordinator
	missed  int  // how often in a row squeue did not list it
	ending  int  // how often in a row squeue said that it was ending
}

// by names the element in the folders of attempts.
func (e *element) by() string { return fmt.Sprintf("%s/%d", e.batch, e.index) }

// needed is how often in a row squeue must not list an element that is over. A
// coordinator beside us may be about to submit what it has written down.
func (e *element) needed() int {
	if e.adopted {
		return 2
	}
	return 1
}

// jobName is the name under which a batch is in the queue: it tells people what
// it is, and us which folder it belongs to.
func (f folder) jobName(name, batch string) string {
	sum := sha256.Sum256([]byte(f.batch(batch)))
	return fmt.Sprintf("%s-%x", name, sum[:6])
}

// elements lists those that earlier coordinators wrote down. Who is alive is
// for squeue to say.
func (f folder) elements(name string) ([]*element, error) {
	list, err := os.ReadDir(f.batches())
	if err != nil {
		return nil, err
	}
	var found []*element
	for _, entry := range list {
		b, err := readBatch(f.batch(entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // cut off before it was submitted
		}
		if err != nil {
			return nil, err
		}
		for i, tasks := range b.Elements {
			found = append(found, &element{batch: entry.Name(), job: f.jobName(name, entry.Name()), index: i, tasks: tasks, open: len(tasks), adopted: true})
		}
	}
	return found, nil
}

func readBatch(dir string) (*batch, error) {
	text, err := os.ReadFile(filepath.Join(dir, "batch.json"))
	if err != nil {
		return nil, err
	}
	b := &batch{}
	if err := json.Unmarshal(text, b); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, "batch.json"), err)
	}
	if len(b.Seconds) != len(b.Elements) {
		return nil, fmt.Errorf("read %s: %d elements and %d times", filepath.Join(dir, "batch.json"), len(b.Elements), len(b.Seconds))
	}
	return b, nil
}

// writeBatch writes a batch and its script to a folder of its own and returns
// the folder's name.
func (f folder) writeBatch(b *batch, command, setup []string) (string, error) {
	n, dir, err := nextFolder(f.batches())
	if err != nil {
		return "", err
	}
	script := []string{"#!/bin/bash", "set -e"}
	script = append(script, setup...)
	var words []string
	for _, word := range append(slices.Clone(command), "-batch", dir) {
		words = append(words, quoteShell(word))
	}
	script = append(script, "exec "+strings.Join(words, " "), "")
	text, err := json.Marshal(b)
	if err == nil {
		err = writeDurable(scriptPath(dir), []byte(strings.Join(script, "\n")))
	}
	if err == nil {
		err = writeDurable(filepath.Join(dir, "batch.json"), text)
	}
	if err != nil {
		return "", err
	}
	return strconv.Itoa(n), nil
}

func scriptPath(dir string) string { return filepath.Join(dir, "batch.sh") }

// logPath is where an element writes what it has to say; %a is sbatch's index.
func logPath(dir, index string) string { return filepath.Join(dir, index+".log") }

func quoteShell(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// lastLines returns the end of a log.
func lastLines(path string) string {
	const most, lines = 4 << 10, 20
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if len(text) > most {
		text = text[len(text)-most:]
	}
	list := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(list[max(0, len(list)-lines):], "\n")
}
