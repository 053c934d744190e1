package train

import (
	"cmp"
	"math"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/optim"
	"runexp/internal/lm/tensor"
)

// Lengths are the tokens of each sequence of each example.
type Lengths struct {
	Train, Dev [][]int
}

// lengthsOf measures examples.
func lengthsOf(train, dev []*Example) Lengths {
	measure := func(examples []*Example) [][]int {
		all := make([][]int, len(examples))
		for i, e := range examples {
			for _, s := range e.Sequences {
				all[i] = append(all[i], len(s.IDs))
			}
		}
		return all
	}
	return Lengths{Train: measure(train), Dev: measure(dev)}
}

// Peak is memory in bytes, by what it is for.
type Peak struct {
	Weights     int64 // of the base, which all runs share
	Overlay     int64 // trained and added parameters
	State       int64 // gradients, moments, the best state of early stopping
	Activations int64 // of one training step, gradients of activations included
	Evaluation  int64 // of dev rows
	Scratch     int64 // of kernels and of the program itself, once for the process
}

// Total is the sum of the parts.
func (p Peak) Total() int64 {
	return p.Weights + p.Overlay + p.State + p.Activations + p.Evaluation + p.Scratch
}

// EstimatePeak predicts the memory of a training run by taking one step in an
// arena that only counts: the code is that of a real step, on the longest
// examples. base and overlay may be dry. The overlay must not be in training
// meanwhile.
func EstimatePeak(base *lm.Base, overlay *nn.Overlay, task Task, c Config, lengths Lengths) (bytes int64, parts Peak) {
	state, step := tensor.NewDryArena(), tensor.NewDryArena()
	params := overlay.Trainable()
	constants := optim.DefaultAdamW()
	constants.GradientClip = c.GradientClip
	adam := optim.NewAdamW(state, params, constants)
	defer adam.Close()
	if c.EarlyStopping > 0 && len(lengths.Dev) > 0 {
		for _, p := range params {
			state.New(p.Value.Rows, p.Value.Cols)
		}
		parts.Evaluation = EstimateInference(base, overlay, lengths.Dev)
	}
	examples := dryExamples(heaviest(lengths.Train, c.BatchSize), task)
	tape := autodiff.New(step, true)
	tape.SetCheckpointing(c.Checkpointing)
	pass := base.Pass(tape, overlay)
	pass.Train = true
	if c.Dropout >= 0 {
		pass.DropoutRate = &c.Dropout
	}
	// By the end of training everything moves.
	adam.StartStep(1)
	tape.Backward(dryLoss(base, task, c, pass, examples))
	adam.Step(c.LearningRate)

	parts.Weights, parts.Overlay = base.Bytes(), overlay.Arena.Resident()
	parts.State, parts.Activations = state.Resident(), step.Resident()
	parts.Scratch = scratchBytes(base, overlay, lengths)
	return parts.Total(), parts
}

// EstimateInference predicts the memory that Predict, or LanguageLoss, takes besides weights and
// overlay.
func EstimateInference(base *lm.Base, overlay *nn.Overlay, lengths [][]int) int64 {
	a := tensor.NewDryArena()
	if h := overlay.Head; h != nil && h.Task == "language_modeling" {
		chunks(dryExamples(lengths, Task{}), func(_ int, part []*Example) {
			a.Reset()
			b, scored := pack(part), mostScored(base, part)
			scorePart(base, overlay, a, []scoredText{{b, firstRows(b, scored), make([]int32, scored)}})
		})
		return a.Resident()
	}
	chunks(dryExamples(lengths, Task{}), func(_ int, part []*Example) {
		a.Reset()
		base.Pass(autodiff.New(a, false), overlay).Forward(base.Arch, pack(part))
	})
	return a.Resident()
}

// heaviest returns the n examples with most tokens.
func heaviest(lengths [][]int, n int) [][]int {
	tokens := func(e []int) int {
		sum := 0
		for _, l := range e {
			sum += l
		}
		return sum
	}
	sorted := slices.SortedStableFunc(slices.Values(lengths), func(a, b []int) int { return cmp.Compare(tokens(b), tokens(a)) })
	return sorted[:min(n, len(sorted))]
}

// dryExamples have the given lengths and targets of the right shape.
func dryExamples(lengths [][]int, task Task) []*Example {
	examples := make([]*Example, len(lengths))
	for i, list := range lengths {
		e := &Example{Targets: make([]float32, task.Outputs)}
		for _, n := range list {
			e.Sequences = append(e.Sequences, Sequence{IDs: make([]int32, n)})
		}
		e.Tags = make([]int32, e.Tokens())
		examples[i] = e
	}
	return examples
}

func dryLoss(base *lm.Base, task Task, c Config, pass *nn.Pass, examples []*Example) *autodiff.Var {
	o := &objective{base: base, task: task, smoothing: float32(c.LabelSmoothing)}
	if c.ClassWeights == "balanced" {
		o.weights = make([]float32, max(1, task.Outputs))
	}
	if task.Kind != "language_modeling" || base.Config().Causal() {
		return o.loss(pass, examples)
	}
	b := pack(examples)
	scored := mostMasked(b.Tokens())
	return o.tokenLoss(pass, b, firstRows(b, scored), make([]int32, scored))
}

// mostMasked bounds how many of n tokens are masked. That is a matter of luck:
// four standard deviations above the mean are not passed in a lifetime of steps.
func mostMasked(n int) int {
	mean := maskShare * float64(n)
	return min(n, 1+int(math.Ceil(mean+4*math.Sqrt(mean*(1-maskShare)))))
}

// firstRows lists the first n rows of a batch by sequence.
func firstRows(b *nn.Batch, n int) [][]int {
	rows := make([][]int, b.Len())
	for s := range rows {
		for i := range int(b.Offsets[s+1] - b.Offsets[s]) {
			if int(b.Offsets[s])+i < n {
				rows[s] = append(rows[s], i)
			}
		}
	}
	return rows
}

// mostScored bounds the tokens of one batch of scoreTexts that are scored.
func mostScored(base *lm.Base, part []*Example) int {
	most, longest := 0, 0
	for _, e := range part {
		n := e.Tokens()
		if base.Config().Causal() {
			n = max(0, n-len(e.Sequences))
		}
		most, longest = most+n, max(longest, n)
	}
	if !base.Config().Causal() {
		most, longest = mostMasked(most), mostMasked(longest)
	}
	return min(most, max(longest, logitBytes/4/base.Config().Vocabulary))
}

// scratchBytes bounds what kernels hold on to: for each thread packed operands
// and the scores of one head of the longest sequence, twice; partial sums of
// norms, and each sequence's part of the prefix's gradient. The program is what
// becomes resident when a model first runs: code, and Go's own heap.
func scratchBytes(base *lm.Base, overlay *nn.Overlay, lengths Lengths) int64 {
	const packed, partial, program = 2 << 20, 2 << 20, 8 << 20
	longest := int64(0)
	for _, list := range slices.Concat(lengths.Train, lengths.Dev) {
		for _, n := range list {
			longest = max(longest, int64(n))
		}
	}
	prefix := int64(0)
	if overlay.Soft != nil {
		longest += int64(overlay.Soft.Embedding.Value.Rows)
	}
	if overlay.Prefix != nil {
		prefix = int64(overlay.Prefix.Len)
	}
	scores := 8 * longest * (longest + prefix)
	return int64(tensor.Threads())*(packed+scores) + partial + program + 8*prefix*int64(base.Config().KVDim())
}
