package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Speed is what a number of steps took.
type Speed struct {
	Steps           int     `json:"steps"`
	Seconds         float64 `json:"seconds"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	GFLOPs          float64 `json:"gflops"`      // 10^9 floating-point operations per second
	ArenaBytes      int64   `json:"arena_bytes"` // weights, training state and values of a step
	Predicted       Peak    `json:"-"`           // of memory, before the first step
	// Kernels and Products are the profile of these steps, if it was asked for.
	Kernels  []tensor.KernelTime `json:"kernels,omitempty"`
	Products []tensor.KernelTime `json:"products,omitempty"`
}

// BenchOptions say how to measure.
type BenchOptions struct {
	Batch         int           // examples of a step
	AtLeast       time.Duration // the steps end with the first whole pass over the examples that reaches it
	Checkpointing bool          // compute activations again in the backward pass
	Profile       bool          // time each kernel too
}

// Benchmark takes optimiser steps on the examples; the first two, which fill
// caches and arenas, do not count. Nothing of it is kept.
func Benchmark(base *lm.Base, overlay *nn.Overlay, task Task, examples []*Example, o BenchOptions) (*Speed, error) {
	c := NewConfig()
	c.BatchSize, c.Steps, c.Schedule, c.Warmup, c.LearningRate = o.Batch, 1<<30, "constant", 0, 1e-5
	c.Checkpointing = o.Checkpointing
	_, predicted := EstimatePeak(base, overlay, task, c, lengthsOf(examples, nil))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	clock := newStopwatch(examples, o)
	var l *loop
	l, err := newLoop(base, overlay, Data{Task: task, Train: examples}, c, 0, Options{Progress: func(step, _ int, _ float64) {
		if clock.step(step, l.result.Tokens) {
			stop()
		}
	}})
	if err != nil {
		return nil, err
	}
	defer l.close()
	if _, _, err := l.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return clock.speed(base.Bytes()+overlay.Arena.Resident()+l.state.Resident()+l.step.Resident(), predicted), nil
}

// BenchmarkForward runs the head over the examples, batch after batch; the first
// two batches do not count.
func BenchmarkForward(base *lm.Base, overlay *nn.Overlay, examples []*Example, o BenchOptions) (*Speed, error) {
	if len(examples) < o.Batch {
		return nil, fmt.Errorf("benchmark: %d examples for batches of %d", len(examples), o.Batch)
	}
	clock := newStopwatch(examples, o)
	lengths := lengthsOf(examples, nil)
	predicted := Peak{
		Weights: base.Bytes(), Overlay: overlay.Arena.Resident(), Scratch: scratchBytes(base, overlay, lengths),
		Evaluation: EstimateInference(base, overlay, heaviest(lengths.Train, o.Batch)),
	}
	a := tensor.NewArena()
	defer a.Free()
	tokens := int64(0)
	for step := 1; ; step++ {
		at := (step - 1) % clock.pass * o.Batch
		part := examples[at : at+o.Batch]
		predict(a, base, overlay, start{}, part)
		for _, e := range part {
			tokens += int64(e.Tokens())
		}
		if clock.step(step, tokens) {
			return clock.speed(base.Bytes()+overlay.Arena.Resident()+a.Resident(), predicted), nil
		}
	}
}

const warmSteps = 2

// stopwatch times steps after the warm ones.
type stopwatch struct {
	options BenchOptions
	pass    int // steps of a pass over the examples

	start                time.Time
	tokensBefore, tokens int64
	flops                int64
	steps                int
	now                  time.Duration
	profile              *tensor.Profile
}

func newStopwatch(examples []*Example, o BenchOptions) *stopwatch {
	return &stopwatch{options: o, pass: max(1, len(examples)/o.Batch)}
}

// step is told after each step, with the tokens so far, and says whether it was
// the last one.
func (s *stopwatch) step(n int, tokens int64) (last bool) {
	switch {
	case n < warmSteps:
		return false
	case n == warmSteps:
		s.tokensBefore, s.flops = tokens, tensor.FLOPs()
		if s.options.Profile {
			s.profile = tensor.StartProfile()
		}
		s.start = time.Now()
		return false
	}
	s.steps, s.now, s.tokens = n-warmSteps, time.Since(s.start), tokens-s.tokensBefore
	if s.now < s.options.AtLeast || s.steps%s.pass != 0 {
		return false
	}
	if s.profile != nil {
		s.profile.Stop()
	}
	return true
}

func (s *stopwatch) speed(peak int64, predicted Peak) *Speed {
	seconds := s.now.Seconds()
	speed := &Speed{
		Steps: s.steps, Seconds: seconds, ArenaBytes: peak, Predicted: predicted,
		TokensPerSecond: float64(s.tokens) / seconds,
		GFLOPs:          float64(tensor.FLOPs()-s.flops) / seconds / 1e9,
	}
	if s.profile != nil {
		speed.Kernels, speed.Products = s.profile.Kernels(), s.profile.Products()
	}
	return speed
}
