package work

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/safetensors"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Features computes the frozen representations that probes read: all layers
// and poolings that the experiment asks for, in one forward pass.
type Features struct {
	Input Input
	Needs []methods.FeatureNeed
}

// Name is the kind of stage.
func (*Features) Name() string { return "features" }

// Version is raised when the same model and rows would give other features.
func (*Features) Version() int { return 2 }

const (
	featuresFile = "features.safetensors"
	// wordsFile lists which words of a tagging task's rows have features.
	wordsFile = "words.json"
)

// Run writes one matrix [rows, hidden] per need and split.
func (s *Features) Run(ctx context.Context, job *pipeline.Job) error {
	base, releaseBase, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer releaseBase()
	data, releaseData, err := LoadData(job)
	if err != nil {
		return err
	}
	defer releaseData()
	enc, releaseEnc, err := encodeSplits(job, s.Input, base, data, 0)
	if err != nil {
		return err
	}
	defer releaseEnc()
	needs := make([]train.FeatureNeed, len(s.Needs))
	for i, n := range s.Needs {
		if needs[i], err = ResolveNeed(base, n); err != nil {
			return err
		}
	}
	hidden := base.Config().Hidden
	var tensors []safetensors.Named
	for _, split := range dataset.SplitNames {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("features: %w", pipeline.ErrInterrupted)
		}
		examples := enc.splits[split]
		values := train.Features(base, examples, needs, data.Task == dataset.Tagging, func(done, total int) {
			job.Report(pipeline.Progress{Done: int64(done), Total: int64(total), Unit: "rows", Note: split})
		})
		for i, need := range s.Needs {
			tensors = append(tensors, safetensors.Named{
				Name:  featureName(need, split),
				Shape: []int64{int64(len(values[i]) / hidden), int64(hidden)},
				Data:  values[i],
			})
		}
	}
	if data.Task == dataset.Tagging {
		if err := cache.WriteJSON(job.Out, wordsFile, enc.words()); err != nil {
			return err
		}
	}
	counts, err := json.Marshal(enc.truncated)
	if err != nil {
		return err
	}
	return safetensors.Write(filepath.Join(job.Out, featuresFile), map[string]string{"truncated": string(counts)}, tensors)
}

// ResolveNeed counts layers from the front.
func ResolveNeed(base *lm.Base, n methods.FeatureNeed) (train.FeatureNeed, error) {
	layers := base.Config().Layers
	if n.Layer < 0 {
		n.Layer += layers + 1
	}
	if n.Layer < 0 || n.Layer > layers {
		return train.FeatureNeed{}, InputError(fmt.Sprintf("layer %d: the model has layers 0 (embeddings) to %d", n.Layer, layers))
	}
	return train.FeatureNeed{Layer: n.Layer, Pooling: n.Pooling}, nil
}

func featureName(n methods.FeatureNeed, split string) string {
	return fmt.Sprintf("%d/%s/%s", n.Layer, n.Pooling, split)
}

// readFeatures returns the features of one need, by split, from the job's
// named input.
func readFeatures(job *pipeline.Job, input string, data *dataset.Dataset, need methods.FeatureNeed) (map[string]methods.Features, error) {
	dir, err := job.Dir(input)
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Open(filepath.Join(dir, featuresFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	words, err := readWords(job, input)
	if err != nil {
		return nil, err
	}
	splits := map[string]methods.Features{}
	for _, split := range dataset.SplitNames {
		name := featureName(need, split)
		info, ok := f.Info(name)
		if !ok {
			return nil, fmt.Errorf("features: no tensor %q", name)
		}
		x := methods.Features{Rows: int(info.Shape[0]), Cols: int(info.Shape[1]), X: make([]float32, info.Elements())}
		if err := f.Read(name, x.X); err != nil {
			return nil, err
		}
		if x.Targets, x.Types, err = targets(data, split, words[split]); err != nil {
			return nil, err
		}
		splits[split] = x
	}
	return splits, nil
}

// readWords returns the words that features of a tagging task are of, nil for
// other tasks.
func readWords(job *pipeline.Job, input string) (map[string][][]int32, error) {
	entry := job.In[input]
	if has, err := entry.Has(wordsFile); err != nil || !has {
		return nil, err
	}
	var words map[string][][]int32
	return words, entry.ReadJSON(wordsFile, &words)
}
