package methods

import (
	"fmt"
	"math"
	"slices"
)

// The kinds of task, as data sets name them.
const (
	Classification   = "classification"
	Regression       = "regression"
	MultiLabel       = "multi_label"
	Tagging          = "tagging"
	MultipleChoice   = "multiple_choice"
	LanguageModeling = "language_modeling"
)

// Task says what is to be predicted.
//
// The scores of a predictor have one row per example and, by kind:
// classification and tagging, one probability per class, summing to one;
// multi_label, one independent probability per label; regression, one column
// with the value; multiple_choice, one column with a logit per candidate (the
// rows are candidates, and the candidate with the highest logit is the
// answer).
type Task struct {
	Kind       string
	Outputs    int      // classes, or labels of a multi-label task; 1 for regression and multiple choice
	LabelNames []string // one per output, or nil

	// ClassWeights multiply the loss of each class's rows; nil is all ones.
	ClassWeights []float64

	// Score judges scores against targets, higher is better; what is chosen
	// on dev is chosen by it. Nil means accuracy, or minus the mean squared
	// error for regression.
	Score func(scores [][]float64, targets []Target) float64
}

// Target is the wanted answer of one example; the task's kind says which
// field counts.
type Target struct {
	Class  int     // classification, tagging; multiple choice: 1 for the right candidate, else 0
	Value  float64 // regression
	Labels []bool  // multi_label, one per output
}

// check returns an error if the task and its targets do not fit together.
func (t Task) check(targets []Target) error {
	if len(targets) == 0 {
		return fmt.Errorf("there are no training rows")
	}
	if t.Outputs < 1 {
		return fmt.Errorf("a %s task has %d outputs", t.Kind, t.Outputs)
	}
	if t.ClassWeights != nil && len(t.ClassWeights) != t.Outputs {
		return fmt.Errorf("%d class weights for %d classes", len(t.ClassWeights), t.Outputs)
	}
	for _, w := range t.ClassWeights {
		if !(w > 0) {
			return fmt.Errorf("class weight %v; each must be above 0", w)
		}
	}
	for i, y := range targets {
		switch t.Kind {
		case Classification, Tagging:
			if y.Class < 0 || y.Class >= t.Outputs {
				return fmt.Errorf("row %d has class %d of %d", i, y.Class, t.Outputs)
			}
		case MultiLabel:
			if len(y.Labels) != t.Outputs {
				return fmt.Errorf("row %d has %d labels of %d", i, len(y.Labels), t.Outputs)
			}
		case Regression:
			if math.IsNaN(y.Value) || math.IsInf(y.Value, 0) {
				return fmt.Errorf("row %d has the value %v", i, y.Value)
			}
		case MultipleChoice:
			if y.Class != 0 && y.Class != 1 {
				return fmt.Errorf("candidate %d has class %d; it must be 0 or 1", i, y.Class)
			}
		default:
			return fmt.Errorf("task kind %q has no targets", t.Kind)
		}
	}
	return nil
}

// weight returns what multiplies the loss of a row of this class.
func (t Task) weight(class int) float64 {
	if t.ClassWeights == nil || t.Kind == MultipleChoice {
		return 1
	}
	return t.ClassWeights[class]
}

// score judges scores with the task's measure or the default one.
func (t Task) score(scores [][]float64, targets []Target) float64 {
	if t.Score != nil {
		return t.Score(scores, targets)
	}
	if t.Kind == Regression {
		return -t.logLoss(scores, targets)
	}
	right := 0.0
	for i, y := range targets {
		switch t.Kind {
		case MultiLabel:
			for j, on := range y.Labels {
				if (scores[i][j] >= 0.5) == on {
					right += 1 / float64(t.Outputs)
				}
			}
		case MultipleChoice:
			if (scores[i][0] > 0) == (y.Class == 1) {
				right++
			}
		default:
			if argmax(scores[i]) == y.Class {
				right++
			}
		}
	}
	return right / float64(len(targets))
}

// logLoss returns the mean negative log-likelihood of the targets, in nats;
// for regression the mean squared error.
func (t Task) logLoss(scores [][]float64, targets []Target) float64 {
	sum := 0.0
	for i, y := range targets {
		switch s := scores[i]; t.Kind {
		case Regression:
			sum += (s[0] - y.Value) * (s[0] - y.Value)
		case MultiLabel:
			for j, on := range y.Labels {
				p := s[j]
				if !on {
					p = 1 - p
				}
				sum -= math.Log(max(p, math.SmallestNonzeroFloat64))
			}
		case MultipleChoice:
			sum += logistic(s[0], float64(y.Class))
		default:
			sum -= math.Log(max(s[y.Class], math.SmallestNonzeroFloat64))
		}
	}
	return sum / float64(len(targets))
}

// kindError returns the error of a method that does not serve a kind of task.
func kindError(method, kind string, supported ...string) error {
	if slices.Contains(supported, kind) {
		return nil
	}
	return fmt.Errorf("%s does not fit a %s task; it serves %s", method, kind, joinWords(supported))
}

// joinWords writes "a, b and c".
func joinWords(words []string) string {
	text := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " and "
		default:
			text += ", "
		}
		text += w
	}
	return text
}

// argmax returns the index of the largest value; of equal ones, the first.
func argmax(v []float64) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}
