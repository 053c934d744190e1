package methods

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// Probing fits a small classifier on features of the frozen model and trains
// nothing else. It tells what one layer's features hold in reach of such a
// classifier.
//
//	linear    softmax(W·x̂ + b), L2-penalised, solved to convergence
//	mlp       softmax(W₂·relu(W₁·x̂ + b₁) + b₂), AdamW, stopped early on dev
//	centroid  the class whose mean is nearest
//	knn       the K training rows of highest cosine vote
//
// x̂ are the features with mean 0 and deviation 1 on the training rows. Only
// mlp draws. With Control the same probe is also fitted to random labels, one
// per input type; what accuracy is above the control's is knowledge of the
// model rather than of the probe.
//
// Source: Alain and Bengio 2016, arXiv:1610.01644; Hewitt and Liang 2019,
// arXiv:1909.03368 (control tasks, selectivity).
type Probing struct {
	Head    string `hcl:"head,optional" doc:"linear, mlp, centroid or knn"`
	Pooling string `hcl:"pooling,optional" doc:"how a row's tokens become one vector: cls, mean, max or last"`
	Layer   int    `hcl:"layer,optional" doc:"blocks passed: 0 the embeddings, -1 the last layer"`
	Control bool   `hcl:"control,optional" doc:"also fit the probe to random labels, and report the selectivity" source:"Hewitt and Liang 2019"`

	Strengths []float64 `hcl:"strengths,optional" doc:"linear: inverse regularisation strengths C, the best on dev is used"`
	K         int       `hcl:"k,optional" doc:"knn: neighbours that vote"`

	Hidden       int     `hcl:"hidden,optional" doc:"mlp: width of the hidden layer"`
	Epochs       int     `hcl:"epochs,optional" doc:"mlp: most passes over the training rows"`
	Patience     int     `hcl:"patience,optional" doc:"mlp: epochs without a better dev loss before it stops"`
	BatchSize    int     `hcl:"batch_size,optional" doc:"mlp: rows per step"`
	LearningRate float64 `hcl:"learning_rate,optional" doc:"mlp: step size of AdamW"`
	WeightDecay  float64 `hcl:"weight_decay,optional" doc:"mlp: decoupled decay of the weights"`
}

// NewProbing returns a linear probe of the last layer's mean with defaults
// for every head.
func NewProbing() *Probing {
	return &Probing{
		Head: "linear", Pooling: "mean", Layer: -1,
		Strengths: []float64{1e-4, 1e-3, 1e-2, 1e-1, 1},
		K:         10,
		Hidden:    64, Epochs: 100, Patience: 10, BatchSize: 32, LearningRate: 1e-3, WeightDecay: 1e-2,
	}
}

// Type returns "probing".
func (*Probing) Type() string { return "probing" }

// Draws reports whether the head has random initial weights.
func (m *Probing) Draws() bool { return m.Head == "mlp" }

// Supports returns an error for tasks that this head cannot fit.
func (m *Probing) Supports(kind string) error {
	kinds := []string{Classification, Tagging, Regression, MultiLabel, MultipleChoice}
	if m.Head == "centroid" {
		kinds = kinds[:2]
	}
	if m.Control {
		kinds = kinds[:2]
		return kindError("probing with a control task", kind, kinds...)
	}
	return kindError("probing with head "+m.Head, kind, kinds...)
}

// SupportsModel returns an error if the model has no such layer, or if its
// first token cannot know the text.
func (m *Probing) SupportsModel(c *nn.Config) error {
	if m.Layer > c.Layers {
		return fieldErrorf("layer", "There is no layer %d; the model has %d.", m.Layer, c.Layers)
	}
	if m.Pooling == "cls" && c.Causal() {
		return fieldErrorf("pooling", `pooling = "cls" reads the first token, which in a causal model sees nothing of the text; use "last" or "mean".`)
	}
	return nil
}

// HeadParams counts the numbers that the probe fits to labels for a task with
// this many outputs, by the formula of its head.
//
//	linear C·(D+1)    mlp Hidden·(D+1) + C·(Hidden+1)    centroid C·D    knn 0
func (m *Probing) HeadParams(features, outputs int) int64 {
	d, c, h := int64(features), int64(outputs), int64(m.Hidden)
	switch m.Head {
	case "linear":
		return c * (d + 1)
	case "mlp":
		return h*(d+1) + c*(h+1)
	case "centroid":
		return c * d
	}
	return 0
}

// Needs returns the one layer and pooling that the probe reads.
func (m *Probing) Needs() []FeatureNeed {
	return []FeatureNeed{{Layer: m.Layer, Pooling: m.Pooling}}
}

// Validate returns what is wrong with the attributes, attributes of other
// heads included.
func (m *Probing) Validate() []error {
	errs := slices.Concat(
		oneOf("head", m.Head, "linear", "mlp", "centroid", "knn"),
		oneOf("pooling", m.Pooling, "cls", "mean", "max", "last"),
		atLeast("layer", m.Layer, -1, "The layer is a number of blocks, or -1 for the last"),
		checkStrengths(m.Strengths),
		atLeast("k", m.K, 1, "The number of neighbours is a count"),
		atLeast("hidden", m.Hidden, 1, "The hidden layer has a width"),
		atLeast("epochs", m.Epochs, 1, "The mlp head needs passes over the training rows"),
		atLeast("patience", m.Patience, 1, "Patience is a number of epochs"),
		atLeast("batch_size", m.BatchSize, 1, "A step reads training rows"))
	if !(m.LearningRate > 0) {
		errs = append(errs, &FieldError{"learning_rate", "The learning rate must be above 0."})
	}
	if !(m.WeightDecay >= 0) {
		errs = append(errs, &FieldError{"weight_decay", "The weight decay must not be below 0."})
	}
	return append(errs, m.ignored()...)
}

// ignored returns an error for each attribute that the chosen head would
// ignore although it was changed.
func (m *Probing) ignored() []error {
	d := NewProbing()
	var errs []error
	for _, a := range []struct {
		field, head string
		changed     bool
	}{
		{"strengths", "linear", !slices.Equal(m.Strengths, d.Strengths)},
		{"k", "knn", m.K != d.K},
		{"hidden", "mlp", m.Hidden != d.Hidden},
		{"epochs", "mlp", m.Epochs != d.Epochs},
		{"patience", "mlp", m.Patience != d.Patience},
		{"batch_size", "mlp", m.BatchSize != d.BatchSize},
		{"learning_rate", "mlp", m.LearningRate != d.LearningRate},
		{"weight_decay", "mlp", m.WeightDecay != d.WeightDecay},
	} {
		if a.changed && a.head != m.Head {
			errs = append(errs, &FieldError{a.field,
				fmt.Sprintf("Only a probe with head = %q reads %s; this one has head = %q.", a.head, a.field, m.Head)})
		}
	}
	return errs
}

// FitFeatures fits the probe, and the control probe if there is one.
func (m *Probing) FitFeatures(train, dev Features, task Task, key tensor.Key) (FeaturePredictor, error) {
	if err := task.check(train.Targets); err != nil {
		return nil, err
	}
	if err := m.Supports(task.Kind); err != nil {
		return nil, err
	}
	for _, f := range []Features{train, dev} {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	if dev.Rows > 0 && dev.Cols != train.Cols {
		return nil, fmt.Errorf("train has %d features and dev has %d", train.Cols, dev.Cols)
	}
	p, err := m.fit(train, dev, task, key)
	if err != nil || !m.Control {
		return p, err
	}
	return m.fitControlled(p, train, dev, task, key)
}

func (m *Probing) fit(train, dev Features, task Task, key tensor.Key) (FeaturePredictor, error) {
	switch m.Head {
	case "linear":
		return m.fitLinear(train, dev, task)
	case "mlp":
		return m.fitMLP(train, dev, task, key)
	case "centroid":
		return fitCentroid(train, task), nil
	case "knn":
		return m.fitNeighbours(train, task), nil
	}
	return nil, fmt.Errorf("probing has no head %q", m.Head)
}

// check returns an error if the features are not a finite matrix with one
// target per row.
func (f Features) check() error {
	if len(f.X) != f.Rows*f.Cols || len(f.Targets) != f.Rows {
		return fmt.Errorf("features of %d rows and %d columns have %d numbers and %d targets", f.Rows, f.Cols, len(f.X), len(f.Targets))
	}
	for _, x := range f.X {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return errors.New("features are not finite")
		}
	}
	return nil
}

// standard subtracts the mean and divides by the deviation of the training
// rows; a feature that never varies becomes 0.
type standard struct {
	mean    []float64
	inverse []float64 // 1/deviation, or 0
}

func newStandard(f Features) standard {
	s := standard{mean: make([]float64, f.Cols), inverse: make([]float64, f.Cols)}
	n := float64(f.Rows)
	for i := range f.Rows {
		for j, x := range f.Row(i) {
			s.mean[j] += float64(x) / n
		}
	}
	for i := range f.Rows {
		for j, x := range f.Row(i) {
			d := float64(x) - s.mean[j]
			s.inverse[j] += d * d / n
		}
	}
	for j, variance := range s.inverse {
		// A constant feature has rounding errors of its mean as deviation.
		if sd := math.Sqrt(variance); sd > 1e-9*math.Abs(s.mean[j]) {
			s.inverse[j] = 1 / sd
		} else {
			s.inverse[j] = 0
		}
	}
	return s
}

// standardise returns the standardised features, row-major.
func (s standard) standardise(f Features) []float64 {
	out := make([]float64, 0, len(f.X))
	for i := range f.Rows {
		for j, x := range f.Row(i) {
			out = append(out, (float64(x)-s.mean[j])*s.inverse[j])
		}
	}
	return out
}

// fold moves the standardisation into weights w [k, cols] and intercepts b,
// so that the probe reads plain features: w·x̂ + b = w′·x + b′.
func (s standard) fold(w, b []float64) {
	cols := len(s.mean)
	for o := range b {
		row := w[o*cols : (o+1)*cols]
		for j := range row {
			row[j] *= s.inverse[j]
			b[o] -= row[j] * s.mean[j]
		}
	}
}
