package block

import (
	"slices"

	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline/config"
)

// Method is a method block: what adapts, how it is trained, where it applies.
type Method struct {
	Type, Name string
	Method     methods.Method `hcl:",inline"`
	Train      *train.Config  `hcl:",inline"`
	Rewinding  *Rewinding     `hcl:",inline"`
	Models     []config.Ref   `hcl:"models,optional" ref:"model" edge:"-" doc:"models to apply it to; default: all"`
	Datasets   []config.Ref   `hcl:"datasets,optional" ref:"dataset" edge:"-" doc:"data sets to apply it to; default: all"`
	From       config.Ref     `hcl:"from,optional" ref:"method" doc:"start from that method's selected configuration, same seed"`
	Format     config.Ref     `hcl:"format,optional" ref:"format" edge:"-" doc:"how rows become input"`

	Adapter      config.Path `hcl:"adapter,optional" doc:"a PEFT or AdapterHub folder to start from; its outputs are the data set's classes in their order"`
	Classifier   string      `hcl:"classifier,optional" doc:"new, or checkpoint: start from the classifier in the model's folder, whose outputs are the data set's classes in their order"`
	EvaluateOnly bool        `hcl:"evaluate_only,optional" doc:"train nothing; measure what adapter or classifier starts from"`
}

func newMethod(typ, name string) (*Method, error) {
	m, err := methods.New(typ)
	if err != nil {
		return nil, err
	}
	b := &Method{Type: typ, Name: name, Method: m, Classifier: "new"}
	if a, ok := m.(methods.Adapter); ok {
		c := trainConfig(a)
		b.Train, b.Rewinding = &c, &Rewinding{}
	}
	return b, nil
}

// trainConfig starts from the settings that the literature gives a method.
func trainConfig(a methods.Adapter) train.Config {
	c, d := train.NewConfig(), a.Defaults()
	c.LearningRate, c.Epochs, c.BatchSize, c.WeightDecay, c.Warmup = d.LearningRate, d.Epochs, d.BatchSize, d.WeightDecay, d.Warmup
	return c
}

// FromCheckpoint is the value of the attribute classifier that takes over a
// checkpoint's own classifier.
const FromCheckpoint = "checkpoint"

// Validate checks what the method and its training say about each other.
func (m *Method) Validate() []error {
	if errs := oneOf("classifier", m.Classifier, "new", FromCheckpoint); errs != nil {
		return errs
	}
	if m.Train == nil {
		return nil
	}
	var errs []error
	unfreezes := m.Type == "fine_tuning" || m.Type == "union"
	if !unfreezes && slices.Contains([]string{"all", "head_first", "gradual"}, m.Train.Schedule) {
		errs = append(errs, wrong("schedule", "schedule = %q orders what fine_tuning unfreezes; %s has nothing to unfreeze.", m.Train.Schedule, m.Type))
	}
	if len(m.Rewinding.Rewind) > 0 && !methods.Rewindable(m.Method) {
		errs = append(errs, wrong("rewind", "Trained tokens are no change of the model that could be scaled; %s cannot be rewound.", m.Type))
	}
	return errs
}

// WithoutModel: baselines, and external commands that were given no models.
func (m *Method) WithoutModel() bool {
	switch m.Method.(type) {
	case methods.TextFitter:
		return true
	case *methods.External:
		return m.Models == nil
	}
	return false
}
