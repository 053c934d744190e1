package stages

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"runexp/internal/dataset"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// The protocol of method "external": the command finds rows in files and a
// JSON document on standard input, writes metrics as JSON lines to standard
// output, and leaves predictions.jsonl in the folder "out".

const (
	predictionsFile  = "predictions.jsonl"
	externalProtocol = 1
	maxExternalLine  = 1 << 20
)

// externalRequest is the document on standard input.
type externalRequest struct {
	Protocol int               `json:"protocol"`
	Seed     int               `json:"seed"`
	Task     string            `json:"task"`
	Metric   string            `json:"metric"`
	Labels   []string          `json:"labels"`
	Splits   map[string]string `json:"splits"` // rows as JSON lines; "label" is there in train and dev only
	Predict  []string          `json:"predict"`
	Model    string            `json:"model,omitempty"` // folder of the base model
	Out      string            `json:"out"`
	Settings map[string]string `json:"settings,omitempty"`
}

// external runs the command and checks what it left.
func (s *Adapt) external(ctx context.Context, job *pipeline.Job, m *methods.External, data *dataset.Dataset) error {
	request := externalRequest{
		Protocol: externalProtocol, Seed: s.Seed, Task: data.Task, Metric: s.Metric, Labels: data.LabelNames,
		Splits: map[string]string{}, Predict: evaluatedSplits(data), Out: job.Out, Settings: m.Settings,
	}
	for _, split := range dataset.SplitNames {
		path := filepath.Join(job.Temp, split+".jsonl")
		if err := s.Input.writeRows(path, data, split); err != nil {
			return err
		}
		request.Splits[split] = path
	}
	if _, ok := job.In["model"]; ok {
		dir, err := job.Dir("model")
		if err != nil {
			return err
		}
		request.Model = dir
	}
	start := time.Now()
	result, err := runExternal(ctx, job, m, s.Dir, request)
	if err != nil {
		return err
	}
	job.Info[infoSeconds] = strconv.FormatFloat(time.Since(start).Seconds(), 'f', 3, 64)
	for _, split := range request.Predict {
		if _, err := readPredictions(filepath.Join(job.Out, predictionsFile), data, split); err != nil {
			return fmt.Errorf("external command %s: %w", m.Command[0], err)
		}
	}
	return writeJSON(job.Out, trainFile, result)
}

// writeRows writes a split as JSON lines; answers are left out of the tests.
func (in Input) writeRows(path string, data *dataset.Dataset, split string) error {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	rows := data.Split(split)
	for i := range rows {
		row := &rows[i]
		text := dataset.Row{Text: row.Text, Pair: row.Pair, HasPair: row.HasPair}
		if in.Format != nil {
			text.Text, text.HasPair = fillTemplate(in.Format.Text, row), in.Format.TextPair != ""
			text.Pair = fillTemplate(in.Format.TextPair, row)
		}
		line := map[string]any{"id": row.ID, "text": text.Text}
		if text.HasPair {
			line["text_pair"] = text.Pair
		}
		if len(row.Choices) > 0 {
			line["choices"] = row.Choices
		}
		if split == dataset.TrainSplit || split == dataset.DevSplit {
			line["label"] = answerOf(data, row)
		}
		if err := e.Encode(line); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o666); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func answerOf(data *dataset.Dataset, row *dataset.Row) any {
	switch data.Task {
	case dataset.Regression:
		return row.Target
	case dataset.MultiLabel:
		names := []string{}
		for _, l := range row.Labels {
			names = append(names, data.LabelNames[l])
		}
		return names
	case dataset.MultipleChoice:
		return row.Label
	}
	return data.LabelNames[row.Label]
}

// passedOn are the variables that a command finds in its environment besides
// its own: where programs and settings are, and which accelerators a scheduler
// has given it.
var passedOn = []string{"PATH", "HOME", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK"}

// runExternal starts the command and follows its output.
func runExternal(ctx context.Context, job *pipeline.Job, m *methods.External, dir string, request externalRequest) (*train.Result, error) {
	document, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	limited, stop := context.WithTimeout(ctx, m.Limit())
	defer stop()
	cmd := exec.CommandContext(limited, m.Command[0], m.Command[1:]...)
	cmd.Dir = dir
	cmd.Stdin = bytes.NewReader(document)
	for _, k := range passedOn {
		if value, ok := os.LookupEnv(k); ok {
			cmd.Env = append(cmd.Env, k+"="+value)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m.Env)) {
		cmd.Env = append(cmd.Env, k+"="+m.Env[k])
	}
	cmd.WaitDelay = 5 * time.Second
	var stderr tail
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("external command: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, inputError{fmt.Sprintf("external command: %v", err)}
	}
	result, parseErr := followExternal(job, bufio.NewScanner(out))
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("external command: %w", pipeline.ErrInterrupted)
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("external command %s: not done after %s%s", m.Command[0], m.Timeout, stderr.String())
	case err != nil:
		return nil, fmt.Errorf("external command %s: %w%s", m.Command[0], err, stderr.String())
	case parseErr != nil:
		return nil, fmt.Errorf("external command %s: %w", m.Command[0], parseErr)
	}
	return result, nil
}

// followExternal reads metrics: lines such as {"step": 10, "loss": 0.7}.
func followExternal(job *pipeline.Job, lines *bufio.Scanner) (*train.Result, error) {
	result := &train.Result{Status: train.OK}
	lines.Buffer(nil, maxExternalLine)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		var line struct {
			Step  *int     `json:"step"`
			Total int      `json:"total"`
			Loss  *float64 `json:"loss"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			return nil, fmt.Errorf("standard output, line %d is not a JSON object with step and loss: %w", n, err)
		}
		if line.Step == nil || line.Loss == nil {
			continue
		}
		if math.IsNaN(*line.Loss) {
			return nil, fmt.Errorf("standard output, line %d: the loss is not a number", n)
		}
		result.Steps = *line.Step
		result.Curve = append(result.Curve, train.Point{Step: *line.Step, Loss: *line.Loss})
		job.Report(pipeline.Progress{Done: int64(*line.Step), Total: int64(line.Total), Unit: "steps", Note: fmt.Sprintf("loss %.3f", *line.Loss)})
	}
	return result, lines.Err()
}

// readPredictions reads the predictions of one split: every row once, with
// probabilities ("probs", one per label or choice) or a number ("value").
func readPredictions(path string, data *dataset.Dataset, split string) (predictions, error) {
	f, err := os.Open(path)
	if err != nil {
		return predictions{}, fmt.Errorf("no %s was left: %w", predictionsFile, errors.Unwrap(err))
	}
	defer f.Close()
	rows := data.Split(split)
	place := make(map[string]int, len(rows))
	for i := range rows {
		place[rows[i].ID] = i
	}
	found := make([][]float64, len(rows))
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxExternalLine)
	for n := 1; lines.Scan(); n++ {
		var line struct {
			Split string    `json:"split"`
			ID    string    `json:"id"`
			Probs []float64 `json:"probs"`
			Value *float64  `json:"value"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return predictions{}, fmt.Errorf("%s:%d: %w", predictionsFile, n, err)
		}
		if line.Split != split {
			continue
		}
		i, ok := place[line.ID]
		switch {
		case !ok:
			return predictions{}, fmt.Errorf("%s:%d: split %s has no row %q", predictionsFile, n, split, line.ID)
		case found[i] != nil:
			return predictions{}, fmt.Errorf("%s:%d: row %q is predicted twice", predictionsFile, n, line.ID)
		case line.Value != nil:
			found[i] = []float64{*line.Value}
		default:
			found[i] = line.Probs
		}
		if want := expectedNumbers(data, &rows[i]); len(found[i]) != want {
			return predictions{}, fmt.Errorf("%s:%d: %d numbers, want %d", predictionsFile, n, len(found[i]), want)
		}
	}
	if err := lines.Err(); err != nil {
		return predictions{}, fmt.Errorf("%s: %w", predictionsFile, err)
	}
	for i := range found {
		if found[i] == nil {
			return predictions{}, fmt.Errorf("%s: row %q of %s has no prediction", predictionsFile, rows[i].ID, split)
		}
	}
	if data.Task == dataset.MultipleChoice {
		return predictions{cols: 1, values: slices.Concat(found...)}, nil
	}
	return flatten(found), nil
}

func expectedNumbers(data *dataset.Dataset, row *dataset.Row) int {
	if data.Task == dataset.MultipleChoice {
		return len(row.Choices)
	}
	return outputs(data)
}

// evaluateExternal assesses the predictions that the command left.
func (s *Evaluate) external(job *pipeline.Job, data *dataset.Dataset, e *Evaluation) error {
	dir, err := job.Dir("adapt")
	if err != nil {
		return err
	}
	if e.Stored, err = storedBytes(job.In["adapt"]); err != nil {
		return err
	}
	return s.assessAll(data, e, nil, func(_ Input, split string) (predictions, error) {
		return readPredictions(filepath.Join(dir, predictionsFile), data, split)
	})
}

// storedBytes is what an external command left besides its predictions.
func storedBytes(entry *cache.Entry) (int64, error) {
	files, err := entry.Files()
	n := int64(0)
	for _, f := range files {
		if f.Name != predictionsFile && f.Name != trainFile {
			n += f.Size
		}
	}
	return n, err
}

// tail keeps the last lines of a stream for an error message.
type tail struct{ bytes.Buffer }

const tailBytes = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p)
	if extra := t.Len() - tailBytes; extra > 0 {
		t.Next(extra)
	}
	return len(p), nil
}

func (t *tail) String() string {
	if t.Len() == 0 {
		return ""
	}
	return "; its last words:\n" + strings.TrimSpace(t.Buffer.String())
}

// commandFiles lists the arguments of a command that name files beside the
// experiment: their content is part of the key.
func (c *compiler) commandFiles(m *methods.External) []pipeline.File {
	var files []pipeline.File
	for i, arg := range m.Command {
		path := arg
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.exp.Dir, arg)
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, pipeline.File{Name: fmt.Sprintf("command/%d", i), Path: path})
		}
	}
	return files
}
