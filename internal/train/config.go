package train

import (
	"fmt"
	"slices"
)

// Config is how to train; the attributes that every trained method takes.
type Config struct {
	Epochs         float64 `hcl:"epochs,optional" doc:"passes over the training rows; fractions are allowed"`
	Steps          int     `hcl:"steps,optional" doc:"optimiser steps; counts instead of epochs when above 0"`
	BatchSize      int     `hcl:"batch_size,optional" unit:"rows" doc:"rows of one optimiser step"`
	LearningRate   float64 `hcl:"learning_rate,optional" doc:"peak learning rate of AdamW"`
	Schedule       string  `hcl:"schedule,optional" doc:"how the learning rate falls after warm-up: linear, cosine or constant; fine_tuning also takes head_first and gradual"`
	Warmup         float64 `hcl:"warmup,optional" unit:"fraction of steps" doc:"share of the steps in which the learning rate rises"`
	WeightDecay    float64 `hcl:"weight_decay,optional" doc:"decoupled weight decay, not on biases and norms"`
	GradientClip   float64 `hcl:"gradient_clip,optional" doc:"bound on the gradient's global norm; 0 does not clip"`
	Dropout        float64 `hcl:"dropout,optional" doc:"dropout rate of model and head in training; -1 keeps the model's own rates"`
	LabelSmoothing float64 `hcl:"label_smoothing,optional" doc:"share of the target spread over all classes"`
	ClassWeights   string  `hcl:"class_weights,optional" doc:"none, or balanced: inversely proportional to the class counts of the training rows"`
	EarlyStopping  int     `hcl:"early_stopping,optional" unit:"epochs" doc:"epochs without a better dev score after which training stops and the best state is kept; 0 keeps the last state"`
	TrainRows      int     `hcl:"train_rows,optional" unit:"rows" doc:"train on this many rows only (a nested random subset); 0 uses all"`
	Checkpointing  bool    `hcl:"checkpointing,optional" doc:"recompute activations in the backward pass to save memory"`

	// StopAt ends training after this share of the steps, whose number and
	// schedule stay those of the whole run; 0 and 1 are all of it. Successive
	// halving sets it.
	StopAt float64
}

// Tunable are the attributes of Config that a search can multiply.
var Tunable = []string{"learning_rate", "weight_decay", "batch_size", "epochs"}

// NewConfig has the values that attributes take when they are not given.
func NewConfig() Config {
	return Config{
		Epochs: 3, BatchSize: 16, LearningRate: 1e-3, Schedule: "linear", Warmup: 0.06,
		WeightDecay: 0.01, GradientClip: 1, Dropout: -1, ClassWeights: "none",
	}
}

// FieldError says what is wrong with one attribute.
type FieldError struct{ Name, Text string }

func (e *FieldError) Error() string { return e.Text }

// Field is the attribute's name.
func (e *FieldError) Field() string { return e.Name }

// Validate lists what cannot be trained with.
func (c *Config) Validate() []error {
	var errs []error
	check := func(ok bool, field, format string, args ...any) {
		if !ok {
			errs = append(errs, &FieldError{field, fmt.Sprintf(format, args...)})
		}
	}
	check(c.Epochs > 0 && c.Epochs <= 1e5, "epochs", "The number of epochs must be above 0 and at most 100000.")
	check(c.Steps >= 0 && c.Steps <= 1e8, "steps", "The number of steps must be from 0 to 100000000.")
	check(c.BatchSize >= 1 && c.BatchSize <= 1<<16, "batch_size", "The batch size must be from 1 to 65536 rows.")
	check(c.LearningRate > 0 && c.LearningRate < 1e9, "learning_rate", "The learning rate must be above 0 and below 1e9.")
	check(slices.Contains([]string{"linear", "cosine", "constant", "all", "head_first", "gradual"}, c.Schedule), "schedule",
		"The schedule of the learning rate is linear, cosine or constant; fine_tuning also takes all, head_first and gradual.")
	check(c.Warmup >= 0 && c.Warmup <= 1, "warmup", "The warm-up is a share of the steps, from 0 to 1.")
	check(c.WeightDecay >= 0 && c.WeightDecay < 1e3, "weight_decay", "The weight decay must not be negative.")
	check(c.GradientClip >= 0, "gradient_clip", "The bound on the gradient's norm must not be negative.")
	check(c.Dropout == -1 || c.Dropout >= 0 && c.Dropout < 1, "dropout", "The dropout rate must be from 0 to below 1, or -1 for the model's own.")
	check(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1, "label_smoothing", "Label smoothing must be from 0 to below 1.")
	check(c.ClassWeights == "none" || c.ClassWeights == "balanced", "class_weights", "Class weights are none or balanced.")
	check(c.EarlyStopping >= 0, "early_stopping", "The patience must not be negative.")
	check(c.TrainRows >= 0, "train_rows", "The number of training rows must not be negative.")
	return errs
}
