package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// The kinds below are small stand-ins for those of the language, with one of
// everything that a struct may hold.

type testExperiment struct {
	Name        string `hcl:"name,label"`
	Description string `hcl:"description,optional" doc:"what the experiment asks"`
	Seeds       []int  `hcl:"seeds,optional" doc:"replicates"`
	MaxRuns     int64  `hcl:"max_runs,optional" doc:"limit"`
}

func (e *testExperiment) RunLimit() int64 { return e.MaxRuns }

type testModel struct {
	Path     *Path         `hcl:"path,optional"`
	From     Ref           `hcl:"from,optional" ref:"model"`
	Pretrain *testPretrain `hcl:"pretrain,block"`
}

type testPretrain struct {
	Layers    int            `hcl:"layers,optional" doc:"number of layers"`
	Steps     int64          `hcl:"steps" doc:"optimiser steps"`
	Text      []Path         `hcl:"text,optional"`
	Generator *testGenerator `hcl:"generator,block"`
}

func (p *testPretrain) Init() error { p.Layers = 2; return nil }

func (p *testPretrain) Validate() []error {
	if p.Layers < 1 {
		return []error{&testFieldError{"layers", "there must be at least one layer"}}
	}
	return nil
}

type testGenerator struct {
	Name string `hcl:"name,label"`
	Rows int    `hcl:"rows,optional"`
}

type testDataset struct {
	Task      string              `hcl:"task"`
	Label     string              `hcl:"label,optional"`
	Labels    map[string]string   `hcl:"labels,optional"`
	Words     map[string][]string `hcl:"words,optional"`
	Generator *testGenerator      `hcl:"generator,block"`
	Shift     *testShift          `hcl:"shift,block"`
}

type testShift struct {
	Type  string   `hcl:"type,label"`
	By    string   `hcl:"by,optional"`
	Cut   float64  `hcl:"cut,optional"`
	Train []string `hcl:"train,optional"`
}

// testMethod is a method block: what the method itself takes is inlined.
type testMethod struct {
	From     Ref          `hcl:"from,optional" ref:"method"`
	Models   []Ref        `hcl:"models,optional" ref:"model"`
	Datasets []Ref        `hcl:"datasets,optional" ref:"dataset"`
	Beside   Ref          `hcl:"beside,optional" ref:"method" edge:"-"`
	Method   any          `hcl:",inline"`
	Train    *testTrain   `hcl:",inline"`
	Parts    []*testParts `hcl:"part,block"`
}

type testLoRA struct {
	Rank    int      `hcl:"rank,optional" doc:"inner dimension of A and B" source:"Hu et al. 2021"`
	Alpha   float64  `hcl:"alpha,optional" doc:"numerator of the scale"`
	Targets []string `hcl:"targets,optional"`
	Bias    bool     `hcl:"bias,optional"`
}

func (m *testLoRA) Validate() []error {
	var errs []error
	if m.Rank < 1 {
		errs = append(errs, &testFieldError{"rank", "The rank is the inner dimension of the two trained matrices; it must be at least 1"})
	}
	if m.Rank == 99 {
		errs = append(errs, errors.New("rank 99 fits nothing"))
	}
	return errs
}

type testProbing struct {
	Pooling string `hcl:"pooling,optional"`
	Layer   int    `hcl:"layer,optional"`
}

type testTrain struct {
	LearningRate float64 `hcl:"learning_rate,optional" unit:"1/step"`
	Epochs       int     `hcl:"epochs,optional"`
	Schedule     string  `hcl:"schedule,optional"`
}

type testParts struct {
	Type   string `hcl:"type,label"`
	Method any    `hcl:",inline"`
}

func (p *testParts) Init() error {
	m, err := newTestMethod(p.Type)
	p.Method = m
	return err
}

type testSearch struct {
	Strategy string   `hcl:"strategy,optional"`
	Trials   int      `hcl:"trials,optional"`
	Tune     []string `hcl:"tune,optional"`
}

type testFieldError struct{ field, text string }

func (e *testFieldError) Error() string { return e.text }
func (e *testFieldError) Field() string { return e.field }

func newTestMethod(kind string) (any, error) {
	switch kind {
	case "lora":
		return &testLoRA{Rank: 8, Alpha: 16, Targets: []string{"query", "value"}}, nil
	case "probing":
		return &testProbing{Pooling: "cls", Layer: -1}, nil
	}
	return nil, fmt.Errorf("no method is of type %q", kind)
}

func testKinds() Kinds {
	named := func(v func() any) Kind {
		return Kind{Labels: []string{"name"}, New: func([]string) (any, error) { return v(), nil }}
	}
	alone := func(v func() any) Kind {
		return Kind{Max: 1, New: func([]string) (any, error) { return v(), nil }}
	}
	dataset := named(func() any { return &testDataset{} })
	dataset.Like = true
	experiment := named(func() any { return &testExperiment{Seeds: []int{1}, MaxRuns: DefaultMaxRuns} })
	experiment.Max = 1
	return Kinds{
		"experiment": experiment,
		"model":      named(func() any { return &testModel{} }),
		"dataset":    dataset,
		"search":     alone(func() any { return &testSearch{Strategy: "grid"} }),
		"method": {
			Labels: []string{"type", "name"},
			Types:  func() []string { return []string{"lora", "probing"} },
			Points: true, Like: true,
			New: func(labels []string) (any, error) {
				m, err := newTestMethod(labels[0])
				out := &testMethod{Method: m}
				if labels[0] == "lora" {
					out.Train = &testTrain{LearningRate: 3e-4, Epochs: 3, Schedule: "linear"}
				}
				return out, err
			},
		},
	}
}

// write puts a file into a fresh folder and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// load loads one text and returns what is said about it.
func load(t testing.TB, text string, o Options) (*Experiment, hcl.Diagnostics) {
	t.Helper()
	return NewParser().Load([]string{write(t, "x.hcl", text)}, testKinds(), o)
}

// mustLoad loads one text that must be without mistakes.
func mustLoad(t testing.TB, text string, o Options) *Experiment {
	t.Helper()
	p := NewParser()
	e, diags := p.Load([]string{write(t, "x.hcl", text)}, testKinds(), o)
	if len(diags) > 0 {
		var b strings.Builder
		if err := p.WriteDiagnostics(&b, diags, false); err != nil {
			t.Fatal(err)
		}
		t.Fatalf("Load:\n%s", b.String())
	}
	return e
}

// names lists the names of all points of the methods.
func pointNames(e *Experiment) []string {
	var out []string
	for _, b := range e.Of("method") {
		for _, p := range b.Points {
			out = append(out, p.Name)
		}
	}
	return out
}
