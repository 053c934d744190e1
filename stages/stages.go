// Package stages is where the two worlds meet: it knows the language of
// experiments and it knows language models.
//
// Kinds says which blocks an experiment file may hold. Compile turns the
// decoded blocks into a graph of nodes (load or pretrain a model, read data,
// compute frozen features, adapt, evaluate), shared wherever two runs need
// the same thing. Each node's work is a struct in this package whose fields
// are its configuration and therefore its cache key. Record and Report carry
// what came out into the database and the report.
//
// A run is method × model × dataset × condition × configuration × seed; its
// last node is an evaluation, and each evaluation becomes rows of the
// database.
package stages

import (
	"fmt"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/synth"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline/config"
)

// Kinds are the blocks of an experiment file.
var Kinds = config.Kinds{
	"experiment": {Labels: []string{"name"}, Max: 1, New: func(l []string) (any, error) { return newExperiment(l[0]), nil }},
	"model":      {Labels: []string{"name"}, New: func(l []string) (any, error) { return &Model{Name: l[0]}, nil }},
	"dataset":    {Labels: []string{"name"}, Like: true, New: func(l []string) (any, error) { return newDataset(l[0]), nil }},
	"format":     {Labels: []string{"name"}, New: func(l []string) (any, error) { return &Format{Name: l[0]}, nil }},
	"retention":  {Max: 1, New: func([]string) (any, error) { return &Retention{}, nil }},
	"method": {Labels: []string{"type", "name"}, Points: true, Like: true, Types: methods.Types,
		New: func(l []string) (any, error) { return newMethod(l[0], l[1]) }},
	"search": {Max: 1, New: func([]string) (any, error) { return newSearch(), nil }},
	"budget": {Labels: []string{"name"}, New: func(l []string) (any, error) { return &Budget{Name: l[0]}, nil }},
	"gate":   {Max: 1, New: func([]string) (any, error) { return newGate(), nil }},
	"executor": {Labels: []string{"type"}, Max: 1, Types: executorTypes,
		New: func(l []string) (any, error) { return newExecutor(l[0]) }},
}

// Experiment is the block that names the question.
type Experiment struct {
	Name        string `key:"-"`
	Description string `hcl:"description,optional" doc:"the question, printed at the top of the report"`
	Seeds       []int  `hcl:"seeds,optional" doc:"replicates: each run is repeated under every seed"`
	Select      string `hcl:"select,optional" doc:"the split that picks a configuration"`
	Keep        string `hcl:"keep,optional" doc:"which adapted weights stay in the cache: selected or all"`
	MaxRuns     int    `hcl:"max_runs,optional" unit:"runs" doc:"the largest number of runs that is planned"`
}

func newExperiment(name string) *Experiment {
	return &Experiment{Name: name, Seeds: []int{1, 2, 3}, Select: dataset.DevSplit, Keep: "selected", MaxRuns: config.DefaultMaxRuns}
}

// Validate checks what the tags cannot.
func (e *Experiment) Validate() []error {
	var errs []error
	if strings.ContainsAny(e.Name, `/\`) || e.Name == "" || strings.HasPrefix(e.Name, ".") {
		errs = append(errs, wrong("", "The name of an experiment is the name of its results folder; it must not be empty, start with a dot or hold a slash."))
	}
	seen := map[int]bool{}
	for _, s := range e.Seeds {
		if s < 0 {
			errs = append(errs, wrong("seeds", "A seed must not be negative."))
		}
		if seen[s] {
			errs = append(errs, wrong("seeds", "Seed %d is listed twice; a replicate needs a seed of its own.", s))
		}
		seen[s] = true
	}
	if len(e.Seeds) == 0 {
		errs = append(errs, wrong("seeds", "At least one seed is needed."))
	}
	if e.Select != dataset.DevSplit {
		errs = append(errs, wrong("select", "A configuration is picked on \"dev\"; picking on a test split would make the report's numbers optimistic."))
	}
	errs = append(errs, oneOf("keep", e.Keep, "selected", "all")...)
	if e.MaxRuns < 1 {
		errs = append(errs, wrong("max_runs", "The limit must be at least 1."))
	}
	return errs
}

// RunLimit is the limit on one block's configurations.
func (e *Experiment) RunLimit() int64 { return int64(e.MaxRuns) }

// Generator is a block that names a built-in generator; the attributes are
// the generator's.
type Generator struct {
	Type      string          `hcl:"type,label" doc:"name of the built-in generator"`
	Generator synth.Generator `hcl:",inline"`
}

// Init makes the generator that the label names.
func (g *Generator) Init() error {
	made, err := synth.ByName(g.Type)
	g.Generator = made
	return err
}

// Format is how rows become input.
type Format struct {
	Name     string              `key:"-"`
	Text     string              `hcl:"text" doc:"template of the text; {column} stands for a column, {mask} for the model's mask token"`
	TextPair string              `hcl:"text_pair,optional" doc:"template of the second text"`
	Words    map[string][]string `hcl:"words,optional" doc:"label words for each class, scored by the language-modelling head"`
}

// Retention is general text on which the language-modelling loss is compared
// before and after adapting.
type Retention struct {
	Text []config.Path `hcl:"text" doc:"text files; default: the held-out part of the pretraining text"`
	Rows int           `hcl:"rows,optional" unit:"sequences" doc:"at most this many sequences are scored; 0 scores 200"`
}

// Search says how configurations are looked for.
type Search struct {
	Strategy string   `hcl:"strategy,optional" doc:"grid, random or halving"`
	Trials   int      `hcl:"trials,optional" doc:"configurations that random search draws for each swept method"`
	Tune     []string `hcl:"tune,optional" doc:"attributes that every trained method tries at 1/3, 1 and 3 times its default"`
	Seed     int      `hcl:"seed,optional" doc:"seed of random search"`
}

func newSearch() *Search { return &Search{Strategy: "grid", Trials: 20} }

// Validate checks the strategy.
func (s *Search) Validate() []error {
	errs := oneOf("strategy", s.Strategy, "grid", "random", "halving")
	if s.Trials < 1 {
		errs = append(errs, wrong("trials", "Random search needs at least one trial."))
	}
	return errs
}

// Budget is a limit under which the report names a choice.
type Budget struct {
	Name            string
	StoredBytes     string  `hcl:"stored_bytes,optional" doc:"bytes kept per task besides the base model, such as \"1MB\" (10^6)"`
	TrainableParams float64 `hcl:"trainable_params,optional" doc:"trained parameters"`
	TrainSeconds    float64 `hcl:"train_seconds,optional" unit:"seconds" doc:"training time"`
}

// Validate checks the size.
func (b *Budget) Validate() []error {
	if b.StoredBytes == "" {
		return nil
	}
	if _, err := ParseBytes(b.StoredBytes); err != nil {
		return []error{wrong("stored_bytes", "%v", err)}
	}
	return nil
}

// Gate is when a later invocation counts as a regression.
type Gate struct {
	Metric string  `hcl:"metric,optional" doc:"metric that is gated; default: each data set's own"`
	Split  string  `hcl:"split,optional" doc:"split that is gated, test_id or test_shift; default: both"`
	Margin float64 `hcl:"margin,optional" doc:"loss that is tolerated"`
	Alpha  float64 `hcl:"alpha,optional" doc:"level of the one-sided test, over all gated methods"`

	TrainSeconds float64 `hcl:"train_seconds,optional" doc:"how many times the old training seconds the new ones may be; 0: not gated"`
	StoredBytes  float64 `hcl:"stored_bytes,optional" doc:"how many times the old stored bytes the new ones may be; 0: not gated"`
}

func newGate() *Gate { return &Gate{Margin: 0.01, Alpha: 0.05} }

// Validate checks the ranges.
func (g *Gate) Validate() []error {
	var errs []error
	if g.Margin < 0 {
		errs = append(errs, wrong("margin", "The margin must not be negative."))
	}
	if g.Alpha <= 0 || g.Alpha >= 0.5 {
		errs = append(errs, wrong("alpha", "The level must lie between 0 and 0.5."))
	}
	if g.TrainSeconds < 0 {
		errs = append(errs, wrong("train_seconds", "The ratio must not be negative."))
	}
	if g.StoredBytes < 0 {
		errs = append(errs, wrong("stored_bytes", "The ratio must not be negative."))
	}
	if g.Split != "" {
		errs = append(errs, oneOf("split", g.Split, dataset.TestIDSplit, dataset.TestShiftSplit)...)
	}
	return errs
}

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

// FieldError is an error about one attribute.
type FieldError struct{ Name, Text string }

func (e *FieldError) Error() string { return e.Text }

// Field is the attribute's name.
func (e *FieldError) Field() string { return e.Name }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

func oneOf(field, value string, allowed ...string) []error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return []error{wrong(field, "%q is not one of %s.", value, strings.Join(allowed, ", "))}
}
