package work

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/train"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// checkpointInterval is how much work a killed process can lose.
const checkpointInterval = 20 * time.Second

// trainFile is the training result in the output of a node that trains.
const trainFile = "train.json"

// RungInput names the adapt node whose state a rung goes on from.
const RungInput = "rung"

// runTraining runs the loop with the job's checkpoints and progress. frozen may
// be nil.
func runTraining(ctx context.Context, job *pipeline.Job, base *lm.Base, o *nn.Overlay, data train.Data, c train.Config, seed uint64, frozen train.FrozenSource) (*train.Result, *train.Measured, error) {
	options := train.Options{
		Work: job.Work, Every: checkpointInterval, Leave: job.Out, Frozen: frozen,
		Progress: func(step, total int, loss float64) {
			cache.Failpoint("train-step")
			job.Report(pipeline.Progress{Done: int64(step), Total: int64(total), Unit: "steps", Note: fmt.Sprintf("loss %.3f", loss)})
		},
	}
	if _, ok := job.In[RungInput]; ok {
		dir, err := job.Dir(RungInput)
		if err != nil {
			return nil, nil, err
		}
		options.Take = dir
	}
	result, measured, err := train.Run(ctx, base, o, data, c, seed, options)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, nil, fmt.Errorf("%w; a checkpoint was written", pipeline.ErrInterrupted)
	}
	return result, measured, err
}

// Names of measured figures in a record.
const (
	InfoSeconds = "train_seconds"
	InfoPeak    = "peak_bytes"
	InfoRate    = "tokens_per_second"
)

func writeMeasured(job *pipeline.Job, r *train.Result, m *train.Measured) {
	job.Info[InfoSeconds] = strconv.FormatFloat(m.Seconds, 'f', 3, 64)
	job.Info[InfoPeak] = strconv.FormatInt(m.PeakBytes, 10)
	if m.Seconds > 0 {
		job.Info[InfoRate] = strconv.FormatFloat(float64(r.Tokens)/m.Seconds, 'f', 1, 64)
	}
}
