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

// Speed is what a number of equal steps took.
type Speed struct {
	Steps           int     `json:"steps"`
	Seconds         float64 `json:"seconds"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	GFLOPs          float64 `json:"gflops"`      // 10^9 floating-point operations per second
	ArenaBytes      int64   `json:"arena_bytes"` // weights, training state and values of a step
}

// Benchmark takes optimiser steps on batches of batch examples, in their
// order, until at least the given time has passed; the first two steps, which
// fill caches and arenas, do not count. Nothing of it is kept.
func Benchmark(base *lm.Base, overlay *nn.Overlay, task Task, examples []*Example, batch int, atLeast time.Duration) (*Speed, error) {
	c := NewConfig()
	c.BatchSize, c.Steps, c.Schedule, c.Warmup, c.LearningRate = batch, 1<<30, "constant", 0, 1e-5
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	clock := &stopwatch{tokens: tokensPerBatch(examples, batch)}
	l, err := newLoop(base, overlay, Data{Task: task, Train: examples}, c, 0, Options{Progress: func(step, _ int, _ float64) {
		if clock.step(step) >= atLeast && step > warmSteps {
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
	return clock.speed(base.Bytes() + overlay.Arena.Peak() + l.state.Peak() + l.step.Peak()), nil
}

// BenchmarkForward runs the head over the examples in batches until at least
// the given time has passed; the first two batches do not count.
func BenchmarkForward(base *lm.Base, overlay *nn.Overlay, examples []*Example, batch int, atLeast time.Duration) (*Speed, error) {
	if len(examples) < batch {
		return nil, fmt.Errorf("benchmark: %d examples for batches of %d", len(examples), batch)
	}
	clock := &stopwatch{tokens: tokensPerBatch(examples, batch)}
	a := tensor.NewArena()
	defer a.Free()
	for step := 1; ; step++ {
		at := (step - 1) % (len(examples) / batch) * batch
		predict(a, base, overlay, start{}, examples[at:at+batch])
		if clock.step(step) >= atLeast && step > warmSteps {
			return clock.speed(base.Bytes() + overlay.Arena.Peak() + a.Peak()), nil
		}
	}
}

const warmSteps = 2

// stopwatch times steps after the warm ones.
type stopwatch struct {
	tokens float64 // mean of a batch
	start  time.Time
	flops  int64
	steps  int
	now    time.Duration
}

// step is told after each step and returns the time that counts so far.
func (s *stopwatch) step(n int) time.Duration {
	if n == warmSteps {
		s.start, s.flops = time.Now(), tensor.FLOPs()
	}
	if n > warmSteps {
		s.steps, s.now = n-warmSteps, time.Since(s.start)
	}
	return s.now
}

func (s *stopwatch) speed(peak int64) *Speed {
	seconds := s.now.Seconds()
	return &Speed{
		Steps: s.steps, Seconds: seconds, ArenaBytes: peak,
		TokensPerSecond: s.tokens * float64(s.steps) / seconds,
		GFLOPs:          float64(tensor.FLOPs()-s.flops) / seconds / 1e9,
	}
}

func tokensPerBatch(examples []*Example, batch int) float64 {
	n := 0
	for _, e := range examples {
		n += e.Tokens()
	}
	return float64(n) / float64(len(examples)) * float64(batch)
}
