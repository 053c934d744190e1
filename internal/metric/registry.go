package metric

import (
	"fmt"
	"slices"
	"strings"
)

// Tasks that measures are for; a data set names one of them.
const (
	Classification   = "classification"
	Regression       = "regression"
	MultiLabel       = "multi_label"
	Tagging          = "tagging"
	MultipleChoice   = "multiple_choice"
	LanguageModeling = "language_modeling"
)

// Input is what was right and what was predicted, in the fields of its task:
//
//	classification, multiple_choice  Gold, Pred, Probs [n, Classes]
//	regression                       GoldValues, PredValues
//	multi_label                      GoldLabels, PredLabels, Probs, all [n, Classes]
//	tagging                          GoldTags, PredTags, one list per row
//	language_modeling                LossSums, Tokens
type Input struct {
	Classes    int
	Gold, Pred []int
	Positive   int // the class that F1 looks at
	Probs      []float64

	GoldValues, PredValues []float64
	GoldLabels, PredLabels []bool
	GoldTags, PredTags     [][]string
	LossSums, Tokens       []float64
}

// Metric is a measure with its name.
type Metric struct {
	Name   string
	About  string // one line for the reference
	Tasks  []string
	Higher bool // higher is better
	Probs  bool // reads Probs, which methods that only choose a class lack

	// Compute measures all rows.
	Compute func(in Input) Value
	// Rows gives each row's part, whose plain mean is the measure; nil for a
	// measure that does not decompose, such as F1.
	Rows func(in Input) []float64
}

// metrics in the order in which tables show them.
var metrics = []*Metric{
	perRow("accuracy", "share of rows whose class was predicted", true, false,
		func(in Input) []float64 { return CorrectRows(in.Gold, in.Pred) }, Classification, MultipleChoice),
	{Name: "macro_f1", About: "mean over the classes of their F1", Tasks: []string{Classification, MultiLabel}, Higher: true,
		Compute: func(in Input) Value {
			if in.GoldLabels != nil {
				return LabelMacroF1(in.GoldLabels, in.PredLabels, in.Classes)
			}
			return MacroF1(in.Gold, in.Pred)
		}},
	{Name: "micro_f1", About: "F1 over the decisions for all classes together", Tasks: []string{Classification, MultiLabel}, Higher: true,
		Compute: func(in Input) Value {
			if in.GoldLabels != nil {
				return LabelMicroF1(in.GoldLabels, in.PredLabels, in.Classes)
			}
			return MicroF1(in.Gold, in.Pred)
		}},
	{Name: "f1", About: "F1 of the positive class; for tagging, of whole entities", Tasks: []string{Classification, Tagging}, Higher: true,
		Compute: func(in Input) Value {
			if in.GoldTags != nil {
				return EntityF1(in.GoldTags, in.PredTags)
			}
			return F1(in.Gold, in.Pred, in.Positive)
		}},
	{Name: "mcc", About: "Matthews' correlation coefficient", Tasks: []string{Classification}, Higher: true,
		Compute: func(in Input) Value { return MCC(in.Gold, in.Pred) }},
	{Name: "roc_auc", About: "area under the ROC curve, mean over classes against the rest", Tasks: []string{Classification}, Higher: true, Probs: true,
		Compute: func(in Input) Value { return ROCAUC(in.Gold, in.Probs, in.Classes) }},
	perRow("log_loss", "mean -ln of the gold class's probability, nats", false, true,
		func(in Input) []float64 { return LogLossRows(in.Gold, in.Probs, in.Classes) }, Classification, MultipleChoice),
	perRow("brier", "mean squared distance of the probabilities from the gold class", false, true,
		func(in Input) []float64 { return BrierRows(in.Gold, in.Probs, in.Classes) }, Classification, MultipleChoice),
	{Name: "ece", About: "expected calibration error, 15 bins", Tasks: []string{Classification, MultipleChoice}, Probs: true,
		Compute: func(in Input) Value { return ECE(in.Gold, in.Probs, in.Classes) }},

	{Name: "spearman", About: "correlation of ranks", Tasks: []string{Regression}, Higher: true,
		Compute: func(in Input) Value { return Spearman(in.GoldValues, in.PredValues) }},
	{Name: "pearson", About: "linear correlation", Tasks: []string{Regression}, Higher: true,
		Compute: func(in Input) Value { return Pearson(in.GoldValues, in.PredValues) }},
	perRow("mse", "mean squared error", false, false,
		func(in Input) []float64 { return SquaredErrorRows(in.GoldValues, in.PredValues) }, Regression),
	{Name: "rmse", About: "square root of the mean squared error", Tasks: []string{Regression},
		Compute: func(in Input) Value { return RMSE(in.GoldValues, in.PredValues) }},
	perRow("mae", "mean absolute error", false, false,
		func(in Input) []float64 { return AbsoluteErrorRows(in.GoldValues, in.PredValues) }, Regression),
	{Name: "r2", About: "share of the variance explained", Tasks: []string{Regression}, Higher: true,
		Compute: func(in Input) Value { return R2(in.GoldValues, in.PredValues) }},

	{Name: "average_precision", About: "mean over the labels of their average precision", Tasks: []string{MultiLabel}, Higher: true, Probs: true,
		Compute: func(in Input) Value { return LabelAveragePrecision(in.GoldLabels, in.Probs, in.Classes) }},
	perRow("exact_match", "share of rows whose labels or tags are all right", true, false,
		func(in Input) []float64 {
			if in.GoldTags != nil {
				return TagMatchRows(in.GoldTags, in.PredTags)
			}
			return LabelMatchRows(in.GoldLabels, in.PredLabels, in.Classes)
		}, MultiLabel, Tagging),
	{Name: "tag_accuracy", About: "share of tokens whose tag is right", Tasks: []string{Tagging}, Higher: true,
		Compute: func(in Input) Value { return TagAccuracy(in.GoldTags, in.PredTags) }},

	{Name: "loss", About: "mean loss of a token, nats", Tasks: []string{LanguageModeling},
		Compute: func(in Input) Value { return Loss(in.LossSums, in.Tokens) }},
	{Name: "perplexity", About: "e to the loss", Tasks: []string{LanguageModeling},
		Compute: func(in Input) Value { return Perplexity(in.LossSums, in.Tokens) }},
}

// perRow makes a measure that is the mean of its rows.
func perRow(name, about string, higher, probs bool, rows func(Input) []float64, tasks ...string) *Metric {
	return &Metric{
		Name: name, About: about, Tasks: tasks, Higher: higher, Probs: probs, Rows: rows,
		Compute: func(in Input) Value { return mean(rows(in)) },
	}
}

// defaults by task, used where a data set names no metric.
var defaults = map[string]string{
	Classification:   "accuracy",
	Regression:       "spearman",
	MultiLabel:       "macro_f1",
	Tagging:          "f1",
	MultipleChoice:   "accuracy",
	LanguageModeling: "loss",
}

// ByName finds a measure; the error lists the names that there are.
func ByName(name string) (*Metric, error) {
	var names []string
	for _, m := range metrics {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return nil, fmt.Errorf("no metric is named %q; there are %s", name, strings.Join(names, ", "))
}

// Default is the measure that a task's configurations are chosen by unless the
// data set says otherwise; nil for an unknown task.
func Default(task string) *Metric {
	m, err := ByName(defaults[task])
	if err != nil {
		return nil
	}
	return m
}

// For lists the measures of a task in the order in which tables show them.
func For(task string) []*Metric {
	var list []*Metric
	for _, m := range metrics {
		if slices.Contains(m.Tasks, task) {
			list = append(list, m)
		}
	}
	return list
}
