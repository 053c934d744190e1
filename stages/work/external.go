package work

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"runexp/internal/dataset"
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
	job.Info[InfoSeconds] = strconv.FormatFloat(time.Since(start).Seconds(), 'f', 3, 64)
	for _, split := range request.Predict {
		if _, err := readPredictions(filepath.Join(job.Out, predictionsFile), data, split); err != nil {
			return fmt.Errorf("external command %s: %w", m.Command[0], err)
		}
	}
	return cache.WriteJSON(job.Out, trainFile, result)
}
