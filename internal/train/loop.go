package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/optim"
	"runexp/internal/lm/tensor"
)

// loop is one training run.
type loop struct {
	base    *lm.Base
	overlay *nn.Overlay
	data    Data
	config  Config
	seed    uint64
	options Options

	rows      []*Example
	total     int // steps
	stop      int // the step after which the run ends
	perEpoch  int
	objective objective
	schedule  optim.Schedule
	adam      *optim.AdamW
	params    []*nn.Param

	state      *tensor.Arena // gradients, moments, best state
	step       *tensor.Arena // activations, emptied each step
	evaluation *tensor.Arena // of dev

	from   start // where passes begin
	moving int   // parameters that were trained when that was found

	result   *Result
	sum      float64 // of losses since the last point of the curve
	count    int
	best     []*tensor.Tensor
	bestAt   float64
	patience int
	slot     int // of the newest checkpoint, -1 before the first
}

// Run trains overlay's parameters and leaves the kept state in them. When ctx
// ends it writes a checkpoint and returns ctx's error.
func Run(ctx context.Context, base *lm.Base, overlay *nn.Overlay, data Data, c Config, seed uint64, o Options) (*Result, *Measured, error) {
	l, err := newLoop(base, overlay, data, c, seed, o)
	if err != nil {
		return nil, nil, err
	}
	defer l.close()
	return l.run(ctx)
}

func newLoop(base *lm.Base, overlay *nn.Overlay, data Data, c Config, seed uint64, o Options) (*loop, error) {
	if err := checkExamples(data); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &loop{base: base, overlay: overlay, data: data, config: c, seed: seed, options: o, params: overlay.Trainable()}
	if len(l.params) == 0 {
		return nil, fmt.Errorf("train: the method trains no parameter")
	}
	l.rows = subset(data.Train, c.TrainRows, seed)
	l.perEpoch = (len(l.rows) + c.BatchSize - 1) / c.BatchSize
	l.total = int(math.Ceil(c.Epochs * float64(l.perEpoch)))
	if c.Steps > 0 {
		l.total = c.Steps
	}
	l.stop = l.total
	if c.StopAt > 0 && c.StopAt < 1 {
		l.stop = int(math.Ceil(c.StopAt * float64(l.total)))
	}
	l.schedule = optim.Schedule{Kind: c.Schedule, Peak: c.LearningRate, Warmup: int(c.Warmup * float64(l.total)), Total: l.total}
	l.objective = objective{base: base, task: data.Task, smoothing: float32(c.LabelSmoothing)}
	if c.ClassWeights == "balanced" && (data.Task.Kind == "classification" || data.Task.Kind == "tagging") {
		l.objective.weights = balanced(l.rows, data.Task.Outputs, data.Task.Kind)
	}
	adam := optim.DefaultAdamW()
	if o.Optimizer != nil {
		adam = *o.Optimizer
	}
	adam.WeightDecay, adam.GradientClip = c.WeightDecay, c.GradientClip
	l.state, l.step, l.evaluation = tensor.NewArena(), tensor.NewArena(), tensor.NewArena()
	l.adam = optim.NewAdamW(l.state, l.params, adam)
	l.result = &Result{Status: OK, Rows: len(l.rows)}
	l.bestAt, l.slot = math.Inf(-1), -1
	return l, nil
}

func (l *loop) close() {
	l.from.close()
	l.adam.Close()
	l.state.Free()
	l.step.Free()
	l.evaluation.Free()
}

// subset draws n rows; for one seed a smaller subset is part of a larger one.
func subset(rows []*Example, n int, seed uint64) []*Example {
	if n <= 0 || n >= len(rows) {
		return rows
	}
	order := tensor.NewKey(seed, "rows").Perm(len(rows))
	list := make([]*Example, n)
	for i := range list {
		list[i] = rows[order[i]]
	}
	return list
}

func (l *loop) run(ctx context.Context) (*Result, *Measured, error) {
	start := l.options.Now()
	m := &Measured{}
	head := l.headBefore()
	first, seconds, err := l.resume()
	if err != nil {
		return nil, nil, err
	}
	m.Resumed = first
	saved := start
	var order []int
	for step := first; step < l.stop && l.result.Status == OK && !l.result.Stopped; step++ {
		epoch := step / l.perEpoch
		if order == nil || step%l.perEpoch == 0 {
			order = tensor.NewKey(l.seed, "order").At(uint64(epoch)).Perm(len(l.rows))
		}
		at := step % l.perEpoch * l.config.BatchSize
		if err := l.train(step, order[at:min(at+l.config.BatchSize, len(order))]); err != nil {
			return nil, nil, err
		}
		if (step+1)%l.perEpoch == 0 || step+1 == l.total {
			l.endEpoch(step + 1)
		}
		if l.options.Progress != nil {
			l.options.Progress(step+1, l.total, l.result.lastLoss(l.sum, l.count))
		}
		now := l.options.Now()
		due := l.options.Work != "" && l.options.Every > 0 && now.Sub(saved) >= l.options.Every
		if ctx.Err() != nil || due {
			if err := l.save(l.options.Work, step+1, seconds+now.Sub(start).Seconds()); err != nil {
				return nil, nil, err
			}
			saved = now
		}
		if ctx.Err() != nil && step+1 < l.stop {
			return nil, nil, context.Cause(ctx)
		}
	}
	if l.stop < l.total {
		// What a longer run goes on from; without times, for it is an output.
		if err := l.save(l.options.Leave, l.result.Steps, 0); err != nil {
			return nil, nil, err
		}
	}
	l.finish(head)
	m.Seconds = seconds + l.options.Now().Sub(start).Seconds()
	m.PeakBytes = l.state.Resident() + l.step.Resident() + l.evaluation.Resident() + l.overlay.Arena.Resident()
	return l.result, m, nil
}
