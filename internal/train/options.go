package train

import (
	"time"

	"runexp/internal/lm/optim"
)

// Options are what does not change the result: where to keep checkpoints,
// whom to tell.
type Options struct {
	// Work is a folder for checkpoints; "" keeps none.
	Work string
	// Take is a folder in which a shorter run of the same configuration left
	// its state, to go on from; "" starts afresh. Leave is where a run that
	// StopAt ends leaves its own.
	Take, Leave string
	// Every is the time between checkpoints.
	Every time.Duration
	// Frozen has the examples' hidden states after layers that are not trained;
	// nil computes them in each step. It must have the examples of Data.
	Frozen FrozenSource
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
