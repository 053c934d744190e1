package train

import (
	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// A Task is what the head is trained for.
type Task struct {
	Kind    string // classification, regression, multi_label, tagging, multiple_choice, language_modeling
	Outputs int
}

// pack puts the sequences of some examples into one batch.
func pack(examples []*Example) *nn.Batch {
	var ids, types [][]int32
	var masks []int32
	typed, masked := false, false
	for _, e := range examples {
		for _, s := range e.Sequences {
			ids, types, masks = append(ids, s.IDs), append(types, s.Types), append(masks, s.Mask)
			typed, masked = typed || s.Types != nil, masked || s.Mask >= 0
		}
	}
	if !typed {
		types = nil
	}
	b := nn.NewBatch(ids, types)
	if masked {
		b.Mask = masks
	}
	return b
}

// objective computes the mean loss of a batch.
type objective struct {
	base      *lm.Base
	task      Task
	smoothing float32
	weights   []float32 // per class, nil for none
}

func (o *objective) loss(p *nn.Pass, examples []*Example) *autodiff.Var {
	a, t := p.Tape.Arena(), p.Tape
	if o.task.Kind == "language_modeling" {
		return o.lmLoss(p, examples)
	}
	out := p.Forward(o.base.Arch, pack(examples))
	switch o.task.Kind {
	case "regression", "multi_label":
		var targets []float32
		for _, e := range examples {
			targets = append(targets, e.Targets...)
		}
		x := a.From(out.Value.Rows, out.Value.Cols, targets)
		if o.task.Kind == "regression" {
			return t.MSE(out, x, float32(len(targets)))
		}
		return t.BCE(out, x, float32(len(targets)))
	case "multiple_choice":
		out = t.Reshape(out, len(examples), len(examples[0].Sequences))
	}
	labels, denom := o.labels(examples)
	var weights *tensor.Tensor
	if o.weights != nil {
		weights = a.From(1, len(o.weights), o.weights)
	}
	return t.CrossEntropy(out, a.Ints(labels), o.smoothing, weights, denom)
}

// labels lists the class of each row of the head's output, and what the
// summed loss is divided by: PyTorch's weighted mean.
func (o *objective) labels(examples []*Example) (labels []int32, denom float32) {
	for _, e := range examples {
		if o.task.Kind == "tagging" {
			labels = append(labels, e.Tags...)
		} else {
			labels = append(labels, e.Label)
		}
	}
	for _, l := range labels {
		switch {
		case l < 0:
		case o.weights != nil:
			denom += o.weights[l]
		default:
			denom++
		}
	}
	return labels, max(denom, 1e-12)
}

// balanced weighs classes inversely to their counts, as scikit-learn's
// "balanced" does: n / (classes · count).
func balanced(examples []*Example, classes int, task string) []float32 {
	counts, n := make([]int, classes), 0
	for _, e := range examples {
		list := e.Tags
		if task != "tagging" {
			list = []int32{e.Label}
		}
		for _, l := range list {
			if l >= 0 {
				counts[l]++
				n++
			}
		}
	}
	weights := make([]float32, classes)
	for c, k := range counts {
		if k > 0 {
			weights[c] = float32(n) / float32(classes*k)
		}
	}
	return weights
}
