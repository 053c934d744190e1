package work

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
	"slices"
	"strings"
	"time"

	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
)

// maxExternalLine is the longest line that a command may write, in bytes.
const maxExternalLine = 1 << 20

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
		return nil, InputError(fmt.Sprintf("external command: %v", err))
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
