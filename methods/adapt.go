package methods

import (
	"errors"
	"fmt"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// An Adapter trains parameters by gradients. What is trained lies in an
// overlay; the base model stays as it is.
type Adapter interface {
	Method

	// Adapt returns the overlay that training starts from: the method's own
	// parameters and a head for the task. The caller frees it. On a base
	// without weights (lm.NewDry) it carries shapes only.
	Adapt(base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error)

	// Trainable counts what Adapt would train, by the method's formula; it
	// needs no weights. Targets that the model lacks are a FieldError.
	Trainable(base *lm.Base, setup Setup) (Count, error)

	// SupportsModel returns nil if the method makes sense for a model of
	// this shape, else why not: a FieldError if an attribute is to blame.
	SupportsModel(c *nn.Config) error

	// Defaults returns the training settings to start from.
	Defaults() TrainDefaults
}

// Setup is what a method needs to know besides its own attributes.
type Setup struct {
	Head nn.HeadSpec

	// Words are the token ids of each label's words; prompt tuning may start
	// from them, whether or not the head reads them.
	Words [][]int32

	// Probe starts the head from a linear probe of the last layer. The head
	// then reads what the probe read, ProbePooling, without a pooler or a
	// dense layer in between, so that at step 0 it predicts as the probe does.
	Probe        LinearPredictor
	ProbePooling string

	// Schedule is the training attribute of that name. Fine-tuning reads
	// "head_first" and "gradual"; to other methods it is a learning-rate
	// schedule and no concern of theirs.
	Schedule string

	// Dropout is the training attribute of that name: below 0 the model's
	// own rates act and LoRA has none, else it is the rate of all of them.
	Dropout float64
}

// Count is a number of parameters.
type Count struct {
	Trained int64 // in training, without the head
	Stored  int64 // after training, without the head
	Head    int64
}

// TrainDefaults are the settings that the literature starts a method from.
type TrainDefaults struct {
	LearningRate float64
	Epochs       float64
	BatchSize    int
	WeightDecay  float64
	Warmup       float64 // fraction of the steps
}

// part is what a gradient method implements; adapt and trainable make an
// Adapter's two functions from it, and a union holds several.
type part interface {
	Method

	// extend puts the method's parameters into o, whose head is there.
	extend(o *nn.Overlay, base *lm.Base, setup Setup, key tensor.Key) error

	// count is the closed formula for the sizes of what extend makes.
	count(base *lm.Base, head *nn.Head) (Count, error)
}

// Purposes of a method's random numbers, as steps of its key. The head comes
// from the same one whatever the method.
const (
	drawHead = iota
	drawMethod
)

func adapt(p part, base *lm.Base, setup Setup, key tensor.Key) (*lm.Overlay, error) {
	o := nn.NewOverlay(isDry(base))
	var err error
	if o.Head, err = newHead(o.Arena, base.Config(), setup, key.At(drawHead)); err == nil {
		err = p.extend(o, base, setup, key.At(drawMethod))
	}
	if err != nil {
		o.Free()
		return nil, fmt.Errorf("adapt with %s: %w", p.Type(), err)
	}
	return o, nil
}

func trainable(p part, base *lm.Base, setup Setup) (Count, error) {
	head, err := newHead(tensor.NewDryArena(), base.Config(), setup, tensor.Key{})
	if err != nil {
		return Count{}, fmt.Errorf("count parameters of %s: %w", p.Type(), err)
	}
	c, err := p.count(base, head)
	if err != nil {
		return Count{}, fmt.Errorf("count parameters of %s: %w", p.Type(), err)
	}
	_, c.Head = (&nn.Overlay{Head: head}).Count()
	return c, nil
}

// newHead makes the architecture's own head, or the one that a probe starts.
func newHead(a *tensor.Arena, c *nn.Config, setup Setup, key tensor.Key) (*nn.Head, error) {
	if setup.Probe == nil {
		return nn.NewHead(a, c, setup.Head, key)
	}
	if setup.Head.Words != nil || setup.Head.Task == LanguageModeling {
		return nil, errors.New("a probe cannot start a language-modelling head")
	}
	weights, bias := setup.Probe.Linear()
	if len(weights) != setup.Head.Outputs || len(weights[0]) != c.Hidden {
		return nil, fmt.Errorf("the probe has %d outputs of %d features, the head needs %d of %d",
			len(weights), len(weights[0]), setup.Head.Outputs, c.Hidden)
	}
	spec := setup.Head
	if spec.Task != Tagging {
		spec.Pooling = setup.ProbePooling
	}
	h, err := nn.NewHead(a, c, spec, key)
	if err != nil {
		return nil, err
	}
	h.UsePooler, h.Dense, h.DenseBias, h.DenseActivation = false, nil, nil, ""
	if h.OutBias == nil {
		h.OutBias = nn.NewParam(a, "head.out.bias", 1, spec.Outputs)
		h.OutBias.NoDecay = true
	}
	if !a.Dry() {
		h.Out.Value.CopyFrom(slices.Concat(weights...))
		h.OutBias.Value.CopyFrom(bias)
	}
	return h, nil
}

func isDry(base *lm.Base) bool {
	return base.Weights[base.Arch.WordEmbedding()].Value.Dry()
}

// supportsTraining is Supports of every method that trains a head.
func supportsTraining(method, kind string) error {
	return kindError(method, kind, Classification, Regression, MultiLabel, Tagging, MultipleChoice, LanguageModeling)
}

// specsInUse lists the base parameters that the forward pass to this head
// reads: the backbone always, the checkpoint's pooler and language-modelling
// head only if the head goes through them.
func specsInUse(base *lm.Base, head *nn.Head) []nn.Spec {
	var used []nn.Spec
	for _, s := range base.Arch.Specs() {
		switch s.Group {
		case "pooler":
			if !head.UsePooler {
				continue
			}
		case "lm_head":
			if head.Words == nil && head.Task != LanguageModeling {
				continue
			}
		}
		used = append(used, s)
	}
	return used
}

// replace puts a trainable copy of a base parameter into o. Vectors (biases
// and norms) are exempt from weight decay.
func replace(o *nn.Overlay, base *lm.Base, s nn.Spec) *nn.Param {
	rows, cols := s.Matrix()
	p := nn.NewParam(o.Arena, s.Name, rows, cols)
	tensor.Copy(p.Value, base.Weights[s.Name].Value)
	p.NoDecay = len(s.Shape) == 1
	o.Replaced[s.Name] = p
	return p
}

// replaceAll is extend for methods that train some base parameters directly.
func replaceAll(o *nn.Overlay, base *lm.Base, specs []nn.Spec) error {
	for _, s := range specs {
		if o.Replaced[s.Name] != nil {
			return fmt.Errorf("two parts train %s", s.Name)
		}
		replace(o, base, s)
	}
	return nil
}

// countSpecs is count for the same.
func countSpecs(specs []nn.Spec) Count {
	n := int64(0)
	for _, s := range specs {
		n += s.Count()
	}
	return Count{Trained: n, Stored: n}
}
