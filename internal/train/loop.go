package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/optim"
	"runexp/internal/lm/tensor"
)

// Options are what does not change the result: where to keep checkpoints,
// whom to tell.
type Options struct {
	// Work is a folder for checkpoints; "" keeps none.
	Work string
	// Every is the time between checkpoints.
	Every time.Duration
	// Progress is told the step, the number of steps and the running loss.
	Progress func(step, total int, loss float64)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Optimizer overrides the constants of AdamW; nil keeps PyTorch's.
	Optimizer *optim.AdamWConfig
}

// Score rates a model on dev; higher is better.
type Score func(outputs []float32) float64

// Data is what a run trains on.
type Data struct {
	Task  Task
	Train []*Example
	Dev   []*Example
	// Score is needed for early stopping and scores dev after each epoch.
	Score Score
}

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
	perEpoch  int
	objective objective
	schedule  optim.Schedule
	state     *tensor.Arena // gradients, moments, best state
	step      *tensor.Arena
	adam      *optim.AdamW
	params    []*nn.Param

	result   *Result
	sum      float64 // of losses since the last point of the curve
	count    int
	best     []*tensor.Tensor
	bestAt   float64
	patience int
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
	if len(data.Train) == 0 {
		return nil, fmt.Errorf("train: no training rows")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &loop{base: base, overlay: overlay, data: data, config: c, seed: seed, options: o, params: overlay.Params()}
	if len(l.params) == 0 {
		return nil, fmt.Errorf("train: the method trains no parameter")
	}
	l.rows = subset(data.Train, c.TrainRows, seed)
	l.perEpoch = (len(l.rows) + c.BatchSize - 1) / c.BatchSize
	l.total = int(math.Ceil(c.Epochs * float64(l.perEpoch)))
	if c.Steps > 0 {
		l.total = c.Steps
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
	l.state, l.step = tensor.NewArena(), tensor.NewArena()
	l.adam = optim.NewAdamW(l.state, l.params, adam)
	l.result = &Result{Status: OK, Rows: len(l.rows)}
	l.bestAt = math.Inf(-1)
	return l, nil
}

func (l *loop) close() {
	l.adam.Close()
	l.state.Free()
	l.step.Free()
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
	first, seconds, err := l.resume()
	if err != nil {
		return nil, nil, err
	}
	m.Resumed = first
	head := l.headBefore()
	saved := start
	var order []int
	for step := first; step < l.total && l.result.Status == OK && !l.result.Stopped; step++ {
		epoch := step / l.perEpoch
		if order == nil || step%l.perEpoch == 0 {
			order = tensor.NewKey(l.seed, "order").At(uint64(epoch)).Perm(len(l.rows))
		}
		at := step % l.perEpoch * l.config.BatchSize
		l.train(step, order[at:min(at+l.config.BatchSize, len(order))])
		if (step+1)%l.perEpoch == 0 || step+1 == l.total {
			l.endEpoch(step + 1)
		}
		if l.options.Progress != nil {
			l.options.Progress(step+1, l.total, l.result.lastLoss(l.sum, l.count))
		}
		now := l.options.Now()
		due := l.options.Work != "" && l.options.Every > 0 && now.Sub(saved) >= l.options.Every
		if ctx.Err() != nil || due {
			if err := l.save(step+1, seconds+now.Sub(start).Seconds()); err != nil {
				return nil, nil, err
			}
			saved = now
		}
		if ctx.Err() != nil && step+1 < l.total {
			return nil, nil, context.Cause(ctx)
		}
	}
	l.finish(head)
	m.Seconds = seconds + l.options.Now().Sub(start).Seconds()
	m.PeakBytes = l.state.Peak() + l.step.Peak() + l.overlay.Arena.Peak()
	return l.result, m, nil
}

// train does one optimiser step on some rows.
func (l *loop) train(step int, index []int) {
	examples := make([]*Example, len(index))
	for i, k := range index {
		examples[i] = l.rows[k]
		l.result.Tokens += int64(examples[i].Tokens())
	}
	l.step.Reset()
	tape := autodiff.New(l.step, true)
	tape.SetCheckpointing(l.config.Checkpointing)
	pass := l.base.Pass(tape, l.overlay)
	pass.Train, pass.Seed, pass.Step = true, l.seed, uint64(step)
	if l.config.Dropout >= 0 {
		pass.DropoutRate = &l.config.Dropout
	}
	l.adam.StartStep(float64(step) / float64(l.total))
	loss := l.objective.loss(pass, examples)
	value := float64(loss.Value.Slice()[0])
	l.result.Steps = step + 1
	rate := l.schedule.At(step)
	if math.IsNaN(value) || math.IsInf(value, 0) {
		l.result.Status = Diverged
		l.result.Detail = fmt.Sprintf("the loss is %v at step %d (learning rate %g)%s", value, step+1, rate, l.firstNonFinite())
		return
	}
	l.sum, l.count = l.sum+value, l.count+1
	if points := max(1, l.total/50); (step+1)%points == 0 {
		l.point(step+1, rate)
	}
	tape.Backward(loss)
	l.adam.Step(rate)
}

func (l *loop) point(step int, rate float64) {
	if l.count == 0 {
		return
	}
	l.result.Curve = append(l.result.Curve, Point{Step: step, Loss: l.sum / float64(l.count), LearningRate: rate})
	l.sum, l.count = 0, 0
}

// lastLoss is the mean loss since the last point, or that point's.
func (r *Result) lastLoss(sum float64, count int) float64 {
	switch {
	case count > 0:
		return sum / float64(count)
	case len(r.Curve) > 0:
		return r.Curve[len(r.Curve)-1].Loss
	}
	return math.NaN()
}

// endEpoch scores dev, keeps the best state, and stops when patience ends.
func (l *loop) endEpoch(step int) {
	if l.data.Score == nil || l.config.EarlyStopping == 0 || l.result.Status != OK {
		return
	}
	score := l.data.Score(Predict(l.base, l.overlay, l.data.Task, l.data.Dev))
	l.point(step, l.schedule.At(step-1))
	l.result.Curve = append(l.result.Curve, Point{Step: step, LearningRate: l.schedule.At(step - 1), Score: score, Scored: true,
		Loss: l.result.lastLoss(l.sum, l.count)})
	if score > l.bestAt {
		l.bestAt, l.result.BestStep, l.patience = score, step, 0
		l.keepBest()
		return
	}
	l.patience++
	l.result.Stopped = l.patience >= l.config.EarlyStopping
}

func (l *loop) keepBest() {
	for i, p := range l.params {
		if i == len(l.best) {
			l.best = append(l.best, l.state.New(p.Value.Rows, p.Value.Cols))
		}
		tensor.Copy(l.best[i], p.Value)
	}
}

// finish restores the best state, if one was kept, and judges the run.
func (l *loop) finish(headBefore []float32) {
	l.point(l.result.Steps, l.schedule.At(max(0, l.result.Steps-1)))
	l.result.Kept = l.result.Steps
	if l.best != nil {
		for i, p := range l.params {
			tensor.Copy(p.Value, l.best[i])
		}
		l.result.Kept = l.result.BestStep
	}
	if l.result.Status == OK {
		l.judge(headBefore)
	}
}
