package work

import (
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/metric"
	"runexp/methods"
)

// task describes a data set's task to a method.
func task(d *dataset.Dataset, metricName string) methods.Task {
	t := methods.Task{Kind: d.Task, Outputs: Outputs(d), LabelNames: d.LabelNames}
	if d.Task == dataset.MultipleChoice || d.Task == dataset.Tagging {
		return t
	}
	t.Score = func(scores [][]float64, targets []methods.Target) float64 {
		return scoreTargets(d, metricName, scores, targets)
	}
	return t
}

// Outputs is the number of numbers that a head gives for a row.
func Outputs(d *dataset.Dataset) int {
	switch d.Task {
	case dataset.Regression, dataset.MultipleChoice:
		return 1
	}
	return len(d.LabelNames)
}

// scoreTargets is the data set's metric, turned so that higher is better.
func scoreTargets(d *dataset.Dataset, name string, scores [][]float64, targets []methods.Target) float64 {
	m, err := metric.ByName(name)
	if err != nil {
		panic(err) // the dataset block has been checked
	}
	in := metric.Input{Classes: len(d.LabelNames), Positive: len(d.LabelNames) - 1}
	for i, s := range scores {
		switch d.Task {
		case dataset.Regression:
			in.GoldValues, in.PredValues = append(in.GoldValues, targets[i].Value), append(in.PredValues, s[0])
		case dataset.MultiLabel:
			for k, p := range s {
				in.GoldLabels, in.PredLabels = append(in.GoldLabels, targets[i].Labels[k]), append(in.PredLabels, p >= 0.5)
			}
			in.Probs = append(in.Probs, s...)
		default:
			in.Gold, in.Pred = append(in.Gold, targets[i].Class), append(in.Pred, Argmax(s))
			in.Probs = append(in.Probs, s...)
		}
	}
	v := m.Compute(in).V
	if !m.Higher {
		v = -v
	}
	return v
}

// target is a row's answer as methods see it.
func target(d *dataset.Dataset, row *dataset.Row) methods.Target {
	t := methods.Target{Class: row.Label, Value: row.Target}
	if d.Task == dataset.MultiLabel {
		t.Labels = make([]bool, len(d.LabelNames))
		for _, l := range row.Labels {
			t.Labels[l] = true
		}
	}
	return t
}

// choiceTarget is the answer of a row's k-th candidate: whether it is the right one.
func choiceTarget(row *dataset.Row, k int) methods.Target {
	if k == row.Label {
		return methods.Target{Class: 1}
	}
	return methods.Target{}
}

// targets lists the answers and input types of a split's feature rows: one
// per row, per scored word, or per candidate.
func targets(d *dataset.Dataset, split string, words [][]int32) (list []methods.Target, types []string, err error) {
	err = d.Split(split).Each(func(i int, row *dataset.Row) error {
		switch d.Task {
		case dataset.Tagging:
			for _, w := range words[i] {
				list, types = append(list, methods.Target{Class: row.Tags[w]}), append(types, row.Words[w])
			}
		case dataset.MultipleChoice:
			for k := range row.Choices {
				list, types = append(list, choiceTarget(row, k)), append(types, firstWord(row.Text))
			}
		default:
			list, types = append(list, target(d, row)), append(types, firstWord(row.Text))
		}
		return nil
	})
	return list, types, err
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}

// texts are a split's rows for methods that read text.
func (in Input) texts(d *dataset.Dataset, split string) methods.Texts {
	return func(do func(methods.TextExample) error) error {
		return d.Split(split).Each(func(_ int, row *dataset.Row) error {
			for _, e := range in.text(d, row) {
				if err := do(e); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// text is a row, or its candidates, rendered as the format says.
func (in Input) text(d *dataset.Dataset, row *dataset.Row) []methods.TextExample {
	if d.Task == dataset.MultipleChoice {
		var list []methods.TextExample
		for k, choice := range row.Choices {
			list = append(list, methods.TextExample{Text: row.Text, Pair: choice, HasPair: true, Target: choiceTarget(row, k)})
		}
		return list
	}
	e := methods.TextExample{Target: target(d, row)}
	e.Text, e.Pair, e.HasPair = in.filled(row)
	return []methods.TextExample{e}
}

// textsAtOnce is how many texts are predicted at a time.
const textsAtOnce = 4096

// PredictTexts applies a fitted method to a split, part by part.
func (in Input) PredictTexts(p methods.TextPredictor, d *dataset.Dataset, split string) (Predictions, error) {
	all := Predictions{cols: 1}
	var part []methods.TextExample
	flush := func() {
		scores := Flatten(p.PredictText(part))
		all.cols, all.values, part = scores.cols, append(all.values, scores.values...), part[:0]
	}
	err := in.texts(d, split)(func(e methods.TextExample) error {
		if part = append(part, e); len(part) == textsAtOnce {
			flush()
		}
		return nil
	})
	if len(part) > 0 {
		flush()
	}
	return all, err
}

// Flatten turns a predictor's scores into predictions.
func Flatten(scores [][]float64) Predictions {
	if len(scores) == 0 {
		return Predictions{cols: 1}
	}
	return Predictions{cols: len(scores[0]), values: slices.Concat(scores...)}
}
